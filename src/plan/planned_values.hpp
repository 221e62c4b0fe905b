#pragma once
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/state/value.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::plan {

/// What an operation of a plan replaces.
struct PlannedValue {
  std::size_t field = 0;  ///< an index into the kind's fields
  state::Value was;
  state::Value wanted;
};

/// The kind of item that the operation changes; null if no kind is changed by it.
const koodrive::ResourceKind* kind_of(const koodrive::OperationRow& operation,
                                      const koodrive::ResourceCatalogue& kinds);

/// Whether this member of the operation's body is a value that it sets, and does not say of what.
bool is_set_by(const koodrive::OperationRow& operation, std::string_view member);

/// The values that the operation replaces, from its body and what the plan says; nothing if they cannot be read.
std::optional<std::vector<PlannedValue>> planned_values(const koodrive::Operation& operation,
                                                        const koodrive::ResourceKind& kind);

/// A value that an operation sets.
struct SetValue {
  std::string name;                    ///< the operation's
  std::optional<std::size_t> field{};  ///< an index into the kind's fields; nothing: the service does not show it
  state::Value wanted{};               ///< if it is shown
};

/// What the operation sets, from its body.
std::vector<SetValue> set_values(const koodrive::Operation& operation, const koodrive::ResourceKind& kind);

/// The values that the operation sets and that are shown, whatever they replace: `was` is the wanted value, too.
std::vector<PlannedValue> wanted_values(const koodrive::Operation& operation, const koodrive::ResourceKind& kind);

/// The members of a result in which values are recorded: those before a change that was not made, and those after one.
inline constexpr std::string_view was_member = "was";
inline constexpr std::string_view now_member = "now";
/// The members that say instead that it is not known what there was: why, in one word; what happened; and with which
/// fields the operation was sent, if it might have been others.
inline constexpr std::string_view not_captured_member = "not_captured";
inline constexpr std::string_view because_member = "not_captured_because";
inline constexpr std::string_view sent_member = "not_captured_fields";

/// How an item is, compared with what was planned.
enum class Condition : std::uint8_t {
  as_planned,  ///< every value is the old one, or the wanted one
  as_wanted,   ///< every value is the wanted one
  drifted,     ///< a value is another one
};
Condition compare(const std::vector<PlannedValue>& planned, const state::Values& present);

/// The values of the planned fields as they are: `"was":{"fileName":"Plans"}`, without what is absent.
std::string describe_present(std::string_view member, const std::vector<PlannedValue>& planned,
                             const state::Values& present, const koodrive::ResourceKind& kind);

}  // namespace koobatch::plan
