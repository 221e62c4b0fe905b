#pragma once
#include "koobatch/sim/throttle_settings.hpp"
#include "sim/throttle.hpp"

#include <string>

/// How the service declares its quotas.
namespace koobatch::sim {

/// Appends the header lines in which `settings` declare the quota, each with its line break; none if it is declared
/// elsewhere. `debug`: whether the request has X-Apig-Mode: debug. `now`: when the quota was in that state.
void append_quota_fields(std::string& out, const ThrottleSettings& settings, const QuotaState& quota, bool debug,
                         WallTime now);

/// Appends the body of a refusal. Precondition: the verdict is a refusal.
void append_refusal_body(std::string& out, const ThrottleSettings& settings, const Throttle::Verdict& verdict);

}  // namespace koobatch::sim
