#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::postgres {

/// A host to try, as the URL names it.
struct Host {
  std::string name;  ///< a name, an address, or the folder of a socket
  std::string port;

  bool operator==(const Host&) const = default;
};
/// Whether it is the folder of a socket.
bool is_socket(const Host& host);

/// What a URL says, checked. libpq gets these parts, never the URL, so it reads what was checked.
struct Address {
  std::vector<Host> hosts;                      ///< empty: a service file says where
  std::map<std::string, std::string> settings;  ///< libpq's keywords, without host and port
};

/// Reads "postgresql://user@host:port,host:port/database?keyword=value". `default_host`: for a URL without a host. The
/// connection is verified TLS, unless it stays on this machine. Errors (usage) never repeat a part of the URL that may
/// be secret.
Result<Address> parse_address(const fleet::LedgerAddress& address, std::string_view default_host);

}  // namespace koobatch::postgres
