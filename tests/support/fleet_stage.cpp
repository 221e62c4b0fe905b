#include "fleet_stage.hpp"

#include "paths.hpp"
#include "run_checks.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <fstream>

namespace koobatch::test {
namespace {

std::vector<std::string> with_log(std::vector<std::string> flags, const std::string& log) {
  flags.insert(flags.end(), {"--log", log});
  return flags;
}

void append(std::vector<std::string>& to, const std::vector<std::string>& more) {
  to.insert(to.end(), more.begin(), more.end());
}

void signal_all(const PostgresServer& postgres, int number) {
  pid_t server = 0;
  std::ifstream(postgres.folder() + "/data/postmaster.pid") >> server;
  std::vector<pid_t> all{server};
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", server));
  for (pid_t child = 0; children >> child;) all.push_back(child);
  for (const pid_t pid : all) ::kill(pid, number);
}

}  // namespace

FleetStage::FleetStage(std::size_t count, std::size_t keys, const std::vector<std::string>& flags)
    : operations(count), job(generate_job(count, keys)), service(with_log(flags, log)) {
  workspace.write("job.ndjson", job.text);
  const auto made = run_koobatch({"engine", "init", "--engine", postgres.url(), "--copies", "1"});
  BOOST_REQUIRE_MESSAGE(made.status == 0, made.err);
}

void FleetStage::submit(const std::vector<std::string>& flags) {
  std::vector<std::string> command = {"submit",         workspace.path("job.ndjson"),
                                      "--engine",       postgres.url(),
                                      "--copies",       "1",
                                      "--endpoint",     service.url(),
                                      "--user-id",      "7",
                                      "--report",       report,
                                      "--lease",        "5s",
                                      "--hold",         "2s",
                                      "--retry-base",   "10ms",
                                      "--max-attempts", "12"};
  append(command, flags);
  const auto submitted = run_koobatch(command);
  BOOST_REQUIRE_MESSAGE(submitted.status == 0, submitted.err);
}

std::vector<std::string> FleetStage::work_command(const std::string& name,
                                                  const std::vector<std::string>& flags) const {
  std::vector<std::string> command = {KOOBATCH_BINARY,  "work",
                                      "--engine",       postgres.url(),
                                      "--copies",       "1",
                                      "--endpoint",     service.url(),
                                      "--token-env",    "TOKEN",
                                      "--name",         name,
                                      "--worker-state", workspace.path("state-" + name),
                                      "--progress",     "none"};
  append(command, flags);
  return command;
}

std::unique_ptr<Process> FleetStage::start_worker(const std::string& name, const std::vector<std::string>& flags,
                                                  const Process::Environment& environment) const {
  ++starts[name];
  auto all = environment;
  all.emplace("TOKEN", "secret");
  return std::make_unique<Process>(work_command(name, flags), all);
}

Finished FleetStage::collect() const {
  return run_koobatch({"collect", report, "--follow"});
}

void FleetStage::freeze_engine() const {
  signal_all(postgres, SIGSTOP);
}

void FleetStage::thaw_engine() const {
  signal_all(postgres, SIGCONT);
}

std::size_t FleetStage::applied() const {
  return std::stoul(member(service.get("/_sim/stats"), "applied"));
}

void FleetStage::wait_for_applied(std::size_t count) const {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(3);
  while (applied() < count) {
    BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < end, applied() << " of " << count << " applied");
    ::usleep(2'000);
  }
}

void FleetStage::wait_for_enrolment(const std::string& name) const {
  const auto enrolled = [&] {
    return postgres.query(fmt::format("SELECT count(*) FROM koobatch.worker WHERE name = '{}'", name));
  };
  const auto has_ended = [&] {
    const auto state = run_state();
    return state == "completed" || state == "stopping" || state == "stopped" || state == "aborted";
  };
  while (std::stoi(enrolled()) < starts[name] && !has_ended()) ::usleep(20'000);
  // It is armed once it was acknowledged.
  ::usleep(200'000);
}

std::string FleetStage::run_state() const {
  auto state = postgres.query("SELECT state FROM koobatch.run ORDER BY id DESC LIMIT 1");
  while (!state.empty() && state.back() == '\n') state.pop_back();
  return state;
}

void FleetStage::check() {
  const auto collected = collect();
  BOOST_TEST(collected.status == 0, collected.err);
  check_nothing_lost_doubled_or_reordered(service, log, report, job, operations);
}

}  // namespace koobatch::test
