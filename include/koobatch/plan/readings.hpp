#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/plan/plan_maker.hpp"
#include "koobatch/state/id_proposals.hpp"
#include "koobatch/state/reader.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace koobatch::plan {

/// What is wrong with the records of a file.
struct Faults {
  std::vector<std::string> first;  ///< the first ones, each with its line: "7: name: is null, and …"
  std::uint64_t count = 0;
  std::uint64_t invalid = 0;  ///< records that have faults
  std::uint64_t records = 0;  ///< of so many

  bool any() const { return count > 0; }
};

/// Reads the next item of a present state; false at the end. What is wrong with a state is an error (job), as nothing
/// can be concluded from one that was damaged. `name`: of the state, for messages.
Result<bool> next_present(state::ItemReader& reader, const std::string& name, state::Entry& entry);

/// Reads the desired state and then the present one into the maker of a plan, and collects what is wrong with the
/// desired one. Where spreadsheets have changed rows, it finds out which items these were.
class Readings {
 public:
  /// `listed`: as many faults as are kept. The maker must outlive this.
  Readings(PlanMaker& maker, std::size_t listed) : maker_(maker), listed_(listed) {}

  Result<void> read_desired(state::ItemReader& reader);
  /// Whether anything is wrong so far.
  bool any_faults() const { return faults_.any(); }
  /// The kinds of the items that are desired, each once.
  const std::vector<const koodrive::ResourceKind*>& kinds() const { return kinds_; }
  /// Whether the present state is of use: for a plan, or to explain what is wrong.
  bool needs_present() const { return !faults_.any() || has_mangled_; }
  /// `name`: of the state, for messages.
  Result<void> read_present(state::ItemReader& reader, const std::string& name);
  /// Finishes the maker if nothing is wrong. `name`: of the desired state, for messages. To be called once, at the end.
  Result<Faults> finish(const std::string& name);

 private:
  struct Fault {
    std::uint32_t line = 0;
    std::string text;
    bool is_mangled = false;
  };
  void add_faults(const state::ItemReader& reader);
  void add(Fault fault);
  void add_ambiguous(const Matches::Match& match);

  PlanMaker& maker_;
  std::size_t listed_;
  Faults faults_;
  std::vector<const koodrive::ResourceKind*> kinds_;
  std::vector<Fault> first_;
  state::IdProposals proposals_;
  bool has_mangled_ = false;
};

}  // namespace koobatch::plan
