#pragma once
#include "koobatch/core/error.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace koobatch::http {

/// Where the service is: scheme, host and port, nothing else.
struct Endpoint {
  bool tls = true;
  std::string host;       ///< name or address, IPv6 without brackets
  std::string port;       ///< decimal
  std::string authority;  ///< value of the Host header: includes the port only if it is not the scheme's default

  /// "https://host[:port]", for messages and the report.
  std::string url() const { return std::string(tls ? "https://" : "http://") + authority; }
  /// Whether the host is a loopback address or the name localhost.
  bool is_loopback() const;
};

/// Parses "https://host[:port]". Anything more (a path, a query, user information) is a usage error that says so.
Result<Endpoint> parse_endpoint(std::string_view url);
/// Parses the proxy given by --proxy: "http://host:port". The port is required, because there is no common default. A
/// password is an error: it does not belong on a command line.
Result<Endpoint> parse_proxy(std::string_view url);

/// Where an absolute http or https URL leads, whatever its path; nothing if the text is not one, or holds user
/// information.
std::optional<Endpoint> place_of(std::string_view url);

/// A URL for messages, without a password.
std::string without_password(std::string_view url);

}  // namespace koobatch::http
