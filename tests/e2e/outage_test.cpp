// An outage in the middle of a run costs neither operations nor attempts, the service is left alone while it lasts, and
// the run then continues at the earlier pace. KOOBATCH_OUTAGE_SECONDS makes the outage longer than its 3 seconds.
#include "fault_gate.hpp"
#include "over_http2.hpp"
#include "run_checks.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include "koobatch/flow/breaker.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <thread>

using namespace koobatch;
using namespace koobatch::test;
using namespace std::chrono_literals;

namespace {

constexpr unsigned most_in_flight = 64;
/// Enough, at a rate that busy machines can send, for a while before the outage, and for the 5 s after it that are
/// looked at.
constexpr std::size_t operations = 2'000;
/// The outage begins when this many have been applied.
constexpr std::size_t before_outage = 400;

const Process::Environment token = {{"TOKEN", "secret"}};

std::chrono::seconds outage_length() {
  const char* const text = std::getenv("KOOBATCH_OUTAGE_SECONDS");
  return std::chrono::seconds(text == nullptr ? 3 : std::stoi(text));
}

/// More bad answers than a run that keeps its promise can receive.
constexpr std::size_t sick_replies = 1'000;

std::vector<Reply> silence() {
  return std::vector<Reply>(sick_replies, Reply{.then = Reply::Then::hang});
}

std::vector<Reply> server_errors() {
  std::vector<Reply> replies;
  for (std::size_t i = 0; i < sick_replies; ++i) {
    const int status = i % 2 == 0 ? 500 : 502;
    replies.push_back(
        {.bytes = http_answer(status, R"({"error_code":"APIG.0202","error_msg":"Backend unavailable"})")});
  }
  return replies;
}

/// How many probes an outage of this length sees at most, each failing at once.
std::size_t probes_within(Duration outage) {
  using flow::Breaker;
  std::size_t probes = 0;
  Duration delay = Breaker::first_probe_delay;
  for (Duration at = delay; at <= outage; ++probes) {
    at += std::max(delay, at / Breaker::probes_in_proportion);
    delay = std::min(delay * 2, Breaker::max_probe_delay);
  }
  return probes;
}

constexpr std::int64_t second = 1'000'000'000;

/// When requests arrived at the healthy service, in ns.
class Arrivals {
 public:
  explicit Arrivals(const std::string& log) {
    for (const auto& request : read_log(log)) times_.push_back(request.t_ns);
    std::sort(times_.begin(), times_.end());
    const auto gap =
        std::adjacent_find(times_.begin(), times_.end(), [](std::int64_t a, std::int64_t b) { return b - a > second; });
    BOOST_REQUIRE(gap != times_.end());
    outage_ = *gap;
  }
  /// When the last one before the outage came.
  std::int64_t outage() const { return outage_; }
  std::size_t within_second(std::int64_t from) const {
    return static_cast<std::size_t>(std::distance(std::lower_bound(times_.begin(), times_.end(), from),
                                                  std::lower_bound(times_.begin(), times_.end(), from + second)));
  }
  /// The most in any second of the five from then on.
  std::size_t best_second(std::int64_t from) const {
    std::size_t best = 0;
    for (std::int64_t at = from; at <= from + 4 * second; at += second / 10) best = std::max(best, within_second(at));
    return best;
  }

 private:
  std::vector<std::int64_t> times_;
  std::int64_t outage_ = 0;
};

struct Fixture {
  std::vector<std::string> command(const std::vector<std::string>& flags) const {
    std::vector<std::string> all = {"run",        job_path, "--endpoint",  gate.url(), "--user-id", "7",
                                    "--rate",     "250/s",  "--timeout",   "500ms",    "--report",  report,
                                    "--progress", "none",   "--token-env", "TOKEN"};
    all.insert(all.end(), flags.begin(), flags.end());
    return in_flight(most_in_flight, all);
  }

  void wait_for_applied(std::size_t count) const {
    while (std::stoul(member(service.get("/_sim/stats"), "applied")) < count) ::usleep(5'000);
  }

  /// A run during which `sick` stands for the service for a while.
  Finished run_through(const ScriptedServer& sick, const std::vector<std::string>& flags) {
    auto arguments = command(flags);
    arguments.insert(arguments.begin(), KOOBATCH_BINARY);
    Process run(arguments, token);
    wait_for_applied(before_outage);
    const auto begun = Steady::now();
    gate.redirect(sick.url());
    std::this_thread::sleep_for(outage_length());
    gate.redirect(service.url());
    outage_took = Steady::now() - begun;
    return run.wait();
  }

  /// The service was left alone, and no operation is charged for the outage.
  void check_outage(std::vector<Reply> replies, const std::vector<std::string>& flags) {
    const ScriptedServer sick(std::move(replies));
    const auto finished = run_through(sick, flags);
    BOOST_TEST(finished.status == 0, finished.out << finished.err);
    BOOST_TEST_MESSAGE(sick.requests() << " requests during the outage, with at most " << most_in_flight
                                       << " in flight");
    const std::size_t allowed = most_in_flight * 11 / 10 + probes_within(outage_took);
    BOOST_TEST(sick.requests() >= flow::Breaker::failures_to_open);
    BOOST_TEST(sick.requests() <= allowed);
    for (const auto* words : {"nothing is sent but a probe now and then", "the service answers again"}) {
      BOOST_TEST(finished.err.find(words) != std::string::npos, finished.err);
    }
    BOOST_TEST(finished.out.find("1 outage") != std::string::npos, finished.out);
    const auto end = read_report(report).end.at(0);
    BOOST_TEST(member(member(end, "pace"), "outages") == "1", end);
    check_nothing_lost_doubled_or_reordered(service, log, report, job, operations);
  }

  void check_pace_is_back() const {
    const Arrivals arrivals(log);
    const auto earlier = arrivals.within_second(arrivals.outage() - second);
    const auto later = arrivals.best_second(arrivals.outage() + outage_took.count());
    BOOST_TEST_MESSAGE(earlier << " requests in the second before the outage, " << later << " in one after it");
    BOOST_TEST(later * 100 >= earlier * 95);
  }

  Workspace workspace;
  const GeneratedJob job = generate_job(operations, operations);
  const std::string job_path = workspace.write("job.ndjson", job.text);
  const std::string report = workspace.path("r");
  const std::string log = workspace.path("log");
  Service service{{"--latency", "5ms", "--log", log}};
  FaultGate gate{service.url()};
  Duration outage_took{};  ///< no less than was meant; more on a busy machine
};

/// Too few attempts and too little time to last through the outage. Its beginning and end break single connections,
/// which is not an outage, so there must be a second attempt.
const std::vector<std::string> impatient = {"--max-attempts", "2", "--deadline", "2s"};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(outage, Fixture)

BOOST_AUTO_TEST_CASE(a_silent_service_is_left_alone_and_the_pace_is_back_afterwards) {
  check_outage(silence(), {});
  check_pace_is_back();
}

BOOST_AUTO_TEST_CASE(a_service_that_answers_500_and_502_is_left_alone_and_the_pace_is_back_afterwards) {
  check_outage(server_errors(), {});
  check_pace_is_back();
}

BOOST_AUTO_TEST_CASE(silence_uses_up_neither_attempts_nor_the_deadline) {
  check_outage(silence(), impatient);
}

BOOST_AUTO_TEST_CASE(http_500_and_502_use_up_neither_attempts_nor_the_deadline) {
  check_outage(server_errors(), impatient);
}

BOOST_AUTO_TEST_CASE(an_outage_that_lasts_too_long_leaves_a_resumable_run) {
  const ScriptedServer sick(silence());
  const auto stopped = run_through(sick, {"--max-outage", "1s"});
  BOOST_TEST(stopped.status == 5, stopped.err);
  BOOST_TEST(stopped.err.find("has failed every request for 1 s (--max-outage)") != std::string::npos, stopped.err);
  BOOST_TEST(member(read_report(report).end.at(0), "reason") == "aborted");
  const auto resumed = run_koobatch({"resume", report, "--rate", "5000/s", "--progress", "none"}, token);
  BOOST_TEST(resumed.status == 0, resumed.err);
  check_nothing_lost_doubled_or_reordered(service, log, report, job, operations);
}

BOOST_AUTO_TEST_SUITE_END()
