#pragma once
#include "koobatch/koodrive/outcome.hpp"
#include "koobatch/observe/request_counters.hpp"

namespace koobatch::engine {

/// Maps a verdict to the fewer kinds that metrics distinguish, which do not depend on how it is handled.
observe::RequestOutcome request_outcome(koodrive::Verdict verdict, int http);

}  // namespace koobatch::engine
