#pragma once
#include "koobatch/http/endpoint.hpp"

#include <cassert>
#include <string>
#include <string_view>

namespace koobatch::net {

/// Renders the request to an HTTP proxy for a connection to `target`. It carries no credentials.
std::string connect_request(const http::Endpoint& target);

/// Reads an HTTP proxy's answer to CONNECT, in pieces of any size. Pure: no I/O.
class ProxyAnswer {
 public:
  enum class State {
    more,     ///< needs more bytes
    open,     ///< all further bytes are the target's
    refused,  ///< the proxy did not connect: see refusal()
  };
  State feed(std::string_view bytes);
  /// Why, for people. Precondition: refused.
  const std::string& refusal() const {
    assert(!refusal_.empty());
    return refusal_;
  }

 private:
  State refuse(std::string why);
  State judge(std::string_view status_line, bool more_behind);

  std::string head_;
  std::string refusal_;
};

}  // namespace koobatch::net
