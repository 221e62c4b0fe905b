#pragma once
#include "koobatch/net/endpoint.hpp"

#include <string>
#include <string_view>

namespace koobatch::net {

/// What asks an HTTP proxy for a connection to `target`. It carries no credentials of any kind.
std::string connect_request(const Endpoint& target);

/// Reads what an HTTP proxy answers to that, in pieces of any size. Pure: knows nothing of sockets.
class ProxyAnswer {
 public:
  enum class State {
    more,     ///< give it more bytes
    open,     ///< from here on the bytes are the target's
    refused,  ///< there is no way through: see refusal()
  };
  State feed(std::string_view bytes);
  /// After refused: why, for people.
  const std::string& refusal() const { return refusal_; }

 private:
  State refuse(std::string why);
  State judge(std::string_view status_line, bool more_behind);

  std::string head_;
  std::string refusal_;
};

}  // namespace koobatch::net
