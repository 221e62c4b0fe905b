#pragma once
#include "koobatch/plan/plan_file.hpp"
#include "koobatch/plan/plan_maker.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::plan {

/// What a plan does, in figures and by examples: for people, on a terminal or as a page, and for programs.
struct Overview {
  /// What changes of a kind.
  struct Kind {
    std::string name;
    std::uint64_t lines = 0;
    std::map<std::string, std::uint64_t> differences;  ///< by field; temporary names are none
    std::vector<PlanLine> examples;                    ///< the first lines
  };
  /// What was found for one reason.
  struct Cause {
    Finding::Reason reason = Finding::Reason::missing;
    std::uint64_t count = 0;
    std::vector<Finding> examples;  ///< the first ones
  };
  /// The plan as a file.
  struct File {
    std::string path;
    std::string digest;
  };

  PlanHeader header;
  std::string state_path{};  ///< empty: not known, as for a plan that was made earlier
  std::vector<Kind> kinds;   ///< in the order of the plan
  std::vector<Cause> causes;
  std::uint64_t lines = 0;
  std::optional<File> file{};
  std::optional<std::uint64_t> unselected{};  ///< desired items that were not to be planned; none: all were
  bool is_made_earlier = false;               ///< read back from a file, which does not have the findings

  std::uint64_t changed() const;
  std::uint64_t missing() const;
  /// What is there and not desired. 0 if only some items were to be planned.
  std::uint64_t extra() const;
  std::uint64_t extra(const KindCounts& counts) const;
  /// How often something desired is not reached, besides what is missing.
  std::uint64_t conflicts() const;
  /// Adds what was found otherwise than by planning.
  void add(std::vector<Cause> found);
};

/// Collects an overview while a plan is made or read.
class OverviewBuilder final : public PlanVisitor {
 public:
  /// So many examples are kept of each kind, and of each cause.
  static constexpr std::size_t usual_examples = 20;
  explicit OverviewBuilder(std::size_t examples = usual_examples) : examples_(examples) {}

  Result<void> on_line(const PlanLine& line) override;
  void on_finding(const Finding& finding) override;
  Overview build(PlanHeader header);

 private:
  std::size_t examples_;
  Overview overview_;
};

/// The overview for a terminal, or for a file if it has no colours.
std::string overview_text(const Overview& overview, bool colour);
/// For programs, on one line.
std::string overview_json(const Overview& overview);
/// As one self-contained HTML page: no network, no script. Everything from the service or the user's files is plain
/// text in it.
std::string overview_page(const Overview& overview);

}  // namespace koobatch::plan
