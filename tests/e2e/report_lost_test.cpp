// What happens to a report during its run: the run notices, stops before anything more is sent, and says what
// happened, what is left and what to do; what it says then works.
#include "contains.hpp"
#include "preload.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include "handed_over.hpp"
#include "koobatch/core/units.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <thread>

using namespace koobatch::test;

namespace {

namespace fs = std::filesystem;

constexpr std::size_t operations = 30;
constexpr std::size_t fatal_request = 12;  ///< while it is in flight, something happens to the report

/// All of one folder, so that each is sent only when the result of the one before is durable.
std::string chain(std::size_t count) {
  std::string job;
  for (std::size_t i = 1; i <= count; ++i) {
    job += fmt::format(R"({{"op":"rename_shared_folder","id":"1757156480072657793","fileName":"v{}"}})", i) + "\n";
  }
  return job;
}

std::vector<Reply> replies(std::function<void()> act, Reply answer = {success()}) {
  std::vector<Reply> all(fatal_request - 1, Reply{success()});
  answer.before = std::move(act);
  all.push_back(std::move(answer));
  return all;
}

/// A run in which something happens to the report, when all results but one are durable.
struct Incident {
  explicit Incident(std::function<void(Incident&)> act, Reply answer = {success()})
      : server(replies([this, act = std::move(act)] { act(*this); }, std::move(answer))) {
    fs::create_directory(folder);
    workspace.write("job.ndjson", chain(operations));
  }

  std::vector<std::string> command(std::vector<std::string> more = {}) const {
    std::vector<std::string> words = {KOOBATCH_BINARY,
                                      "run",
                                      workspace.path("job.ndjson"),
                                      "--endpoint",
                                      server.url(),
                                      "--token-env",
                                      "TOKEN",
                                      "--user-id",
                                      "7",
                                      "--report",
                                      report,
                                      "--metrics-file",
                                      workspace.path("prom"),
                                      "--progress",
                                      "none",
                                      "--on-complete",
                                      fmt::format("sh -c 'env >{}'", workspace.path("env"))};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  Finished run(std::vector<std::string> more = {}) {
    Process process(command(std::move(more)), {{"TOKEN", "secret"}});
    return process.wait();
  }
  Finished resume(const std::string& path) const {
    return run_koobatch({"resume", path, "--progress", "none"}, {{"TOKEN", "secret"}});
  }

  std::string variable(const std::string& name) const {
    std::ifstream file(workspace.path("env"));
    for (std::string line; std::getline(file, line);) {
      if (line.starts_with(name + "=")) return line.substr(name.size() + 1);
    }
    return "missing";
  }

  /// The run was stopped because of `what`, says so everywhere, and claims no more than `recorded` results.
  void check_stopped(const Finished& finished, std::string_view what, std::size_t recorded) const {
    BOOST_TEST(finished.status == 5, finished.status << ": " << finished.err);
    BOOST_TEST(server.requests() == fatal_request);
    BOOST_TEST(contains(finished.err, report + ": "), finished.err);
    BOOST_TEST(contains(finished.err, what), what << " is not in " << finished.err);
    BOOST_TEST(contains(finished.err, "nothing more is sent"), finished.err);
    BOOST_TEST(contains(finished.err, fmt::format("; {} result{} that were counted are not in the report",
                                                  fatal_request - recorded, fatal_request - recorded == 1 ? "" : "s")),
               finished.err);
    const auto headline = fmt::format("Stopped, the report was lost: {} of {} operations recorded, {} counted only",
                                      recorded, operations, fatal_request - recorded);
    BOOST_TEST(contains(finished.out, headline), headline << " is not in " << finished.out);
    BOOST_TEST(contains(finished.out, what), finished.out);
    BOOST_TEST(contains(finished.out, report + " (lost)"), finished.out);
    BOOST_TEST(!contains(finished.out, "All "), finished.out);
    BOOST_TEST(!contains(finished.out, "resume with"), finished.out);
    BOOST_TEST(variable("KOOBATCH_OUTCOME") == "aborted");
    BOOST_TEST(variable("KOOBATCH_EXIT_STATUS") == "5");
    BOOST_TEST(contains(variable("KOOBATCH_ERROR"), what));
    BOOST_TEST(variable("KOOBATCH_SUCCEEDED") == std::to_string(recorded));
    BOOST_TEST(variable("KOOBATCH_REMAINING") == std::to_string(operations - recorded));
    const auto metrics = workspace.read("prom");
    BOOST_TEST(contains(metrics, fmt::format("koobatch_operations_total{{status=\"succeeded\"}} {}\n", recorded)),
               metrics);
    BOOST_TEST(contains(metrics, "koobatch_exit_status 5\n"), metrics);
    BOOST_TEST(!contains(metrics, "koobatch_last_success_timestamp_seconds 1"), metrics);
  }

  /// `path` cannot be resumed, and the error says why.
  void check_refused(const std::string& path, std::string_view what) const {
    const auto finished = resume(path);
    BOOST_TEST(finished.status == 2, finished.status << ": " << finished.err);
    BOOST_TEST(contains(finished.err, what), finished.err);
    BOOST_TEST(server.requests() == fatal_request);
  }

  /// What the report at `path` holds is not sent again, the rest is, and then every operation has one result.
  void check_resumed(const std::string& path, std::size_t recorded) const {
    const auto sent = server.requests();
    const auto finished = resume(path);
    BOOST_TEST(finished.status == 0, finished.status << ": " << finished.err);
    BOOST_TEST(server.requests() == sent + operations - recorded);
    std::set<std::uint32_t> lines;
    for (const auto& result : read_report(path).results) {
      BOOST_TEST(result.status == "succeeded");
      BOOST_TEST(lines.insert(result.line).second);
    }
    BOOST_TEST(lines.size() == operations);
  }

  Workspace workspace;
  std::string folder = workspace.path("folder");
  std::string report = folder + "/x.report.ndjson";
  ScriptedServer server;  // last: its thread uses the others
};

constexpr std::size_t recorded = fatal_request - 1;

/// Runs a shell command. Returns whether it succeeded.
bool shell(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

/// Whether this process may mount file systems that only it sees.
bool may_mount() {
  return shell("unshare --mount --propagation private mount -t tmpfs none /mnt") && shell("nsenter --version");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_lost)

BOOST_AUTO_TEST_CASE(a_report_that_is_removed_stops_the_run) {
  Incident incident([](Incident& i) { fs::remove(i.report); });
  incident.check_stopped(incident.run(),
                         "the report was removed while the run wrote it; what was recorded is gone with it", 0);
  incident.check_refused(incident.report,
                         "No such file or directory; name it where it is now, or put a copy in its place");
}

BOOST_AUTO_TEST_CASE(a_report_that_is_emptied_stops_the_run_and_its_copy_resumes) {
  Incident incident([](Incident& i) {
    fs::copy_file(i.report, i.report + ".1");
    fs::resize_file(i.report, 0);
  });
  incident.check_stopped(incident.run(), "the report was emptied while the run wrote it", 0);
  BOOST_TEST(fs::file_size(incident.report) == 0U);
  incident.check_refused(incident.report, "it is empty; if something emptied it, as log rotation does, put the copy");
  fs::copy_file(incident.report + ".1", incident.report, fs::copy_options::overwrite_existing);
  incident.check_resumed(incident.report, recorded);
}

BOOST_AUTO_TEST_CASE(a_report_that_is_cut_in_the_middle_stops_the_run_and_what_is_left_resumes) {
  Incident incident([](Incident& i) { fs::resize_file(i.report, fs::file_size(i.report) * 3 / 4); });
  const auto finished = incident.run();
  const auto left = fs::file_size(incident.report);
  auto text = read_file(incident.report);
  incident.workspace.write("whole", text.substr(0, text.rfind('\n') + 1));
  const auto results = read_report(incident.workspace.path("whole")).results.size();
  BOOST_TEST((results > 0 && results < recorded));
  incident.check_stopped(finished, fmt::format(" to {} bytes while the run wrote it", koobatch::format_count(left)),
                         results);
  incident.check_resumed(incident.report, results);
}

BOOST_AUTO_TEST_CASE(a_report_that_something_else_writes_to_stops_the_run_and_resumes_when_it_is_cut) {
  Incident incident([](Incident& i) {
    // What makes damage of it: a copy of itself, with marks of its own.
    const auto copy = read_file(i.report);
    std::ofstream(i.report, std::ios::app) << "foreign\n" << copy;
  });
  const auto finished = incident.run();
  incident.check_stopped(finished, "something else wrote to the end of the report", recorded);
  incident.check_refused(incident.report, "damaged");
  const auto from = finished.err.find("'truncate -s ") + 1;
  BOOST_REQUIRE(shell(finished.err.substr(from, finished.err.find('\'', from) - from)));
  incident.check_resumed(incident.report, recorded);
}

BOOST_AUTO_TEST_CASE(a_line_at_the_end_that_is_not_the_runs_is_not_counted) {
  Incident incident([](Incident& i) { std::ofstream(i.report, std::ios::app) << "foreign\n"; });
  incident.check_stopped(incident.run(), "something else wrote to the end of the report", recorded);
  incident.check_resumed(incident.report, recorded);
}

BOOST_AUTO_TEST_CASE(a_report_that_is_overwritten_stops_the_run_and_is_no_longer_accepted) {
  Incident incident([](Incident& i) { std::ofstream(i.report) << "something else\n"; });
  incident.check_stopped(incident.run(), "the report was cut off or overwritten while the run wrote it", 0);
  incident.check_refused(incident.report, "it does not begin with a 'run' line");
}

BOOST_AUTO_TEST_CASE(a_report_that_is_moved_stops_the_run_and_resumes_where_it_is) {
  Incident incident([](Incident& i) { fs::rename(i.report, i.report + ".1"); });
  incident.check_stopped(incident.run(),
                         "the report was moved while the run wrote it; the report itself is " + incident.report +
                             ".1 now and holds what was recorded",
                         recorded);
  incident.check_refused(incident.report, "No such file or directory");
  incident.check_resumed(incident.report + ".1", recorded);
}

BOOST_AUTO_TEST_CASE(a_report_whose_folder_is_moved_stops_the_run_and_resumes_where_it_is) {
  Incident incident([](Incident& i) { fs::rename(i.folder, i.workspace.path("moved")); });
  const auto moved = incident.workspace.path("moved/x.report.ndjson");
  incident.check_stopped(
      incident.run(), "the report's folder was moved while the run wrote it; the report itself is " + moved, recorded);
  incident.check_resumed(moved, recorded);
}

BOOST_AUTO_TEST_CASE(a_report_whose_folder_is_removed_stops_the_run) {
  Incident incident([](Incident& i) { fs::remove_all(i.folder); });
  incident.check_stopped(incident.run(), "the report was removed while the run wrote it, and its folder with it", 0);
  incident.check_refused(incident.report, "No such file or directory");
}

BOOST_AUTO_TEST_CASE(a_folder_with_a_copy_in_the_place_of_the_reports_folder_stops_the_run) {
  Incident incident([](Incident& i) {
    fs::rename(i.folder, i.workspace.path("moved"));
    fs::create_directory(i.folder);
    fs::copy_file(i.workspace.path("moved/x.report.ndjson"), i.report);
  });
  incident.check_stopped(incident.run(),
                         "another file took the report's place while the run wrote it; the report itself is " +
                             incident.workspace.path("moved/x.report.ndjson"),
                         recorded);
  incident.check_resumed(incident.workspace.path("moved/x.report.ndjson"), recorded);
}

BOOST_AUTO_TEST_CASE(another_file_that_is_renamed_over_the_report_stops_the_run_and_is_not_summed_up) {
  Incident incident([](Incident& i) {
    // A good report, of another run that succeeded.
    const auto other = i.workspace.path("other.report.ndjson");
    i.workspace.write("other.ndjson", renames(3));
    run_koobatch({"run", i.workspace.path("other.ndjson"), "--simulate", "--user-id", "7", "--report", other, "-q"});
    fs::rename(other, i.report);
  });
  const auto finished = incident.run();
  incident.check_stopped(finished,
                         "another file took the report's place while the run wrote it; what was recorded is gone", 0);
  BOOST_TEST(read_report(incident.report).results.size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_copy_that_is_renamed_over_the_report_stops_the_run_and_resumes_as_is_said) {
  Incident incident([](Incident& i) {
    fs::copy_file(i.report, i.report + ".new");
    fs::rename(i.report + ".new", i.report);
  });
  const auto finished = incident.run();
  incident.check_stopped(finished, "another file took the report's place", 0);
  BOOST_TEST(contains(finished.err, "if what has the name now is a copy of the report"), finished.err);
  incident.check_resumed(incident.report, recorded);
}

BOOST_AUTO_TEST_CASE(a_link_in_the_reports_place_stops_the_run_unless_it_leads_to_the_report) {
  {
    Incident incident([](Incident& i) {
      fs::remove(i.report);
      fs::create_symlink("/dev/null", i.report);
    });
    incident.check_stopped(incident.run(), "a symbolic link to /dev/null took the report's place", 0);
    incident.check_refused(incident.report, "report");
  }
  Incident incident([](Incident& i) {
    fs::rename(i.report, i.workspace.path("moved"));
    fs::create_symlink(i.workspace.path("moved"), i.report);
  });
  const auto finished = incident.run();
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(read_report(incident.report).results.size() == operations);
}

BOOST_AUTO_TEST_CASE(a_report_by_way_of_a_linked_folder_is_lost_when_the_link_leads_elsewhere) {
  const auto relink = [](Incident& i, const std::string& to) {
    fs::remove(i.workspace.path("link"));
    fs::create_directory_symlink(to, i.workspace.path("link"));
  };
  Incident incident([&](Incident& i) {
    fs::create_directory(i.workspace.path("empty"));
    relink(i, i.workspace.path("empty"));
  });
  relink(incident, incident.folder);
  incident.report = incident.workspace.path("link/x.report.ndjson");
  const auto real = incident.folder + "/x.report.ndjson";
  incident.check_stopped(incident.run(), "the report itself is " + real + " now and holds what was recorded", recorded);
  incident.check_resumed(real, recorded);
}

BOOST_AUTO_TEST_CASE(a_report_that_cannot_be_reached_stops_the_run_and_resumes_when_it_can) {
  Incident incident([](Incident& i) {
    fs::rename(i.folder, i.workspace.path("moved"));
    fs::create_directory_symlink(i.folder, i.folder);
  });
  incident.check_stopped(incident.run(), "the report can no longer be looked up: Too many levels of symbolic links",
                         recorded);
  fs::remove(incident.folder);
  fs::rename(incident.workspace.path("moved"), incident.folder);
  incident.check_resumed(incident.report, recorded);
}

BOOST_AUTO_TEST_CASE(a_relative_report_is_lost_when_the_working_folder_is_moved) {
  Incident incident([](Incident& i) { fs::rename(i.folder, i.workspace.path("moved")); });
  incident.report = "x.report.ndjson";
  Process process(incident.command(), {{"TOKEN", "secret"}}, incident.folder);
  const auto moved = incident.workspace.path("moved/x.report.ndjson");
  incident.check_stopped(process.wait(), "the report itself is " + moved, recorded);
  incident.check_resumed(moved, recorded);
}

BOOST_AUTO_TEST_CASE(a_report_on_a_file_system_that_is_unmounted_or_covered_stops_the_run) {
  if (!may_mount()) {
    BOOST_TEST_MESSAGE("skipped: this user may not mount anything in a namespace of its own");
    return;
  }
  for (const bool covered : {false, true}) {
    std::atomic<pid_t> run{0};
    std::atomic<bool> done{false};
    Incident incident([&](Incident& i) {
      done = shell(fmt::format("nsenter --target {} --mount {} {}", run.load(),
                               covered ? "mount -t tmpfs none" : "umount --lazy", i.folder));
    });
    std::string command = fmt::format("mount -t tmpfs none {} && exec", incident.folder);
    for (const auto& word : incident.command()) command += " \"" + word + '"';
    Process process({"/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", command},
                    {{"TOKEN", "secret"}});
    run = process.pid();
    const auto finished = process.wait();
    BOOST_TEST(done.load());
    incident.check_stopped(
        finished, "the report disappeared from its place while the run wrote it; its file still exists", recorded);
  }
}

BOOST_AUTO_TEST_CASE(a_disk_that_becomes_read_only_stops_the_run_and_resumes_when_it_can_be_written) {
  Incident incident([](Incident&) {});
  Process process(incident.command(), with_fault("KOOBATCH_IO_FAULT", "fail=30:write:13"));
  const auto finished = process.wait();
  BOOST_TEST(finished.status == 5, finished.err);
  BOOST_TEST(contains(finished.err, incident.report + ": write failed: Read-only file system; mount the file system "
                                                      "writable again, and check the disk, then run 'koobatch resume"),
             finished.err);
  // How many results one write takes depends on how busy the machine is.
  const auto written = read_report(incident.report).results.size();
  const auto unrecorded = incident.server.requests() - written;
  BOOST_TEST(unrecorded > 0U);
  BOOST_TEST(contains(finished.out, fmt::format("Stopped: {} of {} operations done", written, operations)),
             finished.out);
  BOOST_TEST(contains(finished.out, fmt::format("unrecorded {} result{} counted, but in no report", unrecorded,
                                                unrecorded == 1 ? "" : "s")),
             finished.out);
  incident.check_resumed(incident.report, written);
}

BOOST_AUTO_TEST_CASE(a_report_that_is_lost_in_a_later_segment_takes_the_results_of_all_with_it) {
  Incident first([](Incident& i) { fs::rename(i.report, i.report + ".1"); });
  first.check_stopped(first.run(), "the report was moved", recorded);
  const std::string report = first.report + ".1";
  ScriptedServer again({{success()}, {.bytes = success(), .before = [&] { fs::remove(report); }}});
  const auto finished =
      run_koobatch({"resume", report, "--endpoint", again.url(), "--progress", "none"}, {{"TOKEN", "secret"}});
  BOOST_TEST(finished.status == 5, finished.err);
  BOOST_TEST(again.requests() == 2U);
  BOOST_TEST(
      contains(finished.out, fmt::format("0 of {} operations recorded, {} counted only", operations, recorded + 2)),
      finished.out);
}

BOOST_AUTO_TEST_CASE(a_report_that_is_lost_as_the_run_stops_for_another_reason_is_reported_as_well) {
  // A refusal the service documents: another would be held back, and not counted.
  const auto refusal = http_answer(400, R"({"code":13000309,"msg":"no such folder"})");
  Incident incident([](Incident& i) { fs::remove(i.report); }, {refusal});
  const auto finished = incident.run({"--max-errors", "0"});
  incident.check_stopped(finished, "the report was removed", 0);
  BOOST_TEST(contains(finished.err, "more than --max-errors 0 allows"), finished.err);
}

BOOST_AUTO_TEST_CASE(a_report_that_is_removed_in_a_pause_stops_the_run_before_it_continues) {
  Workspace workspace;
  workspace.write("job.ndjson", renames(5'000));
  const auto report = workspace.path("x.report.ndjson");
  Service service;
  Process process({KOOBATCH_BINARY, "run", workspace.path("job.ndjson"), "--endpoint", service.url(), "--token-env",
                   "TOKEN", "--user-id", "7", "--rate", "100/s", "--report", report, "--progress", "none"},
                  {{"TOKEN", "secret"}});
  while (member(service.get("/_sim/stats"), "applied") == "0") ::usleep(5'000);
  const auto paused = run_koobatch({"set", report, "--pause"});
  BOOST_REQUIRE(paused.status == 0);
  while (!contains(run_koobatch({"status", report, "--json"}).out, "\"in_flight\":0")) ::usleep(5'000);
  const auto sent = member(service.get("/_sim/stats"), "requests");
  fs::remove(report);
  const auto finished = process.wait();
  BOOST_TEST(finished.status == 5, finished.err);
  BOOST_TEST(contains(finished.err, "the report was removed while the run wrote it"), finished.err);
  BOOST_TEST(member(service.get("/_sim/stats"), "requests") == sent);
}

BOOST_AUTO_TEST_CASE(a_control_socket_that_is_removed_stops_nothing_and_status_says_what_the_report_says) {
  HandedOver<Finished> asked;
  Incident incident([&](Incident& i) {
    fs::remove(i.report + ".control");
    asked.put(run_koobatch({"status", i.report}));
  });
  const auto finished = incident.run();
  BOOST_TEST(finished.status == 0, finished.err);
  const auto status = asked.get();
  BOOST_TEST(status.status == 0, status.err);
  BOOST_TEST(contains(status.out, fmt::format("{} of {}", recorded, operations)), status.out);
}

BOOST_AUTO_TEST_CASE(a_copy_of_standard_input_that_is_removed_is_missed_only_if_it_is_needed) {
  for (const bool needed : {true, false}) {
    Incident incident([](Incident& i) { fs::remove(i.report + ".job"); },
                      {needed ? http_answer(400, R"({"code":13000309,"msg":"no such folder"})") : success()});
    auto command = incident.command({"--format", "ndjson"});
    command[2] = "-";
    Process process(std::move(command), {{"TOKEN", "secret"}}, {}, incident.workspace.path("job.ndjson"));
    const auto finished = process.wait();
    BOOST_TEST(finished.status == (needed ? 1 : 0), finished.err);
    BOOST_TEST(
        contains(finished.err, incident.report + ".job: the copy of standard input was removed or replaced") == needed,
        finished.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()
