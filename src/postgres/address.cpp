#include "postgres/address.hpp"

#include "koobatch/core/describe.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace koobatch::postgres {
namespace {

constexpr std::string_view default_port = "5432";
constexpr std::array<std::string_view, 2> schemes = {"postgresql://", "postgres://"};
/// Longer ones are mistakes.
constexpr std::size_t longest_url = 4096;

// Keywords whose values are secret.
constexpr std::array<std::string_view, 3> secret_keywords = {"password", "sslpassword", "oauth_client_secret"};
// What koobatch decides itself.
constexpr std::array<std::string_view, 7> own_keywords = {
    "client_encoding",    "connect_timeout",      "hostaddr",        "replication",
    "load_balance_hosts", "target_session_attrs", "tcp_user_timeout"};
// All others that any version of libpq knows. What is not in these lists is never repeated in a message: it may be the
// rest of a password that contains a '?'.
constexpr std::array<std::string_view, 30> keywords = {"application_name", "channel_binding",
                                                       "dbname",           "fallback_application_name",
                                                       "gssdelegation",    "gssencmode",
                                                       "gsslib",           "host",
                                                       "keepalives",       "keepalives_count",
                                                       "keepalives_idle",  "krbsrvname",
                                                       "options",          "keepalives_interval",
                                                       "passfile",         "port",
                                                       "require_auth",     "requirepeer",
                                                       "service",          "ssl_max_protocol_version",
                                                       "sslcert",          "sslcertmode",
                                                       "sslcompression",   "ssl_min_protocol_version",
                                                       "sslcrl",           "sslcrldir",
                                                       "sslkey",           "sslmode",
                                                       "sslrootcert",      "user"};

Error malformed(std::string_view what) {
  return usage_error(
      fmt::format("the engine's URL {}; it should look like postgresql://user@host1,host2/database", what));
}

Error names_password() {
  return usage_error(
      "the engine's URL contains a password, which other users of this machine could read in the list of processes;"
      " remove it and write it into a passfile that only its owner can read, as a line "
      "host:port:database:user:password");
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

/// Nothing: not percent-encoded properly, or with a zero byte, at which libpq would stop reading.
std::optional<std::string> decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const auto high = hex_digit(text[i + 1]);
      const auto low = hex_digit(text[i + 2]);
      if (!high || !low) return std::nullopt;
      c = static_cast<char>(*high * 16 + *low);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < ' ') return std::nullopt;
    decoded.push_back(c);
  }
  return decoded;
}

/// Cuts off what precedes `separator`, which is removed; all of it if there is none.
std::string_view cut(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const std::string_view before = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return before;
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port >= 1 && port <= 65535;
}

Result<Host> parse_host(std::string_view text) {
  std::string_view name = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return malformed("has an address without its closing ']'");
    name = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!port.empty() && !port.starts_with(':')) return malformed("has something other than a port after ']'");
    if (!port.empty()) port.remove_prefix(1);
  } else {
    name = cut(port = text, ':');
  }
  const auto decoded = decode(name);
  if (!decoded) return malformed("has a host that is not percent-encoded properly");
  if (decoded->find(',') != std::string::npos) return malformed("has an encoded comma in a host");
  if (!port.empty() && !is_port(port)) return malformed("has a port that is not a number from 1 to 65535");
  return Host{*decoded, std::string(port)};
}

Result<std::vector<Host>> parse_hosts(std::string_view text) {
  std::vector<Host> hosts;
  while (!text.empty()) {
    auto host = parse_host(cut(text, ','));
    if (!host) return host.error();
    hosts.push_back(std::move(*host));
  }
  return hosts;
}

Result<void> parse_user(std::string_view text, Address& address) {
  // Before anything else that could fail and be reported.
  if (text.find(':') != std::string_view::npos) return names_password();
  const auto user = decode(text);
  if (!user || user->empty()) return malformed("has a user that is empty or not percent-encoded properly");
  address.settings["user"] = *user;
  return {};
}

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

Result<void> parse_settings(std::string_view text, Address& address) {
  while (!text.empty()) {
    std::string_view value = cut(text, '&');
    const auto keyword = decode(cut(value, '='));
    if (keyword && contains(secret_keywords, *keyword)) return names_password();
    const auto decoded = decode(value);
    if (!keyword || keyword->empty() || !decoded) {
      return malformed("has a setting that is empty or not percent-encoded properly");
    }
    if (contains(own_keywords, *keyword)) {
      return malformed(fmt::format("must not set '{}', which koobatch chooses itself", *keyword));
    }
    if (!contains(keywords, *keyword)) return malformed("has a setting after '?' that libpq does not know");
    if (!address.settings.emplace(*keyword, *decoded).second) {
      return malformed(fmt::format("sets '{}' twice", *keyword));
    }
  }
  return {};
}

/// Hosts and ports given as settings: "?host=/run/postgresql&port=5433".
Result<void> take_host_settings(Address& address) {
  auto& settings = address.settings;
  std::string ports;
  if (const auto port = settings.extract("port")) ports = port.mapped();
  if (const auto host = settings.extract("host")) {
    if (!address.hosts.empty()) return malformed("names hosts twice, before the path and as a setting");
    std::string_view rest = host.mapped();
    while (!rest.empty()) address.hosts.push_back({std::string(cut(rest, ',')), {}});
  }
  std::string_view rest = ports;
  for (Host& host : address.hosts) {
    const std::string_view port = ports.find(',') == std::string::npos ? ports : cut(rest, ',');
    if (port.empty()) continue;
    if (!host.port.empty()) return malformed("names ports twice, after the hosts and as a setting");
    if (!is_port(port)) return malformed("has a port that is not a number from 1 to 65535");
    host.port = port;
  }
  return {};
}

bool stays_on_this_machine(const Host& host) {
  return is_socket(host) || host.name == "localhost" || host.name == "::1" ||
         (host.name.starts_with("127.") && host.name.find_first_not_of("0123456789.") == std::string::npos);
}

/// Anyone who can pose as the server learns the operations, and decides which results count.
Result<void> demand_verified_tls(Address& address) {
  const bool local = !address.hosts.empty() && std::ranges::all_of(address.hosts, stays_on_this_machine);
  const auto mode = address.settings.find("sslmode");
  if (mode == address.settings.end()) {
    if (!local) address.settings["sslmode"] = "verify-full";
    return {};
  }
  if (local || mode->second == "verify-full") return {};
  return usage_error(fmt::format(
      "the engine's URL sets sslmode={}, with which another machine could pose as the database; leave it out or set"
      " sslmode=verify-full, and name the certificate authority's file with sslrootcert=FILE",
      quote(mode->second)));
}

Result<std::string_view> without_scheme(std::string_view url) {
  if (url.size() > longest_url) return malformed("is too long");
  for (const std::string_view scheme : schemes) {
    if (url.starts_with(scheme)) return url.substr(scheme.size());
  }
  return malformed("does not begin with postgresql://");
}

void complete(Address& address, std::string_view default_host) {
  if (address.hosts.empty() && !address.settings.contains("service")) {
    address.hosts.push_back({std::string(default_host), {}});
  }
  for (Host& host : address.hosts) {
    if (host.name.empty()) host.name = default_host;
    if (host.port.empty()) host.port = default_port;
  }
  // Negotiating Kerberos encryption asks other servers, and waits for them.
  address.settings.emplace("gssencmode", "disable");
}

}  // namespace

bool is_socket(const Host& host) {
  return host.name.starts_with('/') || host.name.starts_with('@');
}

Result<Address> parse_address(const fleet::LedgerAddress& given, std::string_view default_host) {
  const auto url = without_scheme(given.url);
  if (!url) return url.error();
  std::string_view settings = *url;
  std::string_view path = cut(settings, '?');
  std::string_view authority = cut(path, '/');
  Address address;
  // The last one: a password may contain an '@' that should have been encoded.
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    if (auto user = parse_user(authority.substr(0, at), address); !user) return user.error();
    authority.remove_prefix(at + 1);
  }
  if (auto read = parse_settings(settings, address); !read) return read.error();
  auto hosts = parse_hosts(authority);
  if (!hosts) return hosts.error();
  address.hosts = std::move(*hosts);
  if (auto taken = take_host_settings(address); !taken) return taken.error();
  const auto database = decode(path);
  if (!database) return malformed("has a database that is not percent-encoded properly");
  if (!database->empty() && !address.settings.emplace("dbname", *database).second) {
    return malformed("names the database twice");
  }
  if (!given.passfile.empty()) address.settings["passfile"] = given.passfile;
  complete(address, default_host);
  if (auto safe = demand_verified_tls(address); !safe) return safe.error();
  return address;
}

}  // namespace koobatch::postgres
