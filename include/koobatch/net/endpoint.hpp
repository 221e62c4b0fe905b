#pragma once
#include "koobatch/core/error.hpp"

#include <string>
#include <string_view>

namespace koobatch::net {

/// Where the service is: scheme, host and port, nothing else.
struct Endpoint {
  bool tls = true;
  std::string host;       ///< name or address, IPv6 without brackets
  std::string port;       ///< decimal
  std::string authority;  ///< as the Host header carries it: the port only if it is not the scheme's own

  /// "https://host[:port]", for messages and the report.
  std::string url() const { return std::string(tls ? "https://" : "http://") + authority; }
  /// Is the host a loopback address, or the name localhost?
  bool is_loopback() const;
};

/// Reads "https://host[:port]". Anything more (a path, a query, user information) is a usage error that says so.
Result<Endpoint> parse_endpoint(std::string_view url);
/// The same for the proxy in --proxy: "http://host:port", with the port, for nobody agrees on one. Passwords do not
/// belong on a command line.
Result<Endpoint> parse_proxy(std::string_view url);

/// A URL for messages: without what may be a password.
std::string without_password(std::string_view url);

}  // namespace koobatch::net
