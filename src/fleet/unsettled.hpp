#pragma once
#include "koobatch/fleet/ledger.hpp"

#include <cstdint>
#include <functional>
#include <vector>

namespace koobatch::fleet {

/// The lines without a result of which an attempt may have been applied, although the run has ended: those in chunks
/// that some worker was given and has not settled. Ascending. `has_result`: whether the line has one.
Answer<std::vector<std::uint32_t>> unsettled_lines(Ledger& ledger, RunNumber run,
                                                   const std::function<bool(std::uint32_t)>& has_result);

}  // namespace koobatch::fleet
