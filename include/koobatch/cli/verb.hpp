#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace koobatch::cli {

enum class Verb : std::uint8_t { run, resume, retry, validate, report, simulate, bench, trace, status, set, generate };

/// A set of verbs, for the options they share.
using Verbs = unsigned;
constexpr Verbs only(Verb verb) {
  return 1U << static_cast<unsigned>(verb);
}
constexpr bool contains(Verbs verbs, Verb verb) {
  return (verbs & only(verb)) != 0;
}

/// Those that go through a job, with a report that can be gone on with.
constexpr Verbs verbs_that_run = only(Verb::run) | only(Verb::resume) | only(Verb::retry);
/// Those that send requests, and so have credentials.
constexpr Verbs verbs_that_send = verbs_that_run | only(Verb::bench);

struct VerbRow {
  Verb verb;
  std::string_view name;
  std::string_view summary;
  std::string_view argument;  ///< its name in the help; empty: takes none
  std::string_view argument_help;
  std::string_view extra_name;  ///< of any number of arguments after the first; empty: none
  std::string_view extra_help;
  std::string_view example;
  std::string_view group = "Other verbs";  ///< heading in the help
};

constexpr std::string_view runs_jobs = "Run jobs";
constexpr std::string_view looks_back = "Look at reports";
constexpr std::string_view tries = "Try and measure";
constexpr std::string_view sets_up = "Set up";

constexpr auto verb_table = std::to_array<VerbRow>({
    {Verb::run, "run", "Validate a job, then execute it, with one result per operation in a report", "JOB",
     "The job file: NDJSON or CSV, also gzip or zstd; - is standard input", "", "",
     "koobatch run jobs/rename.ndjson --endpoint https://HOST --token-file token --user-id 42 --rate 500/s\n"
     "  koobatch run jobs/rename.ndjson --simulate --user-id 42",
     runs_jobs},
    {Verb::resume, "resume", "Go on with a run that was interrupted, stopped or killed", "REPORT",
     "The report of the run; settings are taken from it, and flags win over them", "", "",
     "koobatch resume rename.report.ndjson --rate 200/s", runs_jobs},
    {Verb::retry, "retry", "Repeat what failed in a finished run or is unknown, without undoing what came after it",
     "REPORT", "The report of the run; settings are taken from it, and flags win over them", "", "",
     "koobatch retry rename.report.ndjson --max-attempts 10", runs_jobs},
    {Verb::validate, "validate", "Check every operation of a job, and send nothing", "JOB",
     "The job file: NDJSON or CSV, also gzip or zstd; - is standard input", "", "",
     "koobatch validate jobs/rename.ndjson", runs_jobs},
    {Verb::report, "report", "Summarise the report of a run, or make a job of what did not succeed", "REPORT",
     "The report of a run", "", "",
     "koobatch report rename.report.ndjson --json\n"
     "  koobatch report rename.report.ndjson --failed mend.ndjson",
     looks_back},
    {Verb::simulate, "simulate", "Run the embedded service on a loopback port, with faults on request", "", "", "", "",
     "koobatch simulate --port 8080 --latency 5ms --fault status=503,rate=0.05,retry-after=1", tries},
    {Verb::bench, "bench",
     "Measure throughput and latency with a job that is made up, on the embedded service or another", "", "", "", "",
     "koobatch bench --duration 30s --connections 64\n"
     "  koobatch bench --rate 2000/s --latency 5ms --json\n"
     "  koobatch bench --operations 5000 --rate 50/s --endpoint https://HOST --yes --token-file token --user-id 42 \\\n"
     "    --folder 1757156480072657793 --album 1795607640592646273",
     tries},
    {Verb::trace, "trace", "Tell which operation and attempt a trace ID stands for", "ID",
     "The trace ID: 58 characters, each 0 or 1", "REPORT", "Reports to look the operation up in",
     "koobatch trace 0101011001010110010000000000000000000000000000000100000001 rename.report.ndjson", looks_back},
    {Verb::status, "status", "Tell how a run stands: one that goes on is asked, of others the report is read", "REPORT",
     "The report of the run", "", "",
     "koobatch status rename.report.ndjson\n"
     "  koobatch status rename.report.ndjson --json",
     looks_back},
    {Verb::set, "set", "Change the pace of a run while it goes on, or pause it", "REPORT", "The report of the run", "",
     "",
     "koobatch set rename.report.ndjson --rate 200/s\n"
     "  koobatch set rename.report.ndjson --pause\n"
     "  koobatch set rename.report.ndjson --go",
     runs_jobs},
    {Verb::generate, "generate", "Print the manual page, or what completes the command line in a shell",
     "man|bash|zsh|fish", "What to print", "", "",
     "koobatch generate man | man -l -\n"
     "  source <(koobatch generate bash)\n"
     "  koobatch generate zsh > /usr/local/share/zsh/site-functions/_koobatch\n"
     "  koobatch generate fish > ~/.config/fish/completions/koobatch.fish",
     sets_up},
});

constexpr Verbs every_verb = (1U << verb_table.size()) - 1;

constexpr const VerbRow* verb_named(std::string_view name) {
  for (const auto& row : verb_table) {
    if (row.name == name) return &row;
  }
  return nullptr;
}

constexpr const VerbRow& row_of(Verb verb) {
  return verb_table[static_cast<std::size_t>(verb)];
}

}  // namespace koobatch::cli
