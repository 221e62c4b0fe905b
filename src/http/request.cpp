#include "koobatch/http/request.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace koobatch::http {
namespace {

constexpr std::string_view end_of_fields = "\r\n\r\n";

}  // namespace

CommonFields::CommonFields(const std::vector<Field>& fields) : text_(" HTTP/1.1") {
  for (const auto& [name, value] : fields) text_.append("\r\n").append(name).append(": ").append(value);
}

void Request::grow(std::size_t size) {
  buffer_.resize(std::max(2 * buffer_.size(), size_ + size));
}

inline void Request::append(std::string_view text) {
  if (buffer_.size() - size_ < text.size()) [[unlikely]]
    grow(text.size());
  std::copy_n(text.data(), text.size(), buffer_.data() + size_);
  size_ += text.size();
}

void Request::start(std::string_view method, std::string_view target, const CommonFields& common) {
  [[maybe_unused]] const auto is_plain = [](std::string_view text) {
    return text.find_first_of("\r\n") == std::string_view::npos;
  };
  assert(is_plain(method) && is_plain(target));
  size_ = 0;
  count_ = 0;
  body_ = 0;
  method_size_ = method.size();
  target_size_ = target.size();
  append(method);
  append(" ");
  append(target);
  append(common.text());
}

void Request::add(const FieldName& name, std::string_view value) {
  assert(count_ < max_fields);
  FieldPlace& place = fields_[count_++];
  place.line = static_cast<std::uint32_t>(size_);
  append(name.on_the_wire());
  place.value = static_cast<std::uint32_t>(size_);
  append(value);
}

void Request::add_named(std::string_view name, std::string_view value) {
  assert(count_ < max_fields);
  FieldPlace& place = fields_[count_++];
  place.line = static_cast<std::uint32_t>(size_);
  append("\r\n");
  append(name);
  append(": ");
  place.value = static_cast<std::uint32_t>(size_);
  append(value);
}

void Request::end(std::string_view body) {
  const fmt::format_int length(body.size());
  add("Content-Length", {length.data(), length.size()});
  append(end_of_fields);
  body_ = size_;
  append(body);
}

Field Request::field(std::size_t index) const {
  assert(body_ != 0 && index < count_);
  const auto [line, value] = fields_[index];
  const std::size_t end = index + 1 < count_ ? fields_[index + 1].line : body_ - end_of_fields.size();
  const auto name_size = value - line - FieldName::before - FieldName::after;
  return {bytes().substr(line + FieldName::before, name_size), bytes().substr(value, end - value)};
}

}  // namespace koobatch::http
