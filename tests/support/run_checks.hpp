#pragma once
#include "service.hpp"

#include <cstddef>
#include <string>

namespace koobatch::test {

/// Checks that every operation of the job has exactly one result, and that all are `succeeded`.
void check_results(const std::string& report, std::size_t operations);

/// Checks the promises about results and order from outside: every operation of the job has exactly one result, all
/// `succeeded`; the service holds the last value of every key; no request on a key arrived after a newer operation's;
/// no two requests share a trace ID. Ends the service. `log` is the simulator's.
void check_nothing_lost_doubled_or_reordered(Service& service, const std::string& log, const std::string& report,
                                             const GeneratedJob& job, std::size_t operations);

}  // namespace koobatch::test
