#pragma once
#include "koobatch/core/clock.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace koobatch::http {

/// The first of the hundred years that a two-digit year can mean. RFC 9110 takes a year that seems to lie more than 50
/// years ahead for one in the past; a fixed year gives the same result for the dates that matter, and needs no clock.
constexpr int first_short_year = 1977;

/// Parses an HTTP date in any of its three forms (RFC 9110, 5.6.7): the preferred one, "Sun, 06 Nov 1994 08:49:37 GMT",
/// that of RFC 850, "Sunday, 06-Nov-94 08:49:37 GMT", and that of asctime(), "Sun Nov  6 08:49:37 1994". The day of the
/// week is not checked against the date.
std::optional<WallTime> parse_date(std::string_view text);
/// Formats a time in the preferred form, rounded down to whole seconds.
std::string format_date(WallTime t);

}  // namespace koobatch::http
