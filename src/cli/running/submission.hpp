#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/engine/settings.hpp"
#include "koobatch/fleet/ledger.hpp"
#include "koobatch/fleet/loader.hpp"
#include "koobatch/job/source.hpp"
#include "koobatch/report/line_set.hpp"
#include "koobatch/report/reader.hpp"
#include "koobatch/report/record.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

/// Hands a job over to an engine.
namespace koobatch::cli {

/// What an earlier run of the job, which has ended, has left for this one.
struct RunBefore {
  std::filesystem::path report;
  report::Scan scan;
};

struct Submission {
  const job::Source& source;
  const engine::RunSettings& settings;  ///< its selection: the operations to repeat, of a retry
  fleet::RunDescription about;          ///< all but the job and the line of the report
  report::RunRecord record;             ///< of the new report
  std::optional<RunBefore> before;      ///< of which the new report continues; nothing: none
};

/// How many operations are loaded, and how many got a result at once, because they cannot be sent.
struct Submitted {
  std::uint64_t operations = 0;
  std::uint64_t recorded = 0;
};

/// Creates the report, which is the run's handle, and loads the job: workers can begin when this returns. If it fails,
/// no worker ever will, unless the error says that this is uncertain. `interrupted`: polled.
Result<Submitted> submit(const Submission& submission, fleet::Ledger& ledger, const std::function<bool()>& interrupted);

}  // namespace koobatch::cli
