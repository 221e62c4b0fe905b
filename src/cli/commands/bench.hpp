#pragma once
#include "cli/commands/command.hpp"
#include "cli/running/bench_result.hpp"
#include "cli/settings/shared_settings.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/job/synthetic.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <tuple>
#include <vector>

namespace koobatch::cli {

/// The settings of `bench`.
struct BenchSettings {
  Presentation presentation;
  Sending sending;
  JsonOutput output;
  bool confirmed = false;
  std::string report;  ///< FILE or DIR/; empty: a temporary report
  Duration duration = std::chrono::seconds(10);
  std::uint64_t operations = 0;  ///< 0: `duration` is the limit
  std::vector<std::string> folders;
  std::vector<std::string> albums;
  double rate = 0;  ///< requests a second; 0: no limit

  auto parts() { return std::tie(presentation, sending, output); }
};

/// What `bench` executes.
struct BenchPlan {
  engine::RunSettings run;  ///< `report` is empty for a temporary one
  job::SyntheticJob job;
  Duration duration{};  ///< 0: until all operations are done
};

/// Checks that the settings of `bench` are consistent, and completes them. All errors are usage errors.
Result<BenchPlan> prepare_bench(const BenchSettings& given, const Call& call, WallTime now);

}  // namespace koobatch::cli
