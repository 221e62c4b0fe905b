#pragma once
#include "koobatch/report/tally.hpp"

#include <string>
#include <string_view>

namespace koobatch::report {

/// What to do about operations of this status. `verifies`: in a run that only reads what another one has changed.
std::string_view advice(Status status, bool verifies);

/// Further advice based on the answer; empty if there is none.
std::string advice(const Cause& cause);

}  // namespace koobatch::report
