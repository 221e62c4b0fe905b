#include "net/http2_fields.hpp"

#include <algorithm>
#include <cassert>

namespace koobatch::net {
namespace {

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& letter : out) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + ('a' - 'A'));
  }
  return out;
}

std::uint8_t* bytes_of(std::string_view text) {
  // nghttp2 only reads it.
  return reinterpret_cast<std::uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

void Http2Fields::add(std::string_view name, std::string_view value, std::uint8_t flags) {
  constexpr std::uint8_t no_copies = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
  out_[count_++] = {bytes_of(name), bytes_of(value), name.size(), value.size(),
                    static_cast<std::uint8_t>(no_copies | flags)};
}

/// Reads the lines of HTTP/1.1 that http::CommonFields has rendered. They are the same for all requests of a run.
void Http2Fields::read_common(std::string_view text) {
  common_text_ = text;
  common_.clear();
  names_.clear();
  std::string_view rest = common_text_;
  for (std::size_t line = rest.find("\r\n"); line != std::string_view::npos; line = rest.find("\r\n")) {
    rest.remove_prefix(line + 2);
    const std::size_t colon = rest.find(": ");
    if (colon == std::string_view::npos) break;
    const std::string_view value = rest.substr(colon + 2, rest.find("\r\n") - colon - 2);
    names_.push_back(lower_case(rest.substr(0, colon)));
    // Its place is taken by :authority.
    if (names_.back() != "host") common_.push_back({names_.back(), value});
  }
  assert(common_.size() <= max_common);
}

/// `hint`: where it probably is.
Http2Fields::Known& Http2Fields::known(std::string_view rendered, std::size_t hint) {
  if (hint < known_.size() && known_[hint].rendered == rendered) return known_[hint];
  const auto found = std::find_if(known_.begin(), known_.end(), [&](const Known& k) { return k.rendered == rendered; });
  if (found != known_.end()) return *found;
  Known& added = known_.emplace_back();
  added.rendered = rendered;
  added.name = lower_case(rendered);
  added.secret = added.name == "authorization";
  return added;
}

std::span<const nghttp2_nv> Http2Fields::of(const http::Request& request) {
  if (const std::string_view text = request.common(); text != common_text_) read_common(text);
  count_ = 0;
  add(":method", request.method(), 0);
  add(":scheme", scheme_, 0);
  add(":authority", authority_, 0);
  add(":path", request.target(), 0);
  for (const auto& [name, value] : common_) add(name, value, 0);
  for (std::size_t i = 0; i < request.field_count(); ++i) {
    const http::Field field = request.field(i);
    Known& same = known(field.name, i);
    // In the peer's table belongs only what repeats: a value used once costs both sides more to keep than to send, and
    // displaces those that help. And no secret, which the size of compressed fields could betray.
    const bool repeats = !same.secret && same.last == field.value;
    if (!repeats && !same.secret) same.last = field.value;
    add(same.name, field.value, repeats ? 0 : NGHTTP2_NV_FLAG_NO_INDEX);
  }
  return {out_.data(), count_};
}

}  // namespace koobatch::net
