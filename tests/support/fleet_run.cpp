#include "fleet_run.hpp"

#include "paths.hpp"
#include "run_checks.hpp"
#include "windows.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <thread>

namespace koobatch::test {
namespace {

using namespace std::chrono_literals;
using Words = std::vector<std::string>;

constexpr std::array<const char*, Crew::size> names = {"a", "b", "c"};

Words with_log(Words flags, const std::string& log) {
  flags.insert(flags.end(), {"--log", log});
  return flags;
}

void append(Words& to, const Words& more) {
  to.insert(to.end(), more.begin(), more.end());
}

}  // namespace

FleetRun::FleetRun(std::size_t count, std::size_t keys, const Words& flags)
    : operations(count), job(generate_job(count, keys)), service(with_log(flags, log)) {
  workspace.write("job.ndjson", job.text);
}

void FleetRun::create_tables() const {
  Words command = {"engine", "init"};
  append(command, engine());
  const auto made = run_koobatch(command);
  BOOST_REQUIRE_MESSAGE(made.status == 0, made.err);
}

void FleetRun::submit(const Words& flags) {
  Words command = {"submit",         workspace.path("job.ndjson"),
                   "--endpoint",     service.url(),
                   "--user-id",      "7",
                   "--report",       report,
                   "--lease",        "5s",
                   "--hold",         "2s",
                   "--retry-base",   "10ms",
                   "--max-attempts", "12"};
  append(command, engine());
  append(command, flags);
  const auto submitted = run_koobatch(command);
  BOOST_REQUIRE_MESSAGE(submitted.status == 0, submitted.err);
}

Words FleetRun::work_command(const std::string& name, const Words& flags) const {
  Words command = {KOOBATCH_BINARY, "work",   "--endpoint", service.url(),    "--token-env",
                   "TOKEN",         "--name", name,         "--worker-state", workspace.path("state-" + name),
                   "--progress",    "none"};
  append(command, engine());
  append(command, flags);
  return command;
}

std::unique_ptr<Process> FleetRun::start_worker(const std::string& name, const Words& flags,
                                                const Process::Environment& environment) const {
  ++starts[name];
  auto all = environment;
  all.emplace("TOKEN", "secret");
  return std::make_unique<Process>(work_command(name, flags), all);
}

Finished FleetRun::collect() const {
  return run_koobatch({"collect", report, "--follow"});
}

std::size_t FleetRun::applied() const {
  return std::stoul(member(service.get("/_sim/stats"), "applied"));
}

void FleetRun::wait_for_applied(std::size_t count) const {
  const auto end = std::chrono::steady_clock::now() + 3min;
  while (applied() < count) {
    BOOST_REQUIRE_MESSAGE(std::chrono::steady_clock::now() < end, applied() << " of " << count << " applied");
    ::usleep(2'000);
  }
}

void FleetRun::wait_for_enrolment(const std::string& name) const {
  const auto enrolled = [&] {
    return ask_engine(fmt::format("SELECT count(*) FROM koobatch.worker WHERE name = '{}'", name));
  };
  const auto has_ended = [&] {
    const auto state = run_state();
    return state == "completed" || state == "stopping" || state == "stopped" || state == "aborted";
  };
  while (std::stoi(enrolled()) < starts[name] && !has_ended()) ::usleep(20'000);
  // The timer is armed once the enrolment has been acknowledged.
  ::usleep(200'000);
}

std::string FleetRun::run_state() const {
  auto state = ask_engine("SELECT state FROM koobatch.run ORDER BY id DESC LIMIT 1");
  while (!state.empty() && state.back() == '\n') state.pop_back();
  return state;
}

void FleetRun::check() {
  const auto collected = collect();
  BOOST_TEST(collected.status == 0, collected.err);
  check_nothing_lost_doubled_or_reordered(service, log, report, job, operations);
}

void check_rate(const std::string& log, std::size_t rate) {
  std::vector<std::int64_t> times;
  for (const auto& request : read_log(log)) times.push_back(request.t_ns);
  std::ranges::sort(times);
  constexpr std::size_t bursts = 4;
  BOOST_TEST(most_within(times, 1'000'000'000) <= rate + rate / 10 + bursts);
}

void check_succeeded(Process& worker) {
  const auto finished = worker.wait(180s);
  BOOST_TEST(finished.status == 0, finished.err);
}

Crew::Crew(const FleetRun& fleet) : fleet_(fleet) {
  for (const auto* name : names) workers_.push_back(fleet.start_worker(name));
}

void Crew::stop(std::size_t worker) const {
  workers_[worker]->signal(SIGSTOP);
}

void Crew::strike(std::size_t worker) const {
  workers_[worker]->signal(SIGKILL);
  // On a busy machine, everything may be done by then.
  const auto status = workers_[worker]->wait(60s).status;
  BOOST_TEST((status == 128 + SIGKILL || (status == 0 && fleet_.run_state() == "completed")), status);
}

void Crew::start(std::size_t worker) {
  workers_[worker] = fleet_.start_worker(names[worker]);
}

void Crew::replace(std::size_t worker, bool stops) {
  fleet_.wait_for_enrolment(names[worker]);
  if (stops) {
    stop(worker);
    // A worker that is stopped is killed by its own timer, unless it had no lease at that moment: after the
    // length of a lease, that makes no difference.
    std::this_thread::sleep_for(7s);
  }
  strike(worker);
  start(worker);
}

void Crew::check_succeeded() const {
  for (const auto& worker : workers_) test::check_succeeded(*worker);
}

}  // namespace koobatch::test
