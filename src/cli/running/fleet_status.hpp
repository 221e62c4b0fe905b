#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/fleet/ledger.hpp"
#include "koobatch/report/record.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// The state of a run on many machines, in words and as JSON. Foreign text in it is harmless to a terminal.
namespace koobatch::cli {

struct FleetStatus {
  std::string report;  ///< as given
  fleet::Survey survey;
  std::vector<fleet::PartRow> parts;
  fleet::LedgerProperties engine;

  /// The results that the engine has.
  report::Counts counts() const;
  std::uint64_t requests() const;
  /// Requests a second, of all workers together.
  double rate_now() const;
  /// How long the rest takes at this rate; nothing if nobody is at work.
  std::optional<Duration> time_left() const;
};

/// The lines of `status`, the first of which names the report.
std::vector<std::string> status_lines(const FleetStatus& status);
std::string status_json(const FleetStatus& status);

}  // namespace koobatch::cli
