#pragma once
#include "koobatch/state/item.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace koobatch::plan {

/// Finds the items that are meant by entries which say what an item is like now, and not which one it is. They are
/// looked for once, when a plan is made: the plan holds identifiers alone.
class Matches {
 public:
  enum class Outcome : std::uint8_t {
    found,      ///< one item is like that
    already,    ///< none is, and one is as desired
    missing,    ///< none is
    ambiguous,  ///< several are
  };
  struct Match {
    state::Entry entry;  ///< with the item's identifier, if there is one
    Outcome outcome = Outcome::missing;
    std::vector<std::string> candidates{};  ///< the identifiers of the items, at most max_candidates
  };
  static constexpr std::size_t max_candidates = 10;

  /// Precondition: the entry has `match`. To be called for all entries before the first see().
  void add(state::Entry entry);
  /// Shows an item of the present state. Several users may have the same one.
  void see(const state::Item& item);
  /// What was found, in the order in which the entries were added. To be called once, at the end.
  std::vector<Match> finish();

 private:
  struct Candidates {
    std::uint64_t count = 0;
    std::vector<std::string> ids{};
    void add(const std::string& id);
  };
  struct Wanted {
    state::Entry entry;
    Candidates like_match;
    Candidates as_desired;
  };
  /// Entries by kind, user and the first value that an item must have.
  using Index = boost::unordered_flat_map<std::string, std::vector<std::size_t>>;

  std::vector<Wanted> wanted_;
  Index by_match_;
  Index by_wish_;
};

}  // namespace koobatch::plan
