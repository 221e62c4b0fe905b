#include "koobatch/http/endpoint.hpp"

#include "koobatch/core/ascii.hpp"
#include "koobatch/core/spelling.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url_view.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>

namespace koobatch::http {
namespace {

Error unusable(std::string_view origin, std::string_view url, std::string_view why) {
  return usage_error(fmt::format("{} '{}': {}", origin, without_password(url), why));
}

constexpr std::string_view port_rule = "the port must be a number from 1 to 65535";

/// Parsed from the digits: Boost.URL's own number wraps around.
std::optional<std::uint16_t> port_of(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0) return std::nullopt;
  return port;
}

/// Whether the text is like "https://host:abc", which Boost.URL takes for an empty port and a path.
bool has_wordy_port(std::string_view text) {
  const auto scheme = text.find("://");
  if (scheme == std::string_view::npos) return false;
  std::string_view place = text.substr(scheme + 3);
  place = place.substr(0, place.find_first_of("/?#"));
  place.remove_prefix(place.rfind('@') + 1);
  if (place.starts_with('[')) place.remove_prefix(std::min(place.find(']'), place.size()));
  const auto colon = place.find(':');
  if (colon == std::string_view::npos || colon != place.rfind(':')) return false;
  return !std::all_of(place.begin() + static_cast<std::ptrdiff_t>(colon) + 1, place.end(), is_digit);
}

bool is_visible_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

/// `origin`: where the URL comes from; `pattern`: its expected form.
Result<Endpoint> parse(std::string_view origin, std::string_view text, std::string_view pattern) {
  if (has_wordy_port(text)) return unusable(origin, text, port_rule);
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  if (!parsed || (!parsed->encoded_path().empty() && !parsed->encoded_path().starts_with('/'))) {
    return unusable(origin, text, fmt::format("not a URL; write it as {}", pattern));
  }
  const boost::urls::url_view url = *parsed;
  if (url.scheme_id() != boost::urls::scheme::https && url.scheme_id() != boost::urls::scheme::http) {
    return unusable(origin, text, "the scheme must be https or http");
  }
  if (url.has_userinfo() || url.has_query() || url.has_fragment() ||
      (!url.encoded_path().empty() && url.encoded_path() != "/")) {
    return unusable(origin, text, "only scheme, host and port belong here; the paths are the operations' own");
  }
  Endpoint endpoint;
  endpoint.tls = url.scheme_id() == boost::urls::scheme::https;
  endpoint.host = url.host_address();
  if (endpoint.host.empty()) return unusable(origin, text, "the host is missing");
  // An escaped NUL would end the name for the resolver and for TLS, but not for us.
  if (!is_visible_ascii(endpoint.host)) {
    return unusable(origin, text,
                    "the host is neither a name nor an address; write a name in other letters in its ASCII form");
  }
  const std::string_view own_port = endpoint.tls ? "443" : "80";
  const auto port = port_of(url.has_port() ? std::string_view(url.port().data(), url.port().size()) : own_port);
  if (!port) return unusable(origin, text, port_rule);
  endpoint.port = std::to_string(*port);
  endpoint.authority = std::string(url.encoded_host().data(), url.encoded_host().size());
  if (endpoint.port != own_port) endpoint.authority += ":" + endpoint.port;
  return endpoint;
}

}  // namespace

bool Endpoint::is_loopback() const {
  boost::system::error_code not_an_address;
  const auto address = boost::asio::ip::make_address(host, not_an_address);
  return not_an_address ? boost::algorithm::iequals(host, "localhost") : address.is_loopback();
}

Result<Endpoint> parse_endpoint(std::string_view text) {
  return parse(spell(SettingName::endpoint), text, "https://HOST or https://HOST:PORT");
}

Result<Endpoint> parse_proxy(std::string_view text) {
  const std::string origin = spell(SettingName::proxy);
  if (text.find('@') != std::string_view::npos) {
    return unusable(origin, text,
                    "user names and passwords do not belong here, and a proxy that asks for them is not supported");
  }
  if (!boost::algorithm::istarts_with(text, "http://")) {
    return unusable(
        origin, text,
        "write it as http://HOST:PORT; the connection through it to an https:// endpoint is encrypted nevertheless");
  }
  auto proxy = parse(origin, text, "http://HOST:PORT");
  if (!proxy) return proxy;
  const auto port = text.substr(0, text.find_last_not_of('/') + 1).rfind(':');
  const auto bracket = text.rfind(']');
  const bool has_port = port > text.find("://") && (bracket == std::string_view::npos || port > bracket);
  if (!has_port) return unusable(origin, text, "the port is missing; write it as http://HOST:PORT");
  return proxy;
}

std::optional<Endpoint> place_of(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return std::nullopt;
  const auto place = parse("the target", url.substr(0, url.find_first_of("/?#\\", scheme + 3)), "https://HOST");
  return place ? std::optional(*place) : std::nullopt;
}

std::string without_password(std::string_view url) {
  const auto at = url.rfind('@');
  if (at == std::string_view::npos) return std::string(url);
  const auto scheme = url.find("://");
  const auto from = scheme == std::string_view::npos || scheme > at ? 0 : scheme + 3;
  return fmt::format("{}***{}", url.substr(0, from), url.substr(at));
}

}  // namespace koobatch::http
