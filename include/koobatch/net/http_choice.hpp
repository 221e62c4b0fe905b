#pragma once
#include <cstdint>

namespace koobatch::net {

/// Which version of HTTP is spoken with the service.
enum class HttpChoice : std::uint8_t {
  automatic,  ///< over TLS what both sides prefer (ALPN), otherwise HTTP/1.1
  http1,      ///< HTTP/1.1, and nothing else is offered
  http2,      ///< HTTP/2, or nothing
};

/// Whether HTTP/2 is offered to a service, which is reached over TLS or not.
constexpr bool offers_http2(HttpChoice choice, bool tls) {
  return choice == HttpChoice::http2 || (choice == HttpChoice::automatic && tls);
}

}  // namespace koobatch::net
