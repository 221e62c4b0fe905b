#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/fleet/ledger.hpp"
#include "koobatch/report/fleet_record.hpp"
#include "koobatch/report/line_set.hpp"
#include "koobatch/report/reader.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

namespace koobatch::fleet {

/// By enrolment (report::enrolment_key), the last group whose results are in a report.
using Cursors = std::map<std::string, GroupNumber>;

/// What a report holds of a run on many machines.
struct Collected {
  report::Scan scan;
  Cursors cursors;
  std::map<std::string, report::WorkerRecord> workers;  ///< by key
  /// Lines with results that no cursor covers: the process was killed before it could record one, and finds them again.
  report::LineSet uncovered;
};

/// Reads a report. Errors as in report::scan(), and a usage error if the run is not one of many machines.
Result<Collected> read_collected(const std::filesystem::path& path);
/// Reads the bytes returned by `read`; `name` is for the messages.
Result<Collected> read_collected(const std::string& name, const report::ReadSome& read);

}  // namespace koobatch::fleet
