#include "engine/quota_text.hpp"

#include "koobatch/core/units.hpp"

#include <fmt/format.h>

namespace koobatch::engine {

std::string describe(const DeclaredQuotas& quotas) {
  std::string text;
  for (const DeclaredQuota& quota : quotas) {
    if (!quota.limit) continue;
    if (!text.empty()) text += ", ";
    text += count_of(*quota.limit, "request");
    if (quota.scope == DeclaredQuota::Scope::user) text += " of each user";
    if (quota.window) text += fmt::format(" in {:g} s", seconds(*quota.window));
  }
  return text;
}

}  // namespace koobatch::engine
