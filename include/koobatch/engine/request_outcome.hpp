#pragma once
#include "koobatch/flow/outcome.hpp"
#include "koobatch/observe/request_counters.hpp"

namespace koobatch::engine {

/// An outcome as metrics show it: fewer kinds, none of which depends on what is done about it.
observe::RequestOutcome request_outcome(const flow::Outcome& outcome);

}  // namespace koobatch::engine
