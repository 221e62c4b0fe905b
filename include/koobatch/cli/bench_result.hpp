#pragma once
#include "koobatch/engine/run.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/observe/snapshot.hpp"

#include <string>

namespace koobatch::cli {

/// What a benchmark came to, for people and for programs.
struct BenchResult {
  const engine::RunSettings& settings;
  const engine::RunResult& run;
  observe::Snapshot counters;
  bool interrupted = false;  ///< by a signal, before its time or its operations were over

  /// Completed, also when its time is over though some of its operations are left.
  report::Outcome outcome() const;
  /// Was anything sent, and has all of it succeeded?
  bool succeeded() const;
};

/// In a few lines, ending in a newline. All that came from the service is harmless to a terminal.
std::string bench_text(const BenchResult& result);
/// One line of JSON with `"schema":1`, without a newline. As harmless.
std::string bench_json(const BenchResult& result);

}  // namespace koobatch::cli
