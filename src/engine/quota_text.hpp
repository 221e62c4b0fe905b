#pragma once
#include "koobatch/core/declared_quota.hpp"

#include <string>

namespace koobatch::engine {

/// A message about the quotas a service declares: "300 requests in 1 s, 10 of each user in 1 s". Empty if there is no
/// limit.
std::string describe(const DeclaredQuotas& quotas);

}  // namespace koobatch::engine
