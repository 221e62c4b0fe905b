#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/fleet/collection.hpp"
#include "koobatch/fleet/collector.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <filesystem>
#include <functional>
#include <string>

/// Fetches the results of a run on many machines from its engine.
namespace koobatch::cli {

/// Creates a report for a run of which another machine has the first one. Errors are those of
/// report::create_report(), and a usage error if the run was submitted by a version that did not say how.
Result<void> create_further_report(const std::filesystem::path& path, fleet::Ledger& ledger, fleet::RunNumber run);

/// Collects into the report, see fleet::Collection, and prints what happens. `interrupted`: polled.
Result<fleet::CollectionEnd> collect_into(const std::filesystem::path& report, fleet::Ledger& ledger,
                                          fleet::RunNumber run, bool follow, const std::function<bool()>& interrupted);

}  // namespace koobatch::cli
