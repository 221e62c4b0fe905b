#pragma once
#include "koobatch/koodrive/outcome.hpp"
#include "pace/service.hpp"

namespace koobatch::pace_bench {

/// Fills `out` with what the classifier makes of such a reply.
void make_outcome(const Reply& reply, DeclarationSpec::Form form, koodrive::Outcome& out);
/// Fills `out` for a connection that was refused.
void make_unopened(koodrive::Outcome& out);

}  // namespace koobatch::pace_bench
