#pragma once
#include "koobatch/auth/app_key.hpp"
#include "sim/request.hpp"

#include <string>
#include <string_view>

namespace koobatch::sim {

/// Whether the header's value claims to be an app signature rather than a token.
bool is_app_signature(std::string_view authorization);

/// What is wrong with the app signature of a request that has one; empty if it is right. Computed from the parsed
/// request, without any of the client's signature code, so that each checks the other.
std::string refusal_of_signature(const Request& request, const auth::AppKey& app);

}  // namespace koobatch::sim
