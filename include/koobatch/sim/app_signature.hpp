#pragma once
#include "koobatch/auth/app_key.hpp"
#include "koobatch/sim/request.hpp"

#include <string>
#include <string_view>

namespace koobatch::sim {

/// Does the header's value claim to be an app signature, rather than a token?
bool is_app_signature(std::string_view authorization);

/// What is wrong with the app signature of a request that has one; empty if it is right. Made from the request as it
/// was parsed and with no part of the client's code for it, so that each is a check of the other.
std::string refusal_of_signature(const Request& request, const auth::AppKey& app);

}  // namespace koobatch::sim
