#pragma once
#include "cli/settings/setting.hpp"
#include "koobatch/http/endpoint.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace koobatch::cli {

/// Whether the environment variable tells other programs which proxy to use, or for which hosts none.
bool is_proxy_variable(std::string_view name);

/// The variable that names a proxy through which other programs would reach the endpoint; empty: none does. koobatch
/// itself uses only --proxy.
std::string unused_proxy(const Environment& environment, const http::Endpoint& endpoint);

}  // namespace koobatch::cli
