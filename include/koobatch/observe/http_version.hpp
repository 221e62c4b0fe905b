#pragma once
#include <cstdint>
#include <string_view>

namespace koobatch::observe {

/// The version of HTTP that a run speaks with the service.
enum class HttpVersion : std::uint8_t { none, http1, http2 };

/// "2", or "1.1"; empty: nothing was agreed on yet.
constexpr std::string_view to_string(HttpVersion version) {
  switch (version) {
    case HttpVersion::none:
      break;
    case HttpVersion::http1:
      return "1.1";
    case HttpVersion::http2:
      return "2";
  }
  return {};
}

}  // namespace koobatch::observe
