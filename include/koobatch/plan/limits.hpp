#pragma once
#include "koobatch/core/error.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Safety limits: a plan that changes too much is probably a mistake.

namespace koobatch::plan {

/// How many items may be changed: a number, or a share of those that there are.
struct Allowance {
  std::optional<std::uint64_t> count{};  ///< of the two, one is set
  std::optional<double> percent{};

  bool operator==(const Allowance&) const = default;
};

struct Limits {
  /// The number of items of a kind below which a share means nothing.
  static constexpr std::uint64_t least_items = 50;
  static constexpr double most_missing = 5;  ///< percent

  Allowance changes{.percent = 30};
  std::map<std::string, Allowance, std::less<>> changes_of;  ///< of a kind
};

/// Adds what a user writes: "500", "30%" for all kinds, "album=5%" for one. The error (usage) does not repeat the text.
Result<void> add_allowance(std::string_view text, Limits& limits);

/// The limits as a user would write them.
std::vector<std::string> describe(const Limits& limits);

/// What there is of a kind, and what a plan does.
struct KindCounts {
  std::string kind;
  std::uint64_t items = 0;    ///< in the present state
  std::uint64_t desired = 0;  ///< in the desired state
  std::uint64_t changed = 0;  ///< items that the plan changes
  std::uint64_t missing = 0;  ///< desired items that there are not
};

/// Why a plan is refused.
struct Breach {
  enum class Reason : std::uint8_t {
    too_many_changes,  ///< the user can allow them
    state_empty,       ///< nothing is there where something is desired: the reading went wrong
    state_incomplete,  ///< what was not read would look as if it were missing
    too_many_missing,
  };

  Reason reason = Reason::too_many_changes;
  std::string kind;
  std::uint64_t count = 0;  ///< changed, or missing
  std::uint64_t total = 0;  ///< of so many
  std::string allowance{};  ///< what would allow as many changes, as a user writes it: "612", "album=612"
};

/// Checks the counts of all kinds. Empty if nothing is to be refused.
std::vector<Breach> find_breaches(const std::vector<KindCounts>& counts, bool is_complete, const Limits& limits);

}  // namespace koobatch::plan
