#pragma once
#include "koobatch/report/tally.hpp"

#include <string_view>

namespace koobatch::report {

/// What a person can do about operations of this status; empty for `succeeded`.
std::string_view advice(Status status);

/// What the answer tells beyond that; empty if nothing.
std::string_view advice(const Cause& cause);

}  // namespace koobatch::report
