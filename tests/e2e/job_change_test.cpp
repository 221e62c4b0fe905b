// A job may be changed while it runs, at any place, in any way: nothing is sent that was not validated, and what an
// earlier version may have sent is reported.
#include "archives.hpp"
#include "becomes.hpp"
#include "contains.hpp"
#include "process.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

using namespace koobatch::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// Several times what a run reads ahead, so that a change in mid-run finds most of the job unread.
constexpr std::size_t operations = 36'000;
constexpr const char* changed_message = "the file was changed after it was validated";

/// Renames of different folders to names that begin with `mark` and are as long in every job.
std::string renames_marked(char mark, std::size_t count = operations) {
  std::mt19937 random(static_cast<unsigned char>(mark));
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    fmt::format_to(std::back_inserter(text),
                   R"({{"op":"rename_shared_folder","id":"{}","fileName":"{}{:08x}"}})"
                   "\n",
                   1'000'000 + i, mark, random());
  }
  return text;
}

/// As `cat b > job` does it: the same file, cut to nothing and written anew.
void overwrite(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

/// Other bytes in the middle of the same file, which keeps its length.
void patch(const std::string& path, std::size_t offset, std::string_view bytes) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  BOOST_REQUIRE(fd >= 0);
  BOOST_TEST(::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)) ==
             static_cast<ssize_t>(bytes.size()));
  ::close(fd);
}

void append(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::app) << bytes;
}

/// What the service was sent, and holds.
struct Sent {
  std::size_t requests = 0;
  std::size_t others = 0;  ///< requests for names that are not of the job whose names begin with 'a'
  std::map<std::string, std::string> state;
};

struct Trial {
  explicit Trial(std::string stored_bytes = renames_marked('a'), std::string_view name = "job.ndjson")
      : stored(std::move(stored_bytes)), job(workspace.write(name, stored)) {}

  std::vector<std::string> run_command(std::vector<std::string> more = {}) const {
    std::vector<std::string> command = {KOOBATCH_BINARY, "run",        job,         "--endpoint", service.url(),
                                        "--token-env",   "TOKEN",      "--user-id", "7",          "--report",
                                        report,          "--progress", "none"};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }

  /// Runs the job slowly; once requests are answered, `change` is made, and the rest goes as fast as it can.
  Finished change_in_mid_run(const std::function<void()>& change, const std::vector<std::string>& more = {},
                             const std::string& input = {}) const {
    auto command = run_command(more);
    if (!input.empty()) command[2] = "-";
    command.insert(command.end(), {"--rate", "200/s"});
    Process process(command, {{"TOKEN", "secret"}}, {}, input);
    BOOST_TEST(becomes([&] { return std::stoul(member(service.get("/_sim/stats"), "applied")) >= 20; }));
    change();
    // It may have noticed already, and have exited.
    run_koobatch({"set", report, "--rate", "none"});
    return process.wait();
  }

  Finished resume(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"resume", report, "--rate", "none", "--progress", "none"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_koobatch(arguments, {{"TOKEN", "secret"}});
  }

  /// Ends the service.
  Sent sent() {
    Sent sent;
    sent.state = read_state(service.get("/_sim/state"));
    service.stop();
    for (const auto& request : read_log(log)) {
      ++sent.requests;
      sent.others += !request.name.starts_with('a');
    }
    return sent;
  }

  void check_stopped(const Finished& finished) const {
    BOOST_TEST(finished.status == 5, finished.status << ": " << finished.out << finished.err);
    BOOST_TEST(contains(finished.err, changed_message), finished.err);
    BOOST_TEST(contains(finished.err, "Nothing that was not validated was sent, and nothing after line "),
               finished.err);
    BOOST_TEST(contains(finished.out, "koobatch resume " + report), finished.out);
  }

  /// The job being as it was, the run is resumed to its end; and never was anything sent that is not of the job.
  void check_resumed_to_the_end() {
    const auto resumed = resume();
    BOOST_TEST(resumed.status == 0, resumed.status << ": " << resumed.out << resumed.err);
    BOOST_TEST(contains(resumed.out, "All 36,000 operations succeeded"), resumed.out);
    BOOST_TEST(!contains(resumed.err, "validated"), resumed.err);
    BOOST_TEST(!contains(resumed.err, "never had"), resumed.err);
    check_all_sent_once_and_nothing_else();
  }

  void check_all_sent_once_and_nothing_else() {
    BOOST_TEST(read_report(report).results.size() == operations);
    const auto service_saw = sent();
    BOOST_TEST(service_saw.others == 0U);
    BOOST_TEST(service_saw.state.size() == operations);
    for (const auto& [key, name] : service_saw.state) {
      if (!name.starts_with('a')) BOOST_ERROR(key << " has the name " << name);
    }
  }

  Workspace workspace;
  std::string stored;
  std::string job;
  std::string report = workspace.path("x.report.ndjson");
  std::string log = workspace.path("log");
  Service service{{"--log", log}};
};

struct Change {
  const char* name;
  std::function<void(const std::string& path, const std::string& stored)> make;
};

std::vector<Change> changes_of_content() {
  return {
      {"all of it, in place, at the same length",
       [](const auto& path, const auto&) { overwrite(path, renames_marked('b')); }},
      {"one name in the middle",
       [](const auto& path, const auto& stored) {
         const auto name = stored.find("\"a", stored.size() / 2);
         patch(path, name + 1, "b");
       }},
      {"the last name", [](const auto& path, const auto& stored) { patch(path, stored.rfind("\"a") + 1, "b"); }},
      {"one name for another of another length, the rest moved",
       [](const auto& path, const auto& stored) {
         auto text = stored;
         text.insert(text.find("\"a", text.size() / 2) + 1, "b");
         overwrite(path, text);
       }},
      {"cut off in the middle", [](const auto& path, const auto& stored) { fs::resize_file(path, stored.size() / 2); }},
      {"cut to nothing", [](const auto& path, const auto&) { fs::resize_file(path, 0); }},
      {"rows appended", [](const auto& path, const auto&) { append(path, renames_marked('b', 10)); }},
  };
}

/// The report's lines, each edited by `edit`, with correct sums.
void edit_report(const std::string& path, const std::function<void(std::string&)>& edit) {
  std::ifstream file(path);
  std::string text;
  for (std::string line; std::getline(file, line);) {
    line.resize(line.rfind(",\"sum\":"));
    edit(line);
    text += fmt::format("{},\"sum\":\"{:016x}\"}}\n", line, XXH3_64bits(line.data(), line.size()));
  }
  overwrite(path, text);
}

void remove_from(std::string& line, std::string_view part) {
  const auto at = line.find(part);
  if (at != std::string::npos) line.erase(at, part.size());
}

/// As a version wrote it that compared the job only in the end.
void make_old(const std::string& report) {
  edit_report(report, [](std::string& line) { remove_from(line, ",\"verified\":true"); });
}

/// A run of a hundred operations that was shut down gracefully before its end.
struct Interrupted {
  Interrupted() {
    auto command = trial.run_command({"--rate", "100/s"});
    Process process(command, {{"TOKEN", "secret"}});
    BOOST_TEST(becomes([&] { return std::stoul(member(trial.service.get("/_sim/stats"), "applied")) >= 20; }));
    process.signal(SIGTERM);
    BOOST_TEST(process.wait().status == 143);
    make_old(trial.report);
  }
  std::size_t results() const { return read_report(trial.report).results.size(); }

  Trial trial{renames_marked('a', 200)};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(job_change)

BOOST_AUTO_TEST_CASE(a_job_that_is_changed_while_it_runs_stops_the_run_and_nothing_of_the_change_is_sent) {
  for (const auto& change : changes_of_content()) {
    BOOST_TEST_CONTEXT(change.name) {
      Trial trial;
      trial.check_stopped(trial.change_in_mid_run([&] { change.make(trial.job, trial.stored); }));
      overwrite(trial.job, trial.stored);
      trial.check_resumed_to_the_end();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_job_that_is_changed_stops_a_run_with_several_threads_and_skip_invalid_too) {
  const std::vector<std::string> flags = {"--threads", "2", "--skip-invalid"};
  const auto changes = changes_of_content();
  for (const auto& change : {changes.front(), changes.back()}) {
    BOOST_TEST_CONTEXT(change.name) {
      Trial trial;
      trial.check_stopped(trial.change_in_mid_run([&] { change.make(trial.job, trial.stored); }, flags));
      overwrite(trial.job, trial.stored);
      trial.check_resumed_to_the_end();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_compressed_job_that_is_changed_while_it_runs_stops_the_run) {
  using Pack = std::string (*)(std::string_view);
  for (const auto& [extension, pack] :
       {std::pair<const char*, Pack>{".gz", archives::gzip}, std::pair<const char*, Pack>{".zst", archives::zstd}}) {
    const auto other = pack(renames_marked('b'));
    const std::vector<Change> changes = {
        {"another archive, in place", [&](const auto& path, const auto&) { overwrite(path, other); }},
        {"one byte of the last block",
         [](const auto& path, const auto& stored) {
           patch(path, stored.size() - 1000, std::string(1, static_cast<char>(stored[stored.size() - 1000] ^ 1)));
         }},
        {"another archive behind it", [&](const auto& path, const auto&) { append(path, other); }},
        {"cut off", [](const auto& path, const auto& stored) { fs::resize_file(path, stored.size() - 1); }},
    };
    for (const auto& change : changes) {
      BOOST_TEST_CONTEXT(extension << ", " << change.name) {
        Trial trial(pack(renames_marked('a')), std::string("job.ndjson") + extension);
        trial.check_stopped(trial.change_in_mid_run([&] { change.make(trial.job, trial.stored); }));
        overwrite(trial.job, trial.stored);
        trial.check_resumed_to_the_end();
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(the_copy_of_standard_input_is_verified_as_well) {
  for (const auto& pack :
       {+[](std::string_view text) { return std::string(text); }, +archives::gzip, +archives::zstd}) {
    Trial trial(pack(renames_marked('a')), "input");
    const std::string copy = trial.report + ".job";
    const auto finished = trial.change_in_mid_run(
        [&] {
          const char last = trial.stored[trial.stored.size() - 20];
          patch(copy, trial.stored.size() - 20, std::string(1, static_cast<char>(last ^ 1)));
        },
        {"--format", "ndjson"}, trial.job);
    trial.check_stopped(finished);
    BOOST_TEST(contains(finished.err, copy), finished.err);
    overwrite(copy, trial.stored);
    trial.check_resumed_to_the_end();
  }
}

BOOST_AUTO_TEST_CASE(a_run_keeps_to_the_file_it_has_opened_and_says_in_the_end_that_its_name_belongs_to_another) {
  const std::vector<std::pair<Change, const char*>> changes = {
      {{"another file moved over it",
        [](const auto& path, const auto&) {
          overwrite(path + ".new", renames_marked('b'));
          fs::rename(path + ".new", path);
        }},
       "the job holds other bytes now"},
      {{"a longer file moved over it",
        [](const auto& path, const auto& stored) {
          overwrite(path + ".new", stored + renames_marked('b', 1));
          fs::rename(path + ".new", path);
        }},
       "bytes now, and had "},
      {{"deleted", [](const auto& path, const auto&) { fs::remove(path); }}, "the job is no longer there"},
      {{"a folder in its place",
        [](const auto& path, const auto&) {
          fs::remove(path);
          fs::create_directory(path);
        }},
       "the job is a folder now"},
  };
  for (const auto& [change, message] : changes) {
    BOOST_TEST_CONTEXT(change.name) {
      Trial trial;
      const auto finished = trial.change_in_mid_run([&] { change.make(trial.job, trial.stored); });
      BOOST_TEST(finished.status == 0, finished.status << ": " << finished.err);
      BOOST_TEST(contains(finished.err, message), finished.err);
      BOOST_TEST(contains(finished.err, "nothing but what was validated then was sent"), finished.err);
      trial.check_all_sent_once_and_nothing_else();
    }
  }
}

BOOST_AUTO_TEST_CASE(a_job_that_holds_the_same_bytes_is_the_same_job_whatever_its_times_say) {
  const std::vector<Change> changes = {
      {"touched", [](const auto& path, const auto&) { fs::last_write_time(path, fs::file_time_type::clock::now()); }},
      {"the same bytes written over it", [](const auto& path, const auto& stored) { patch(path, 0, stored); }},
      {"a copy moved over it",
       [](const auto& path, const auto& stored) {
         overwrite(path + ".new", stored);
         fs::rename(path + ".new", path);
       }},
  };
  for (const auto& change : changes) {
    BOOST_TEST_CONTEXT(change.name) {
      Trial trial;
      const auto finished = trial.change_in_mid_run([&] { change.make(trial.job, trial.stored); });
      BOOST_TEST(finished.status == 0, finished.status << ": " << finished.err);
      BOOST_TEST(!contains(finished.err, "the job"), finished.err);
      trial.check_all_sent_once_and_nothing_else();
    }
  }
}

BOOST_AUTO_TEST_CASE(rows_that_are_appended_after_everything_was_read_are_reported_and_not_sent) {
  Trial trial(renames_marked('a', 200));
  const auto finished = trial.change_in_mid_run([&] { append(trial.job, renames_marked('b', 10)); });
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(contains(finished.err, "needs a run of its own"), finished.err);
  const auto sent = trial.sent();
  BOOST_TEST(sent.requests == 200U);
  BOOST_TEST(sent.others == 0U);
}

BOOST_AUTO_TEST_CASE(a_job_that_is_changed_between_validation_and_sending_sends_nothing) {
  // The first token is obtained after validation: whatever its command does comes in between.
  const std::vector<std::pair<const char*, int>> changes = {{"cat other > job", 5}, {"mv other job", 5},
                                                            {"printf x >> job", 5}, {": > job", 5},
                                                            {"rm job", 2},          {"rm job; mkdir job", 2}};
  for (const auto& [change, status] : changes) {
    BOOST_TEST_CONTEXT(change) {
      Trial trial(renames_marked('a', 300), "job");
      trial.workspace.write("other", renames_marked('b', 300));
      const auto script = trial.workspace.write(
          "token.sh",
          fmt::format("cd {}; {{ {}; }} >&2; echo secret\n", fs::path(trial.job).parent_path().string(), change));
      auto command = trial.run_command({"--format", "ndjson", "--token-command", "sh " + script});
      command.erase(command.begin() + 5, command.begin() + 7);  // --token-env TOKEN
      const auto finished = Process(command).wait();
      BOOST_TEST(finished.status == status, finished.status << ": " << finished.err);
      BOOST_TEST(contains(finished.err, trial.job), finished.err);
      BOOST_TEST(contains(finished.err, "Nothing was sent"), finished.err);
      BOOST_TEST(!fs::exists(trial.report));
      BOOST_TEST(trial.sent().requests == 0U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_retry_sends_nothing_of_a_job_that_is_changed_after_its_validation) {
  Workspace workspace;
  const auto job = workspace.write("job.ndjson", renames_marked('a', 300));
  const auto other = workspace.write("other", renames_marked('b', 300));
  const auto report = workspace.path("x.report.ndjson");
  Service service({"--fault", "status=500,rate=0.3"});
  const auto first = run_koobatch({"run", job, "--endpoint", service.url(), "--token-command", "echo secret",
                                   "--user-id", "7", "--max-attempts", "1", "--report", report});
  BOOST_TEST(first.status == 1, first.err);
  const auto requests = member(service.get("/_sim/stats"), "requests");
  const auto script = workspace.write("token.sh", fmt::format("cat {} > {}; echo secret\n", other, job));
  const auto retried = run_koobatch({"retry", report, "--token-command", "sh " + script});
  BOOST_TEST(retried.status == 5, retried.err);
  BOOST_TEST(contains(retried.err, changed_message), retried.err);
  BOOST_TEST(member(service.get("/_sim/stats"), "requests") == requests);
}

BOOST_AUTO_TEST_CASE(operations_that_an_earlier_version_sent_from_a_changed_job_are_reported_when_the_run_is_resumed) {
  Trial trial;
  trial.check_stopped(trial.change_in_mid_run([&] { overwrite(trial.job, renames_marked('b')); }));
  overwrite(trial.job, trial.stored);
  make_old(trial.report);
  const auto results = read_report(trial.report).results.size();
  const auto resumed = trial.resume();
  BOOST_TEST(resumed.status == 1, "not all is known to be as the job has it: " << resumed.status << resumed.err);
  BOOST_TEST(contains(resumed.err, "segment 1, of an earlier version of koobatch, found only afterwards"), resumed.err);
  BOOST_TEST(contains(resumed.err, "results (lines 1 to "), resumed.err);
  BOOST_TEST(contains(resumed.out, "All 36,000 operations succeeded; some may be of operations the job never had"),
             resumed.out);
  const auto json = run_koobatch({"report", trial.report, "--json"}).out;
  BOOST_TEST(member(json, "doubtful") == std::to_string(results));
}

BOOST_AUTO_TEST_CASE(a_result_that_contradicts_the_job_is_proof_and_nothing_more_is_sent) {
  for (const char* verb : {"resume", "retry", "report"}) {
    BOOST_TEST_CONTEXT(verb) {
      Interrupted run;
      auto& trial = run.trial;
      if (std::string_view(verb) == "retry") {
        BOOST_TEST(trial.resume().status == 0);
        make_old(trial.report);
      }
      const auto victim = read_report(trial.report).results[7];
      edit_report(trial.report, [&](std::string& line) {
        if (!line.starts_with(fmt::format(R"({{"type":"result","line":{},)", victim.line))) return;
        line.replace(line.find(victim.id), victim.id.size(), "4711");
      });
      const auto requests = member(trial.service.get("/_sim/stats"), "requests");
      std::vector<std::string> arguments = {verb, trial.report};
      if (std::string_view(verb) == "report")
        arguments.insert(arguments.end(), {"--failed", trial.workspace.path("f")});
      const auto refused = run_koobatch(arguments, {{"TOKEN", "secret"}});
      BOOST_TEST(refused.status == 2, refused.status << ": " << refused.err);
      BOOST_TEST(
          contains(refused.err, fmt::format("1 result is for operations that {} does not have, first on line {}: "
                                            "the report has 'rename_shared_folder 4711', the job has "
                                            "'rename_shared_folder {}'",
                                            trial.job, victim.line, victim.id)),
          refused.err);
      BOOST_TEST(member(trial.service.get("/_sim/stats"), "requests") == requests);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_run_of_an_earlier_version_whose_job_was_not_touched_is_resumed_without_alarm) {
  Interrupted run;
  const auto resumed = run.trial.resume();
  BOOST_TEST(resumed.status == 0, resumed.err);
  BOOST_TEST(!contains(resumed.err, "earlier version"), resumed.err);
  BOOST_TEST(!contains(resumed.err, "never had"), resumed.err);
}

BOOST_AUTO_TEST_CASE(a_run_of_an_earlier_version_whose_job_was_touched_before_it_was_compared_gets_a_warning) {
  Interrupted run;
  overwrite(run.trial.job, run.trial.stored);
  const auto results = run.results();
  const auto resumed = run.trial.resume();
  BOOST_TEST(resumed.status == 0, resumed.err);
  BOOST_TEST(contains(resumed.err, fmt::format("its {} results (lines 1 to ", results)), resumed.err);
  BOOST_TEST(contains(resumed.err, "its file was written to, moved or replaced since"), resumed.err);
}

BOOST_AUTO_TEST_CASE(a_run_that_an_earlier_version_completed_raises_no_alarm) {
  Trial trial(renames_marked('a', 200));
  BOOST_TEST(Process(trial.run_command(), {{"TOKEN", "secret"}}).wait().status == 0);
  make_old(trial.report);
  overwrite(trial.job, trial.stored);
  const auto again = trial.resume();
  BOOST_TEST(again.status == 0, again.err);
  const auto retried = run_koobatch({"retry", trial.report}, {{"TOKEN", "secret"}});
  BOOST_TEST(retried.status == 0, retried.err);
  for (const auto& finished : {again, retried}) {
    BOOST_TEST(!contains(finished.err, "never had"), finished.err);
    BOOST_TEST(!contains(finished.out, "never had"), finished.out);
  }
}

BOOST_AUTO_TEST_SUITE_END()
