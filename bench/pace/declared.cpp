#include "pace/declared.hpp"

#include "pace/timeline.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

// The only place in the scoreboard that knows how an outcome represents the limits that a service declares.
#if __has_include("koobatch/core/declared_quota.hpp")
#include "koobatch/core/declared_quota.hpp"

namespace koobatch::pace_bench {

bool can_declare() {
  return true;
}

void declare(const Declared& declared, DeclarationSpec::Form form, bool of_user, koodrive::Outcome& out) {
  using Form = DeclarationSpec::Form;
  const auto count = [](double value) {
    return static_cast<std::uint32_t>(std::clamp<double>(std::floor(value), 0, DeclaredQuota::max_count));
  };
  DeclaredQuota quota;
  quota.scope = of_user ? DeclaredQuota::Scope::user : DeclaredQuota::Scope::everybody;
  quota.limit = std::max<std::uint32_t>(1, count(declared.limit));
  if (form != Form::limit) {
    quota.remaining = std::min(*quota.limit, count(declared.remaining));
    // Headers state it in whole seconds.
    quota.reset = from_seconds(std::ceil(declared.reset));
  }
  if (form != Form::remaining) {
    quota.window = from_seconds(declared.window);
    if (quota.reset) quota.reset = std::min(*quota.reset, *quota.window);
  }
  out.quotas.add(quota);
}

}  // namespace koobatch::pace_bench

#else

namespace koobatch::pace_bench {

bool can_declare() {
  return false;
}

void declare(const Declared&, DeclarationSpec::Form, bool, koodrive::Outcome&) {}

}  // namespace koobatch::pace_bench
#endif
