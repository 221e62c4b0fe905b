#pragma once
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace fuzz {

/// With their line breaks; the last may have none.
std::vector<std::string> split_lines(std::string_view text);
std::string joined(const std::vector<std::string>& lines);

/// The line with the sum that its bytes have now, whatever sum it had.
std::string sealed(std::string_view line);

using Random = std::minstd_rand;

/// A line of any type as koobatch writes it, about one of a few operations and segments, so that lines meet.
std::string made_line(Random& random);

}  // namespace fuzz
