#pragma once
#include "koobatch/state/reader.hpp"

#include <simdjson.h>

#include <optional>
#include <string_view>

namespace koobatch::state {

/// The member by which the last line of a state is recognised; its value is the version of the form.
inline constexpr std::string_view state_member = "state";

/// Reads what append_summary() writes; nothing if it is anything else.
std::optional<StateSummary> read_summary(const simdjson::dom::object& object);

}  // namespace koobatch::state
