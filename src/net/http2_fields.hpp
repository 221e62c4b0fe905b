#pragma once
#include "koobatch/http/endpoint.hpp"
#include "koobatch/http/request.hpp"

#include <nghttp2/nghttp2.h>

#include <array>
#include <cstddef>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::net {

/// The header fields of one connection's requests as nghttp2 wants them. Values are not copied.
class Http2Fields {
 public:
  explicit Http2Fields(const http::Endpoint& endpoint)
      : authority_(endpoint.authority), scheme_(endpoint.tls ? "https" : "http") {}

  /// Valid until the next call, and as long as the request is unchanged. Precondition: fewer than max_common fields are
  /// common to all requests.
  std::span<const nghttp2_nv> of(const http::Request& request);

 private:
  /// A field that requests carry.
  struct Known {
    std::string rendered;  ///< its name in the request
    std::string name;      ///< the same in lower case, as HTTP/2 demands
    std::string last;      ///< its last value on this connection, unless it is a secret
    bool secret = false;
  };

  static constexpr std::size_t max_common = 8;

  void read_common(std::string_view text);
  Known& known(std::string_view rendered, std::size_t hint);
  void add(std::string_view name, std::string_view value, std::uint8_t flags);

  const std::string authority_;
  const std::string_view scheme_;
  std::string common_text_;          ///< what common_ was read from
  std::vector<http::Field> common_;  ///< views into common_text_ and names_
  std::deque<std::string> names_;    ///< of the common fields
  std::deque<Known> known_;
  std::array<nghttp2_nv, 4 + max_common + http::Request::max_fields> out_;
  std::size_t count_ = 0;
};

}  // namespace koobatch::net
