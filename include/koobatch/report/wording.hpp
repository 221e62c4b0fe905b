#pragma once
#include "koobatch/report/summary.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// The wording of a summary, on a terminal and on a page. Foreign text in it is harmless to a terminal.
namespace koobatch::report {

enum class Verdict { good, warning, bad };

struct Headline {
  Verdict verdict = Verdict::good;
  std::string_view sign;  ///< one character with the same meaning
  std::string text;
};
Headline headline(const Summary& summary);

/// What a summary suggests to do about the run as a whole.
enum class Suggestion {
  none,
  watch,       ///< it is running
  resume,      ///< with the bare command
  heed_error,  ///< the error says how to continue; the bare command would end in the same error
  retry,
  verify,        ///< once more: it only read what another run had changed
  export_again,  ///< with the command that began it, and its settings
  collect,       ///< what the workers of its engine have recorded since
  submit_rest,   ///< to the engine, because the run has ended
};
Suggestion suggestion(const Summary& summary);
/// What does the rest of a run with this report. An export is continued by the command that began it, and what only
/// reads another run's changes begins anew. If the run belongs to an engine, what fetches the results of the rest.
NextStep continuation(const RunRecord& run, const std::string& report);
/// What does the rest of a run that belongs to an engine and has ended.
NextStep submission_of_rest(const std::string& report);

/// All operations of the run, finished or not.
std::uint64_t total_of(const Counts& counts);

/// "1,234 operations"
std::string counted(std::uint64_t number, std::string_view noun);
/// "0.84 s", "12.3 s", "2 min 05 s", "1 h 02 min": three significant digits.
std::string duration_text(double seconds);
/// "0.84 ms", "12.3 ms", "1.23 s"
std::string latency_text(Duration latency);
/// Rounded, but 100% and 0% only for all and nothing.
std::string percent_text(std::uint64_t part, std::uint64_t whole);
/// "2026-11-21 17:00:00 UTC"
std::string time_text(WallTime time);
/// "12.3" or "1,234" operations a second; empty if unknown.
std::string pace_number(const Summary& summary);
/// "https://a.example, then https://b.example"
std::string endpoints_text(const Summary& summary);
/// "1,046, 46 retries"
std::string requests_text(const Summary& summary);
/// "998 of 1,000 (1 gone, 1 unreadable)": of how many changes the report says what the items were before.
std::string captures_text(const CaptureCounts& captures);
/// "slowed down 3 times, 1 pause, 1 outage, in the end at most 140/s"; empty if there were none, and nothing was found.
std::string pace_text(const PaceCounts& pace, const PaceFindings& found);
/// For a summary with doubtful results: how many, why, and what to do.
std::string doubt_text(const Summary& summary);
/// "1a2b3c4d5e6f, digest 0123456789ab": its identifier, and the digits of its digest that people compare.
std::string plan_text(const PlanRecord& plan);
/// "HTTP 400, code 13000405: name already used"
std::string cause_text(const Cause& cause);

}  // namespace koobatch::report
