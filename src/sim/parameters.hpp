#pragma once
#include <cassert>
#include <charconv>
#include <optional>
#include <string_view>

/// Parsing of simulator settings that are lists of parameters: "status=503,rate=0.05", "300/s,window,per-user".
namespace koobatch::sim {

/// The whole of `text` as a number; nothing if it is not one.
template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return value;
}

/// "name=value", split in two. No value: there was no '='.
struct Parameter {
  std::string_view name;
  std::optional<std::string_view> value;

  explicit Parameter(std::string_view text) : name(text.substr(0, text.find('='))) {
    if (name.size() < text.size()) value = text.substr(name.size() + 1);
  }
};

/// Splits a list at its commas. Even an empty list has a first parameter: an empty one.
class ParameterList {
 public:
  explicit ParameterList(std::string_view text) : rest_(text) {}
  bool empty() const { return empty_; }
  /// Precondition: the list is not empty.
  std::string_view take() {
    assert(!empty_);
    const auto comma = rest_.find(',');
    const auto first = rest_.substr(0, comma);
    empty_ = comma == std::string_view::npos;
    if (!empty_) rest_.remove_prefix(comma + 1);
    return first;
  }

 private:
  std::string_view rest_;
  bool empty_ = false;
};

}  // namespace koobatch::sim
