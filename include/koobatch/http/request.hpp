#pragma once
#include "koobatch/core/wiping_allocator.hpp"

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::http {

/// A header field. The views point into their owner's memory.
struct Field {
  std::string_view name;
  std::string_view value;
};

/// A field's name with its separators on the wire, built at compile time so that it is written in one piece.
class FieldName {
 public:
  template <std::size_t N>
  consteval FieldName(const char (&name)[N]) : size_(before + (N - 1) + after) {
    static_assert(before + (N - 1) + after <= max_size);
    char* out = text_;
    *out++ = '\r';
    *out++ = '\n';
    for (std::size_t i = 0; i + 1 < N; ++i) *out++ = name[i];
    *out++ = ':';
    *out++ = ' ';
  }

  /// The end of the previous line, the name, and the separator before the value.
  std::string_view on_the_wire() const { return {text_, size_}; }

  /// How many characters of on_the_wire() come before the name, and after it.
  static constexpr std::size_t before = 2;
  static constexpr std::size_t after = 2;

 private:
  static constexpr std::size_t max_size = 24;
  char text_[max_size] = {};
  std::size_t size_;
};

/// The header fields shared by all requests of a run, rendered once.
class CommonFields {
 public:
  explicit CommonFields(const std::vector<Field>& fields);

  /// " HTTP/1.1" and one line per field, each with its line break.
  std::string_view text() const { return text_; }

 private:
  std::string text_;
};

/// A request, rendered into one buffer as HTTP/1.1, with the positions of its parts: HTTP/1.1 sends the buffer
/// unchanged, and another version can take the parts without rendering or copying anything again. It may hold secrets
/// and wipes them. A reused one stops allocating once it has grown. Built by start(), add() for each field, end().
class Request {
 public:
  /// The maximum number of fields besides the common ones.
  static constexpr std::size_t max_fields = 12;

  Request() = default;
  Request(Request&&) = default;
  /// Wipes the previous contents.
  Request& operator=(Request&&) = default;

  /// Replaces the contents. Precondition: no argument holds a line break.
  void start(std::string_view method, std::string_view target, const CommonFields& common);
  /// Precondition: fewer than max_fields were added, Content-Length counted.
  void add(const FieldName& name, std::string_view value);
  /// Likewise, for a name that is known only at run time; lower case, as HTTP/2 requires.
  void add_named(std::string_view name, std::string_view value);
  /// Adds Content-Length and the body, and completes the request.
  void end(std::string_view body);

  /// The whole request, ready to be sent. This and all other views are valid until the next start().
  std::string_view bytes() const { return {buffer_.data(), size_}; }
  std::string_view method() const { return bytes().substr(0, method_size_); }
  std::string_view target() const { return bytes().substr(method_size_ + 1, target_size_); }
  /// CommonFields::text(). Precondition: a field was added.
  std::string_view common() const {
    assert(count_ > 0);
    const std::size_t begin = method_size_ + 1 + target_size_;
    return bytes().substr(begin, fields_[0].line - begin);
  }
  /// Precondition: end() was called.
  std::string_view body() const {
    assert(body_ != 0);
    return bytes().substr(body_);
  }
  /// The number of fields besides the common ones, including Content-Length.
  std::size_t field_count() const { return count_; }
  /// Precondition: end() was called, and index < field_count().
  Field field(std::size_t index) const;

 private:
  /// Offsets in the buffer. A value ends where the next line begins.
  struct FieldPlace {
    std::uint32_t line;
    std::uint32_t value;
  };

  void append(std::string_view text);
  /// Makes room for `size` more bytes. Wipes the previous buffer.
  void grow(std::size_t size);

  WipedBytes buffer_;
  std::size_t size_ = 0;  ///< bytes of the buffer in use
  std::size_t method_size_ = 0, target_size_ = 0;
  std::size_t body_ = 0;  ///< where the body begins; 0 until end()
  std::array<FieldPlace, max_fields> fields_;
  std::size_t count_ = 0;
};

}  // namespace koobatch::http
