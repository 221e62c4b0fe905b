#include "koobatch/net/endpoint.hpp"

#include <fmt/format.h>
#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace koobatch::net {

bool Endpoint::is_loopback() const {
  boost::system::error_code not_an_address;
  const auto address = boost::asio::ip::make_address(host, not_an_address);
  return not_an_address ? host == "localhost" : address.is_loopback();
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed) {
    return usage_error(fmt::format("--endpoint '{}': not a URL; write it as https://HOST or https://HOST:PORT", text));
  }
  const boost::urls::url_view url = *parsed;
  if (url.scheme() != "https" && url.scheme() != "http") {
    return usage_error(fmt::format("--endpoint '{}': the scheme must be https or http", text));
  }
  if (url.has_userinfo() || url.has_query() || url.has_fragment() ||
      (!url.encoded_path().empty() && url.encoded_path() != "/")) {
    return usage_error(fmt::format(
        "--endpoint '{}': only scheme, host and port belong here; the paths are the operations' own", text));
  }
  Endpoint endpoint;
  endpoint.tls = url.scheme() == "https";
  endpoint.host = url.host_address();
  if (endpoint.host.empty()) return usage_error(fmt::format("--endpoint '{}': the host is missing", text));
  const std::string_view own_port = endpoint.tls ? "443" : "80";
  const std::string port(url.port().data(), url.port().size());
  if (url.has_port() && (url.port_number() == 0)) {
    return usage_error(fmt::format("--endpoint '{}': the port must be a number from 1 to 65535", text));
  }
  endpoint.port = url.has_port() ? std::to_string(url.port_number()) : std::string(own_port);
  endpoint.authority = std::string(url.encoded_host().data(), url.encoded_host().size());
  if (endpoint.port != own_port) endpoint.authority += ":" + endpoint.port;
  return endpoint;
}

}  // namespace koobatch::net
