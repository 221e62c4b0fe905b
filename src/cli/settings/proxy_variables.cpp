#include "cli/settings/proxy_variables.hpp"

#include <boost/algorithm/string/predicate.hpp>

#include <algorithm>
#include <array>

namespace koobatch::cli {
namespace {

constexpr std::array<std::string_view, 8> variables = {"https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY",
                                                       "all_proxy",   "ALL_PROXY",   "no_proxy",   "NO_PROXY"};

std::string_view value_of(const Environment& environment, std::string_view name) {
  const auto found = environment.find(std::string(name));
  return found == environment.end() ? std::string_view() : std::string_view(found->second);
}

/// Whether an entry of no_proxy means the endpoint: "*", a host, a domain with or without a leading dot, each perhaps
/// with a port.
bool means(std::string_view entry, const http::Endpoint& endpoint) {
  if (entry == "*") return true;
  const std::string_view port = endpoint.port;
  if (entry.ends_with(port) && entry.substr(0, entry.size() - port.size()).ends_with(':')) {
    entry.remove_suffix(port.size() + 1);
  }
  while (entry.starts_with('.') || entry.starts_with('[')) entry.remove_prefix(1);
  while (entry.ends_with(']')) entry.remove_suffix(1);
  if (entry.empty() || !boost::algorithm::iends_with(endpoint.host, entry)) return false;
  return entry.size() == endpoint.host.size() || endpoint.host[endpoint.host.size() - entry.size() - 1] == '.';
}

bool needs_none(std::string_view no_proxy, const http::Endpoint& endpoint) {
  while (!no_proxy.empty()) {
    const auto end = std::min(no_proxy.find_first_of(", "), no_proxy.size());
    if (means(no_proxy.substr(0, end), endpoint)) return true;
    no_proxy.remove_prefix(std::min(end + 1, no_proxy.size()));
  }
  return false;
}

}  // namespace

bool is_proxy_variable(std::string_view name) {
  return std::ranges::find(variables, name) != variables.end();
}

std::string unused_proxy(const Environment& environment, const http::Endpoint& endpoint) {
  if (endpoint.is_loopback()) return {};
  for (const std::string_view name : {"no_proxy", "NO_PROXY"}) {
    if (needs_none(value_of(environment, name), endpoint)) return {};
  }
  const std::array<std::string_view, 4> names = {endpoint.tls ? "https_proxy" : "http_proxy",
                                                 endpoint.tls ? "HTTPS_PROXY" : "HTTP_PROXY", "all_proxy", "ALL_PROXY"};
  const auto found = std::ranges::find_if(names, [&](auto name) { return !value_of(environment, name).empty(); });
  return found == names.end() ? std::string() : std::string(*found);
}

}  // namespace koobatch::cli
