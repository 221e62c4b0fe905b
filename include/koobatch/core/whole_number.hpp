#pragma once
#include <simdjson.h>

#include <cstdint>
#include <optional>

namespace koobatch {

/// The whole number `value` is, be it a JSON number or, as some of the service's pages send it, a string of one;
/// nothing if it is neither.
std::optional<std::int64_t> whole_number(const simdjson::dom::element& value);

}  // namespace koobatch
