#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch {

/// The identity of one attempt, as sent in X-Traceid: 58 bits, written as 58 characters '0' or '1', the highest bit
/// first. Unique within a run by construction: the prefix differs per segment, the line per operation, the attempt per
/// request.
struct TraceId {
  std::uint32_t prefix = 0;  ///< 18 bits, drawn at random for each segment of a run
  std::uint32_t line = 0;    ///< 32 bits, the operation's line number
  std::uint8_t attempt = 0;  ///< 8 bits, from 1

  friend bool operator==(const TraceId&, const TraceId&) = default;
};

constexpr std::size_t trace_id_length = 58;
constexpr std::uint32_t trace_prefix_bits = 18;

/// Writes exactly trace_id_length characters to `out`. Only the lowest 18 bits of `prefix` are used.
void write_trace_id(const TraceId& id, char* out) noexcept;
/// The 58 characters as a string.
std::string to_string(const TraceId& id);
/// Nothing if `text` is not 58 characters of '0' and '1'.
std::optional<TraceId> parse_trace_id(std::string_view text) noexcept;

}  // namespace koobatch
