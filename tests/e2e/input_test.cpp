// A job may be compressed and may come through standard input: it runs, resumes and fails as a plain file does.
#include "archives.hpp"
#include "contains.hpp"
#include "run_checks.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <thread>

using namespace koobatch::test;

namespace {

constexpr std::size_t operations = 600;
constexpr std::size_t keys = 60;
constexpr const char* valid_line =
    "{\"op\":\"rename_shared_folder\",\"id\":\"1\",\"fileName\":\"a\",\"user_id\":\"7\"}\n";
constexpr const char* invalid_line =
    "{\"op\":\"rename_shared_folder\",\"id\":\"1\",\"fileName\":\"a*b\",\"user_id\":\"7\"}\n";

struct Packing {
  const char* extension;
  std::string (*pack)(std::string_view);
};
constexpr Packing gzip{".gz", archives::gzip};
constexpr Packing zstd{".zst", archives::zstd};
constexpr Packing plain{"", [](std::string_view text) { return std::string(text); }};

/// A job in two parts, a service that keeps a log, and a run that may be killed and resumed.
struct Trial {
  explicit Trial(const Packing& packing)
      : stored(packing.pack(job.text.substr(0, 10'000)) + packing.pack(job.text.substr(10'000))),
        file(workspace.write(std::string("job.ndjson") + packing.extension, stored)) {}

  /// Runs `job`, which is a path or "-" with `input` behind it. Killed at the request of that number, if it is not 0.
  Finished run(std::vector<std::string> arguments, std::size_t kill_at, const std::string& input = {}) const {
    Process::Environment variables = {{"TOKEN", "secret"}};
    if (kill_at != 0) {
      variables["LD_PRELOAD"] = IO_FAULTS_LIBRARY;
      variables["KOOBATCH_IO_FAULT"] = "kill:send:" + std::to_string(kill_at);
      // The sanitizer's runtime then no longer comes first, which harms nothing here.
      variables["ASAN_OPTIONS"] = "verify_asan_link_order=0";
    }
    for (const char* more : {"--endpoint", service.url().c_str(), "--token-env", "TOKEN", "--progress", "none"}) {
      arguments.emplace_back(more);
    }
    return run_koobatch(arguments, variables, {}, input);
  }

  void resume_to_the_end() const {
    const auto resumed = run({"resume", report}, 0);
    BOOST_TEST(resumed.status == 0, resumed.status << ": " << resumed.out << resumed.err);
  }

  void check() { check_nothing_lost_doubled_or_reordered(service, workspace.path("log"), report, job, operations); }

  Workspace workspace;
  GeneratedJob job = generate_job(operations, keys);
  std::string stored;
  std::string file;
  std::string report = workspace.path("x.report.ndjson");
  std::string spool = report + ".job";
  Service service{{"--log", workspace.path("log")}};
};

/// What the report's first line says of the job. A kill may have torn the last one.
std::string recorded_job(const std::string& report) {
  const auto text = read_file(report);
  const auto run = text.substr(0, text.find('\n'));
  BOOST_REQUIRE(member(run, "type") == "run");
  return member(run, "job");
}

struct Fixture {
  bool exists(std::string_view name) const { return std::filesystem::exists(workspace.path(name)); }
  /// Runs standard input, which is `text`, against the embedded service, with the report "r".
  Finished run_input(std::string_view text, std::vector<std::string> more = {"--format", "ndjson"}) const {
    std::vector<std::string> arguments = {"run", "-", "--simulate", "--report", workspace.path("r")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_koobatch(arguments, {}, {}, workspace.write("input", text));
  }
  /// The same, started by a shell with some of its standard streams closed, like "2>&-".
  Finished run_with(const std::string& redirection) const {
    const auto command = fmt::format("exec {} run - --format ndjson --simulate -v --report {} <{} {}", KOOBATCH_BINARY,
                                     workspace.path("r"), workspace.write("input", valid_line), redirection);
    return Process({"/bin/sh", "-c", command}).wait();
  }
  void check_nothing_left() const {
    BOOST_TEST(!exists("r"));
    BOOST_TEST(!exists("r.job"));
  }

  Workspace workspace;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(input, Fixture)

BOOST_AUTO_TEST_CASE(a_compressed_job_runs_and_resumes_after_a_kill) {
  for (const auto& packing : {gzip, zstd}) {
    BOOST_TEST_CONTEXT(packing.extension) {
      Trial trial(packing);
      const auto killed = trial.run({"run", trial.file, "--user-id", "7", "--report", trial.report}, 250);
      BOOST_TEST(killed.status == 128 + SIGKILL, killed.err);
      trial.resume_to_the_end();
      BOOST_TEST(member(recorded_job(trial.report), "bytes") == std::to_string(trial.stored.size()));
      trial.check();
    }
  }
}

BOOST_AUTO_TEST_CASE(standard_input_is_kept_beside_the_report_and_resumed_from_there_after_a_kill) {
  for (const auto& packing : {plain, gzip, zstd}) {
    BOOST_TEST_CONTEXT("packed: " << packing.extension) {
      Trial trial(packing);
      const auto killed =
          trial.run({"run", "-", "--format", "ndjson", "--user-id", "7", "--report", trial.report}, 250, trial.file);
      BOOST_TEST(killed.status == 128 + SIGKILL, killed.err);
      BOOST_TEST((read_file(trial.spool) == trial.stored));
      struct stat info{};
      BOOST_REQUIRE(::stat(trial.spool.c_str(), &info) == 0);
      BOOST_TEST((info.st_mode & 07777) == 0600U);
      BOOST_TEST(member(recorded_job(trial.report), "path") == trial.spool);
      trial.resume_to_the_end();
      BOOST_TEST((read_file(trial.spool) == trial.stored), "a later retry needs it");
      trial.check();
    }
  }
}

BOOST_AUTO_TEST_CASE(without_a_report_name_standard_input_is_called_stdin) {
  const auto finished = run_koobatch({"run", "-", "--format", "ndjson", "--simulate"}, {}, workspace.path(""),
                                     workspace.write("input", valid_line));
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(workspace.read("stdin.report.ndjson.job") == valid_line);
  const auto path = std::filesystem::canonical(workspace.path("stdin.report.ndjson.job"));
  BOOST_TEST(member(recorded_job(workspace.path("stdin.report.ndjson")), "path") == path.string());
}

BOOST_AUTO_TEST_CASE(a_truncated_archive_is_an_invalid_job_and_nothing_is_sent) {
  Service service;
  for (const auto& packing : {gzip, zstd}) {
    auto stored = packing.pack(valid_line);
    stored.pop_back();
    const auto file = workspace.write(std::string("job.ndjson") + packing.extension, stored);
    for (const bool through_input : {false, true}) {
      for (const char* more : {"--progress=none", "--skip-invalid"}) {
        BOOST_TEST_CONTEXT(packing.extension << " " << through_input << " " << more) {
          const auto finished =
              run_koobatch({"run", through_input ? "-" : file, "--format", "ndjson", "--endpoint", service.url(),
                            "--token-env", "TOKEN", "--report", workspace.path("r"), more},
                           {{"TOKEN", "secret"}}, {}, file);
          BOOST_TEST(finished.status == 3, finished.err);
          BOOST_TEST(contains(finished.err, (through_input ? "standard input" : file) + ": the "), finished.err);
          BOOST_TEST(contains(finished.err, "archive is cut off"), finished.err);
          check_nothing_left();
        }
      }
    }
    BOOST_TEST(run_koobatch({"validate", file}).status == 3);
  }
  BOOST_TEST(member(service.get("/_sim/stats"), "requests") == "0");
}

BOOST_AUTO_TEST_CASE(a_damaged_archive_is_an_invalid_job) {
  auto stored = archives::gzip(valid_line);
  stored[stored.size() - 6] = static_cast<char>(stored[stored.size() - 6] ^ 1);
  const auto finished = run_koobatch({"validate", workspace.write("job.ndjson.gz", stored)});
  BOOST_TEST(finished.status == 3, finished.err);
  BOOST_TEST(contains(finished.err, "incorrect data check"), finished.err);
}

BOOST_AUTO_TEST_CASE(standard_input_needs_to_be_told_its_format) {
  for (const char* verb : {"run", "validate"}) {
    std::vector<std::string> arguments = {verb, "-"};
    if (std::string(verb) == "run") arguments.emplace_back("--simulate");
    const auto finished = run_koobatch(arguments, {}, workspace.path(""), workspace.write("input", valid_line));
    BOOST_TEST(finished.status == 2, finished.err);
    BOOST_TEST(contains(finished.err, "--format ndjson|csv"), finished.err);
  }
  BOOST_TEST(!exists("stdin.report.ndjson.job"));
}

BOOST_AUTO_TEST_CASE(standard_input_is_not_kept_if_nothing_is_sent) {
  const auto invalid = run_input(std::string(valid_line) + invalid_line);
  BOOST_TEST(invalid.status == 3, invalid.err);
  BOOST_TEST(contains(invalid.err, "standard input:2: fileName: contains '*'"), invalid.err);
  check_nothing_left();

  const auto empty = run_input("\n");
  BOOST_TEST(empty.status == 0, empty.err);
  BOOST_TEST(contains(empty.err, "standard input: no operations"), empty.err);
  check_nothing_left();

  const auto dry = run_input(valid_line, {"--format", "ndjson", "--dry-run"});
  BOOST_TEST(dry.status == 0, dry.err);
  BOOST_TEST(contains(dry.out, "HTTP/1.1"), dry.out);
  check_nothing_left();

  workspace.write("r", "precious\n");
  const auto existing = run_input(valid_line);
  BOOST_TEST(existing.status == 2, existing.err);
  BOOST_TEST(contains(existing.err, "koobatch resume"), existing.err);
  BOOST_TEST(workspace.read("r") == "precious\n");
  BOOST_TEST(!exists("r.job"));
}

BOOST_AUTO_TEST_CASE(what_an_earlier_run_kept_is_never_overwritten) {
  workspace.write("r.job", "precious\n");
  const auto finished = run_input(valid_line);
  BOOST_TEST(finished.status == 2, finished.err);
  BOOST_TEST(contains(finished.err, workspace.path("r.job") + ": exists already"), finished.err);
  BOOST_TEST(workspace.read("r.job") == "precious\n");
  BOOST_TEST(!exists("r"));
}

BOOST_AUTO_TEST_CASE(output_to_a_closed_stream_gets_into_no_file) {
  for (const char* closed : {">&-", "2>&-", ">&- 2>&-"}) {
    BOOST_TEST_CONTEXT(closed) {
      const auto finished = run_with(closed);
      BOOST_TEST(finished.status == 0, finished.err);
      BOOST_TEST(workspace.read("r.job") == valid_line);
      BOOST_TEST(read_report(workspace.path("r")).results.size() == 1U);
      BOOST_TEST(run_koobatch({"report", workspace.path("r")}).status == 0);
      std::filesystem::remove(workspace.path("r"));
      std::filesystem::remove(workspace.path("r.job"));
    }
  }
}

BOOST_AUTO_TEST_CASE(a_closed_standard_input_is_not_an_empty_job) {
  const auto finished = run_with("<&-");
  BOOST_TEST(finished.status == 2, finished.err);
  BOOST_TEST(contains(finished.err, "standard input: cannot be read; nothing was sent: Bad file"), finished.err);
  check_nothing_left();
}

BOOST_AUTO_TEST_CASE(validate_reads_standard_input_and_leaves_nothing) {
  const auto folder = workspace.path("temporary");
  std::filesystem::create_directory(folder);
  const auto validate = [&](const std::string& text) {
    return run_koobatch({"validate", "-", "--format", "ndjson"}, {{"TMPDIR", folder}}, {},
                        workspace.write("input", text));
  };
  const auto valid = validate(archives::zstd(valid_line));
  BOOST_TEST(valid.status == 0, valid.err);
  BOOST_TEST(valid.out == "standard input: 1 operation, all valid\n");
  const auto invalid = validate(invalid_line);
  BOOST_TEST(invalid.status == 3);
  BOOST_TEST(contains(invalid.err, "standard input:1: fileName"), invalid.err);
  BOOST_TEST(std::filesystem::is_empty(folder));
}

BOOST_AUTO_TEST_CASE(an_interrupt_while_standard_input_is_read_leaves_nothing) {
  const auto pipe = workspace.path("pipe");
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  // Open for both: it never comes to its end.
  const int held = ::open(pipe.c_str(), O_RDWR | O_CLOEXEC);
  BOOST_REQUIRE(held >= 0);
  Process process({KOOBATCH_BINARY, "run", "-", "--format", "ndjson", "--simulate", "--report", workspace.path("r")},
                  {}, {}, pipe);
  const std::string_view text = valid_line;
  BOOST_REQUIRE(::write(held, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  const auto spooled = [&] {
    std::error_code none;
    return std::filesystem::file_size(workspace.path("r.job"), none) == text.size();
  };
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!spooled() && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  BOOST_TEST(spooled());
  process.signal(SIGINT);
  const auto finished = process.wait();
  ::close(held);
  BOOST_TEST(finished.status == 130, finished.err);
  BOOST_TEST(contains(finished.err, "nothing was sent"), finished.err);
  check_nothing_left();
}

BOOST_AUTO_TEST_CASE(a_pipe_is_kept_beside_the_report_and_resumed_from_there_after_a_kill) {
  Trial trial(plain);
  const auto pipe = trial.workspace.path("pipe");
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  std::thread writer([&] {
    const int end = ::open(pipe.c_str(), O_WRONLY | O_CLOEXEC);
    std::string_view rest = trial.stored;
    while (!rest.empty()) {
      const ssize_t written = ::write(end, rest.data(), rest.size());
      if (written < 0) break;
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    ::close(end);
  });
  const auto killed = trial.run({"run", pipe, "--user-id", "7", "--report", trial.report}, 250);
  writer.join();
  BOOST_TEST(killed.status == 128 + SIGKILL, killed.err);
  BOOST_TEST((read_file(trial.spool) == trial.stored));
  trial.resume_to_the_end();
  trial.check();
}

BOOST_AUTO_TEST_CASE(what_a_shell_passes_as_a_pipe_is_a_job_whose_first_line_tells_the_format) {
  const auto file = workspace.write("job", std::string("op;id;fileName;user_id\n") + "rename_shared_folder;1;a;7\n");
  for (const char* form : {"run <(cat {0}) --report {1}", "run /dev/stdin --report {1} < <(cat {0})",
                           "run /dev/stdin --report {1} < {0}", "run <(gzip -c {0}) --report {1}"}) {
    BOOST_TEST_CONTEXT(form) {
      const auto words = fmt::format(fmt::runtime("exec {2} " + std::string(form) + " --simulate"), file,
                                     workspace.path("r"), KOOBATCH_BINARY);
      const auto finished = Process({"/bin/bash", "-c", words}).wait();
      BOOST_TEST(finished.status == 0, finished.err);
      BOOST_TEST(read_report(workspace.path("r")).results.size() == 1U);
      BOOST_TEST(exists("r.job"));
      BOOST_TEST(run_koobatch({"report", workspace.path("r")}).status == 0);
      std::filesystem::remove(workspace.path("r"));
      std::filesystem::remove(workspace.path("r.job"));
    }
  }
  const auto validated =
      Process({"/bin/bash", "-c", fmt::format("exec {} validate <(cat {})", KOOBATCH_BINARY, file)}).wait();
  BOOST_TEST(validated.status == 0, validated.err);
  BOOST_TEST(contains(validated.out, ": 1 operation, all valid"), validated.out);
  BOOST_TEST(contains(validated.err, ": read as cells separated by ';'"), validated.err);
}

BOOST_AUTO_TEST_CASE(a_pipe_that_tells_no_format_is_not_kept) {
  const auto finished =
      Process({"/bin/bash", "-c",
               fmt::format("exec {} run <(echo hello) --simulate --report {}", KOOBATCH_BINARY, workspace.path("r"))})
          .wait();
  BOOST_TEST(finished.status == 2, finished.err);
  BOOST_TEST(contains(finished.err, "neither its name nor its first line tells the format; give --format ndjson|csv"),
             finished.err);
  check_nothing_left();
}

BOOST_AUTO_TEST_CASE(settings_of_csv_are_refused_for_a_pipe_whose_first_line_is_ndjson) {
  for (const char* command : {"validate", "run --simulate --user-id 7 --report r"}) {
    const auto finished = Process({"/bin/bash", "-c",
                                   fmt::format("cd {} && exec {} {} <(echo '{{}}') --delimiter ';'", workspace.path(""),
                                               KOOBATCH_BINARY, command)})
                              .wait();
    BOOST_TEST(finished.status == 2, finished.err);
    BOOST_TEST(contains(finished.err, "--delimiter is about the columns of CSV, and the job is NDJSON"), finished.err);
  }
  check_nothing_left();
}

BOOST_AUTO_TEST_CASE(a_spreadsheet_of_another_encoding_runs_resumes_and_is_repeated_in_utf8) {
  Service service;
  std::string text = "Id;file_name;comment;;\n";
  for (int i = 1; i <= 300; ++i) text += fmt::format("{};\xd6\xd0{};\xce\xc4;;\n;;;;\n", i, i);
  const auto file = workspace.write("job.csv", text);
  const auto report = workspace.path("r");
  Process::Environment kill = {{"TOKEN", "secret"},
                               {"LD_PRELOAD", IO_FAULTS_LIBRARY},
                               {"KOOBATCH_IO_FAULT", "kill:send:100"},
                               {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
  const std::vector<std::string> begin = {
      "run",       file, "--endpoint", service.url(), "--token-env",      "TOKEN",   "--op",     "rename_shared_folder",
      "--user-id", "7",  "--encoding", "GB18030",     "--ignore-columns", "comment", "--report", report};
  const auto killed = run_koobatch(begin, kill);
  BOOST_TEST(killed.status == 128 + SIGKILL, killed.err);
  BOOST_TEST(contains(killed.err, "read as cells separated by ';', column Id as id, column file_name as fileName"),
             killed.err);
  const auto resumed = run_koobatch({"resume", report}, {{"TOKEN", "secret"}});
  BOOST_TEST(resumed.status == 0, resumed.err);
  BOOST_TEST(read_report(report).results.size() == 300U);
  BOOST_TEST(read_state(service.get("/_sim/state"))["folder:300"] ==
             "\xe4\xb8\xad"
             "300");
}

BOOST_AUTO_TEST_CASE(what_did_not_succeed_of_a_spreadsheet_is_written_as_a_job_that_needs_no_settings) {
  const auto file = workspace.write("job.csv", "Id;fileName;comment\n1;M\xfcller;x\n2;b;y\n");
  const auto report = workspace.path("r");
  const auto failed =
      run_koobatch({"run", file, "--simulate", "--user-id", "7", "--op", "rename_shared_folder", "--encoding",
                    "windows-1252", "--ignore-columns", "comment", "--fault", "status=403,rate=1", "--report", report});
  BOOST_TEST(failed.status == 1, failed.err);
  const auto mend = workspace.path("mend.csv");
  BOOST_TEST(run_koobatch({"report", report, "--failed", mend}).status == 0);
  BOOST_TEST(read_file(mend) == "op,id,fileName\nrename_shared_folder,1,M\xc3\xbcller\nrename_shared_folder,2,b\n");
  BOOST_TEST(run_koobatch({"validate", mend}).status == 0);
}

BOOST_AUTO_TEST_CASE(an_encoding_error_says_how_to_have_the_job_read) {
  const auto file =
      workspace.write("job.csv", "op,id,fileName\nrename_shared_folder,1,M\xfcller\nrename_shared_folder,2,b\n");
  const auto refused = run_koobatch({"validate", file});
  BOOST_TEST(refused.status == 3);
  BOOST_TEST(contains(refused.err, "is not valid UTF-8"), refused.err);
  BOOST_TEST(contains(refused.err, "looks like windows-1252, in which line 2 has \"M\xc3\xbcller\""), refused.err);
  BOOST_TEST(run_koobatch({"validate", file, "--encoding", "windows-1252"}).status == 0);
}

BOOST_AUTO_TEST_SUITE_END()
