#include "koobatch/core/trace_id.hpp"

#include <array>
#include <cstring>

namespace koobatch {
namespace {

using ByteText = std::array<char, 8>;

constexpr std::array<ByteText, 256> make_byte_texts() {
  std::array<ByteText, 256> texts{};
  for (unsigned byte = 0; byte < 256; ++byte) {
    for (unsigned bit = 0; bit < 8; ++bit) texts[byte][bit] = ((byte >> (7 - bit)) & 1U) != 0 ? '1' : '0';
  }
  return texts;
}
constexpr auto byte_texts = make_byte_texts();

constexpr std::uint64_t pack(const TraceId& id) {
  return (static_cast<std::uint64_t>(id.prefix) << 40U) | (static_cast<std::uint64_t>(id.line) << 8U) | id.attempt;
}

}  // namespace

void write_trace_id(const TraceId& id, char* out) noexcept {
  const std::uint64_t bits = pack(id);
  // 58 bits are 7 bytes and 2 bits: the two highest by hand, the others a byte at a time.
  out[0] = ((bits >> 57U) & 1U) != 0 ? '1' : '0';
  out[1] = ((bits >> 56U) & 1U) != 0 ? '1' : '0';
  for (unsigned i = 0; i < 7; ++i) {
    std::memcpy(out + 2 + i * 8, byte_texts[(bits >> (48U - i * 8U)) & 0xffU].data(), 8);
  }
}

std::string to_string(const TraceId& id) {
  std::string text(trace_id_length, '\0');
  write_trace_id(id, text.data());
  return text;
}

std::optional<TraceId> parse_trace_id(std::string_view text) noexcept {
  if (text.size() != trace_id_length) return std::nullopt;
  std::uint64_t bits = 0;
  for (const char c : text) {
    if (c != '0' && c != '1') return std::nullopt;
    bits = (bits << 1U) | static_cast<std::uint64_t>(c == '1');
  }
  return TraceId{static_cast<std::uint32_t>(bits >> 40U), static_cast<std::uint32_t>(bits >> 8U),
                 static_cast<std::uint8_t>(bits)};
}

}  // namespace koobatch
