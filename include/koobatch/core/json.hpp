#pragma once
#include <fmt/format.h>

#include <concepts>
#include <string>
#include <string_view>

namespace koobatch {

/// Whether `text` is ASCII without anything to escape, so that it can be copied between quotes. Checks eight bytes at a
/// time.
bool is_plain_json(std::string_view text);

/// Appends `text` (valid UTF-8) as a JSON string with its quotes, escaping only what RFC 8259, section 7 requires.
void append_json_string(std::string& out, std::string_view text);

/// Writes one flat JSON object straight into a buffer, compact, members in call order. Nested values are added with
/// `raw`. Nothing is checked: the caller supplies all names.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out), first_(true) { out_.push_back('{'); }

  JsonWriter& add(std::string_view name, std::string_view text) {
    key(name);
    append_json_string(out_, text);
    return *this;
  }
  JsonWriter& add(std::string_view name, const char* text) { return add(name, std::string_view(text)); }
  JsonWriter& add(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  template <std::integral T>
  requires(!std::same_as<T, bool>) JsonWriter& add(std::string_view name, T value) {
    const fmt::format_int digits(value);
    return raw(name, {digits.data(), digits.size()});
  }
  /// A number with exactly `decimals` digits after the point, so that columns line up; null if it is not finite, which
  /// JSON cannot represent.
  JsonWriter& add(std::string_view name, double value, int decimals = 3);
  /// A number with as many digits as are needed to read back the same value; null if it is not finite.
  JsonWriter& exact(std::string_view name, double value);
  /// `value` must already be JSON.
  JsonWriter& raw(std::string_view name, std::string_view value) {
    key(name);
    out_.append(value);
    return *this;
  }
  /// Opens a member. The caller appends its value to the returned buffer.
  std::string& key(std::string_view name) {
    if (!first_) out_.push_back(',');
    first_ = false;
    out_.push_back('"');
    out_.append(name);
    out_.append("\":", 2);
    return out_;
  }
  void end() { out_.push_back('}'); }

 private:
  std::string& out_;
  bool first_;
};

}  // namespace koobatch
