#pragma once
#include <simdjson.h>

#include <cstdint>
#include <optional>

namespace koobatch {

/// The whole number in `value`: a JSON number, also one written as 0.0, or, as some of the service's pages show it, a
/// string holding one; nothing if it is neither.
std::optional<std::int64_t> whole_number(const simdjson::dom::element& value);

}  // namespace koobatch
