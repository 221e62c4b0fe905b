#pragma once
#include "koobatch/core/clock.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// The parts that lines of all types are made of.
namespace koobatch::report {

constexpr std::string_view sum_label = R"(,"sum":")";
constexpr std::size_t sum_digits = 16;
constexpr std::size_t sum_tail = sum_label.size() + sum_digits + 2;  // and `"}`

/// Writes 16 lower-case hexadecimal digits.
void write_hex64(std::uint64_t value, char* out);
/// Appends them as a JSON string.
void append_hash(std::string& out, std::uint64_t value);
/// Appends a JSON string in which every ill-formed sequence is replaced by U+FFFD.
void append_text(std::string& out, std::string_view text);
void append_timestamp_member(std::string& out, WallTime t);
/// Ends the line that began at `start`, with its checksum, the brace and the newline.
void append_sum(std::string& out, std::size_t start);

}  // namespace koobatch::report
