#pragma once
#include "koobatch/core/clock.hpp"

#include <cstddef>
#include <optional>
#include <string_view>

namespace koobatch::koodrive {

/// "20251103T070140Z": the form of the service's X-Date header, whole seconds rounded down. 16 characters.
constexpr std::size_t x_date_length = 16;
/// Writes exactly x_date_length characters to `out`.
void write_x_date(WallTime t, char* out);
/// Reads the form above.
std::optional<WallTime> parse_x_date(std::string_view text);

}  // namespace koobatch::koodrive
