#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/status.hpp"
#include "koobatch/core/trace_id.hpp"

#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace koobatch::report {

namespace ondemand = simdjson::ondemand;
using Value = ondemand::value;

// Each reads one value and returns whether it had the expected type.

template <class T>
inline bool read(Value value, T& out) requires(std::unsigned_integral<T> && !std::same_as<T, bool>) {
  std::uint64_t number = 0;
  if (value.get_uint64().get(number) != simdjson::SUCCESS || number > std::numeric_limits<T>::max()) return false;
  out = static_cast<T>(number);
  return true;
}

inline bool read(Value value, std::int64_t& out) {
  return value.get_int64().get(out) == simdjson::SUCCESS;
}

inline bool read(Value value, int& out) {
  std::int64_t number = 0;
  if (!read(value, number) || !std::in_range<int>(number)) return false;
  out = static_cast<int>(number);
  return true;
}

inline bool read(Value value, double& out) {
  return value.get_double().get(out) == simdjson::SUCCESS;
}

inline bool read(Value value, std::string_view& out) {
  return value.get_string().get(out) == simdjson::SUCCESS;
}

inline bool read(Value value, std::string& out) {
  std::string_view text;
  if (!read(value, text)) return false;
  out = text;
  return true;
}

inline bool read(Value value, WallTime& out) {
  std::string_view text;
  if (!read(value, text)) return false;
  const auto time = parse_timestamp(text);
  if (time) out = *time;
  return time.has_value();
}

inline bool read(Value value, Status& out) {
  std::string_view text;
  if (!read(value, text)) return false;
  const auto status = parse_status(text);
  if (status) out = *status;
  return status.has_value();
}

inline bool read(Value value, TraceId& out) {
  std::string_view text;
  if (!read(value, text)) return false;
  const auto id = parse_trace_id(text);
  if (id) out = *id;
  return id.has_value();
}

template <class T>
inline bool read(Value value, std::optional<T>& out) {
  return read(value, out.emplace());
}

/// A duration, in seconds or milliseconds, within a range that arithmetic can handle.
inline bool read_length(Value value, double& out) {
  return read(value, out) && out >= 0 && out <= 1e12;
}

inline bool read_milliseconds(Value value, Duration& out) {
  constexpr double nanoseconds = 1e6;
  double number = 0;
  if (!read_length(value, number)) return false;
  out = Duration(std::llround(number * nanoseconds));
  return true;
}

inline bool read_hex64(Value value, std::uint64_t& out) {
  std::string_view text;
  if (!read(value, text) || text.size() != 16) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
  return error == std::errc() && end == text.data() + text.size();
}

/// The member's name as written: none of ours needs escaping, so an escaped one is unknown.
inline std::string_view name_of(const ondemand::field& field) {
  const char* const name = field.key().raw();
  std::size_t size = 0;
  while (name[size] != '"') ++size;  // simdjson found the closing quote, or this would be no field
  return {name, size};
}

/// Calls `member(name, value)` for each member until it returns false. False if the value is not an object, or `member`
/// returned false.
template <class Member>
bool for_each_member(simdjson::simdjson_result<ondemand::object> found, Member member) {
  ondemand::object object;
  if (std::move(found).get(object) != simdjson::SUCCESS) return false;
  for (auto result : object) {
    ondemand::field field;
    if (std::move(result).get(field) != simdjson::SUCCESS) return false;
    if (!member(name_of(field), field.value())) return false;
  }
  return true;
}

/// Calls `element(value)` for each element until it returns false. False if it did, or the value is not an array.
template <class Element>
bool for_each_element(Value value, Element element) {
  ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  for (auto result : array) {
    Value item;
    if (std::move(result).get(item) != simdjson::SUCCESS || !element(item)) return false;
  }
  return true;
}

}  // namespace koobatch::report
