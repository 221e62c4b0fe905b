#include "postgres/parameters.hpp"

#include <bit>
#include <cassert>

namespace koobatch::postgres {
namespace {

// From PostgreSQL's pg_type.dat; they never change.
constexpr unsigned bool_type = 16;
constexpr unsigned bytea_type = 17;
constexpr unsigned int8_type = 20;
constexpr unsigned text_type = 25;
constexpr unsigned float8_type = 701;
constexpr unsigned bytea_array_type = 1001;
constexpr unsigned int8_array_type = 1016;

constexpr int binary = 1;

template <class Integer>
void append_big_endian(std::string& out, Integer value) {
  for (int shift = static_cast<int>(sizeof(Integer)) * 8 - 8; shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift));
  }
}

/// What precedes the elements of an array with one dimension.
void append_array_header(std::string& out, unsigned element_type, std::size_t size) {
  append_big_endian(out, std::uint32_t{size == 0 ? 0U : 1U});
  append_big_endian(out, std::uint32_t{0});  // no null among them
  append_big_endian(out, std::uint32_t{element_type});
  if (size == 0) return;
  append_big_endian(out, static_cast<std::uint32_t>(size));
  append_big_endian(out, std::uint32_t{1});  // the first index
}

}  // namespace

void Parameters::add(unsigned type, std::string_view value) {
  types_.push_back(type);
  lengths_.push_back(static_cast<int>(value.size()));
  formats_.push_back(binary);
  places_.push_back({.offset = copied_.size()});
  copied_ += value;
}

Parameters& Parameters::number(std::int64_t value) {
  return bits(std::bit_cast<std::uint64_t>(value));
}

Parameters& Parameters::bits(std::uint64_t value) {
  std::string encoded;
  append_big_endian(encoded, value);
  add(int8_type, encoded);
  return *this;
}

Parameters& Parameters::real(double value) {
  std::string encoded;
  append_big_endian(encoded, std::bit_cast<std::uint64_t>(value));
  add(float8_type, encoded);
  return *this;
}

Parameters& Parameters::truth(bool value) {
  add(bool_type, value ? std::string_view("\1", 1) : std::string_view("\0", 1));
  return *this;
}

Parameters& Parameters::text(std::string_view value) {
  add(text_type, value);
  return *this;
}

Parameters& Parameters::bytes(std::string_view value) {
  add(bytea_type, {});
  lengths_.back() = static_cast<int>(value.size());
  // A null pointer would be NULL.
  places_.back().outside = value.empty() ? "" : value.data();
  return *this;
}

Parameters& Parameters::numbers(std::span<const std::int64_t> values) {
  std::string encoded;
  append_array_header(encoded, int8_type, values.size());
  for (const std::int64_t value : values) {
    append_big_endian(encoded, std::uint32_t{sizeof value});
    append_big_endian(encoded, std::bit_cast<std::uint64_t>(value));
  }
  add(int8_array_type, encoded);
  return *this;
}

Parameters& Parameters::byte_strings(std::span<const std::string_view> values) {
  std::string encoded;
  append_array_header(encoded, bytea_type, values.size());
  for (const std::string_view value : values) {
    append_big_endian(encoded, static_cast<std::uint32_t>(value.size()));
    encoded += value;
  }
  add(bytea_array_type, encoded);
  return *this;
}

std::vector<const char*> Parameters::values() const {
  std::vector<const char*> pointers;
  for (const Place& place : places_) {
    pointers.push_back(place.outside != nullptr ? place.outside : copied_.data() + place.offset);
  }
  return pointers;
}

}  // namespace koobatch::postgres
