#include "postgres/reply.hpp"

#include <bit>
#include <cassert>
#include <charconv>
#include <cstddef>

namespace koobatch::postgres {
namespace {

std::uint64_t read_big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = (value << 8) | static_cast<unsigned char>(byte);
  return value;
}

std::int64_t read_integer(std::string_view bytes) {
  assert(bytes.size() == 2 || bytes.size() == 4 || bytes.size() == 8);
  const std::uint64_t value = read_big_endian(bytes);
  if (bytes.size() == 2) return static_cast<std::int16_t>(value);
  if (bytes.size() == 4) return static_cast<std::int32_t>(value);
  return std::bit_cast<std::int64_t>(value);
}

template <class Number>
Number parse(std::string_view text) {
  Number value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

std::string_view Reply::text(int row, int column) const {
  const char* const value = library().value(result_.get(), row, column);
  return {value, static_cast<std::size_t>(library().length(result_.get(), row, column))};
}

std::int64_t Reply::number(int row, int column) const {
  assert(!is_null(row, column));
  return is_text_format(column) ? parse<std::int64_t>(text(row, column)) : read_integer(text(row, column));
}

double Reply::real(int row, int column) const {
  assert(!is_null(row, column));
  if (is_text_format(column)) return parse<double>(text(row, column));
  assert(text(row, column).size() == sizeof(double));
  return std::bit_cast<double>(read_big_endian(text(row, column)));
}

bool Reply::truth(int row, int column) const {
  assert(!is_null(row, column));
  return is_text_format(column) ? text(row, column) == "t" : text(row, column) == std::string_view("\1");
}

std::vector<std::int64_t> Reply::numbers(int row, int column) const {
  assert(!is_text_format(column));
  constexpr std::size_t header = 20;
  std::string_view bytes = text(row, column);
  std::vector<std::int64_t> values;
  if (bytes.size() <= header) return values;
  bytes.remove_prefix(header);
  while (bytes.size() > sizeof(std::uint32_t)) {
    const auto size = static_cast<std::size_t>(read_big_endian(bytes.substr(0, sizeof(std::uint32_t))));
    bytes.remove_prefix(sizeof(std::uint32_t));
    if (size > bytes.size()) break;
    values.push_back(read_integer(bytes.substr(0, size)));
    bytes.remove_prefix(size);
  }
  return values;
}

std::optional<WallTime> Reply::time_or_null(int row, int column) const {
  if (is_null(row, column)) return std::nullopt;
  return WallTime(std::chrono::duration_cast<WallClock::duration>(duration(row, column)));
}

}  // namespace koobatch::postgres
