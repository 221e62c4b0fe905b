#pragma once
#include "koobatch/engine/run.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/observe/snapshot.hpp"

#include <string>

namespace koobatch::cli {

/// The result of a benchmark, rendered for people and for programs.
struct BenchResult {
  const engine::RunSettings& settings;
  const engine::RunResult& run;
  observe::Snapshot counters;
  bool interrupted = false;  ///< by a signal, before the benchmark was complete

  /// Completed, even if time ended it before all its operations were sent.
  report::Outcome outcome() const;
  /// Whether anything was sent and all of it succeeded.
  bool succeeded() const;
};

/// A few lines, ending in a newline. Text from the service is made harmless to a terminal.
std::string bench_text(const BenchResult& result);
/// One line of JSON with `"schema":1`, without a newline. Text from the service is made harmless to a terminal.
std::string bench_json(const BenchResult& result);

}  // namespace koobatch::cli
