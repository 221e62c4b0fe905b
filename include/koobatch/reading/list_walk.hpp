#pragma once
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/reading/page.hpp"
#include "koobatch/reading/window.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::reading {

/// Reads one list from its first page to its end, although others may change it meanwhile: no resource is missed that
/// is not changed itself. Decides which request follows; sends none.
///
/// Each page begins with a resource that was read before. If that is still as it was, everything after it that is
/// unchanged is on this page or a later one, since what is unchanged keeps its order. Otherwise something has moved:
/// then earlier pages are read once more, and after that all of them.
class ListWalk {
 public:
  enum class Step : std::uint8_t {
    more,    ///< target() is asked for next
    anew,    ///< so is the first page: what was read so far does not count; why() says why
    done,    ///< the list has ended
    failed,  ///< the list cannot be read; why() says why
  };

  /// How often a walk begins anew because the list has changed. The walk after that is kept, as an unstable one.
  static constexpr unsigned max_anew = 3;
  /// How many pages without anything new are too many. Insertions alone can bring about few.
  static constexpr unsigned max_stale_pages = 3;

  /// The list must outlive the walk. `max_pages`: a list that has not ended then never does.
  ListWalk(const koodrive::ResourceList& list, std::uint64_t max_pages) : list_(list), max_pages_(max_pages) {}

  /// Begins. `confirms`: whether a list has ended is asked once more.
  void begin(bool confirms);
  /// The request target of the next page. Precondition: the last step was `more` or `anew`, or begin() was called.
  std::string_view target() const { return target_; }
  /// Has the end of the list confirmed.
  void confirm() { confirms_ = true; }
  /// Takes that page.
  Step take(const Page& page);
  /// The places on the last page of what is new or has changed since it was read.
  const std::vector<std::size_t>& fresh() const { return fresh_; }

  /// Why the list was begun anew, or cannot be read.
  const std::string& why() const { return why_; }
  /// What was the matter with the walk after the last one that was allowed; empty: it is stable.
  const std::string& instability() const { return instability_; }
  /// Whether a list continued after a page that was not full.
  bool was_denied() const { return was_denied_; }
  /// The length of that page. Precondition: was_denied().
  std::size_t denied_length() const { return short_length_; }
  /// Whether the end was confirmed, or needs no confirmation.
  bool is_confirmed() const { return is_confirmed_; }
  /// The number of resources that were read, each counted once.
  std::size_t size() const { return seen_.size(); }
  std::uint64_t pages() const { return pages_; }
  /// How often it began anew.
  unsigned begun_anew() const { return anew_; }

 private:
  void restart();
  void ask_for(const Window& window);
  void ask_for_cursor(std::string cursor);
  bool is_joined(const Page& page) const;
  void see(const Page& page);
  Step take_cursor(const Page& page);
  Step step_back();
  Step after_short(const Page& page);
  Step after_full(const Page& page);
  Step finish(const Page& page);
  Step fail(std::string why);
  /// Begins anew, if that is still allowed. Otherwise, the walk is unstable, and continues or ends as it would.
  std::optional<Step> reject(std::string why);
  bool is_too_long() const;
  std::string endless() const;

  const koodrive::ResourceList& list_;
  const std::uint64_t max_pages_;
  bool confirms_ = false;
  std::string target_, why_, instability_;
  unsigned anew_ = 0;
  bool was_denied_ = false;
  std::size_t short_length_ = 0;  ///< of the last page that was not full and is being confirmed

  // Of the present attempt:
  Window window_{};
  std::string cursor_;
  boost::unordered_flat_map<std::uint64_t, std::uint64_t> seen_;  ///< marks, by identifier
  boost::unordered_flat_set<std::uint64_t> cursors_;              ///< hashes
  std::vector<std::size_t> fresh_;
  std::optional<std::uint64_t> total_;  ///< as the first page says
  std::uint64_t pages_ = 0;
  unsigned stale_pages_ = 0;
  bool has_stepped_back_ = false;  ///< and has found nothing new since
  bool is_confirming_ = false;
  bool is_confirmed_ = false;
};

}  // namespace koobatch::reading
