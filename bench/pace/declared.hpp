#pragma once
#include "koobatch/koodrive/outcome.hpp"
#include "pace/limiter.hpp"
#include "pace/service_spec.hpp"

namespace koobatch::pace_bench {

/// Whether an outcome can represent what a service declares. If not, the rows about that are left out.
bool can_declare();

/// Stores what the service declared in an outcome, as if read from the answer's headers.
void declare(const Declared& declared, DeclarationSpec::Form form, bool of_user, koodrive::Outcome& out);

}  // namespace koobatch::pace_bench
