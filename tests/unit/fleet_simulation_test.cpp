#include "fleet_worker_model.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

// Whole fleets in virtual time: what is promised of them must hold whatever happens to whom in whichever step. Each
// seed is another world. KOOBATCH_FLEET_SEEDS says how many, KOOBATCH_FLEET_SEED the first one.

using namespace koobatch;
using namespace koobatch::fleet;
using namespace koobatch::fleet::test;
using namespace std::chrono_literals;

namespace {

/// How the worlds of a test differ from those in which anything may happen, and everything is as it should be.
struct Kind {
  bool kernel_timer = true;
  bool hold = true;
  bool only_outages = false;  ///< nothing happens to machines, nor to messages
  bool calm = false;          ///< nor to the ledger
  bool fast = false;          ///< many requests a second
  bool forgets = false;       ///< the ledger goes back in time
  bool late_shares = false;   ///< connections that are lost still change shares; workers are cut off from the service
  bool compares_shares = true;
};

/// A fleet, its machines, and what happens to them.
class Simulation {
 public:
  Simulation(std::uint64_t seed, const Kind& kind)
      : seed_(seed), kind_(kind), fleet_(seed, error_of(seed, 1), error_of(seed, 2)), world_(fleet_.world) {
    set_up();
    submit();
    const bool large = is_large();
    const unsigned machines = large ? world_.number(60U, 300U) : world_.number(1U, 7U);
    for (unsigned i = 0; i < machines; ++i) add_machine(i == 0 ? 0s : Duration(world_.between(0s, Duration(60s))));
    // Whatever happens to the others: one comes in the end that nothing happens to.
    world_.at(fleet_.setup.faults_until, [this] { add_machine(0s); });
    if (kind_.calm) return;
    for (unsigned i = 0, outages = world_.number(0U, 2U); i < outages; ++i) plan_outage();
    if (kind_.forgets) plan_loss();
    if (!kind_.only_outages && !kind_.late_shares && world_.chance(0.2)) plan_lower_rate();
  }

  /// Lets it run to its end. Returns the promises that were broken.
  std::vector<std::string> run() {
    const Duration limit = fleet_.setup.faults_until + 3h;
    while (!is_done() && fleet_.broken.empty() && world_.step(limit)) {
    }
    if (!is_done()) fleet_.breaks("the run does not end");
    // What is still on its way must not do any harm, either.
    const Duration end = world_.now() + 45min;
    while (world_.step(end)) {
    }
    check();
    return fleet_.broken;
  }

  const Fleet& fleet() const { return fleet_; }

 private:
  struct Host {
    std::unique_ptr<Machine> machine;
    std::vector<std::unique_ptr<WorkerModel>> workers;  ///< the last one may be alive
    bool has_lock = true;                               ///< whether what a dead process leaves is found
  };

  static Duration error_of(std::uint64_t seed, std::uint64_t salt) {
    std::mt19937_64 random(seed * 3 + salt);
    return std::chrono::milliseconds(std::uniform_int_distribution<int>(-900, 900)(random));
  }
  bool is_large() const { return seed_ % 100 == 99 && !kind_.fast; }

  void set_up() {
    Setup& setup = fleet_.setup;
    setup.kernel_timer = kind_.kernel_timer;
    fleet_.ledger.run.lease = world_.chance(0.8) ? Duration(20s) : world_.between(Duration(5s), Duration(60s));
    fleet_.ledger.run.hold = kind_.hold ? Duration(16min) : Duration::zero();
    setup.limits.open_lines_per_part = world_.number<std::size_t>(3, 60);
    setup.limits.waiting_lines = world_.number<std::size_t>(1, 200);
    setup.limits.chunks_ahead = world_.number<ChunkNumber>(2, 64);
    setup.limits.fed_ahead = world_.number<ChunkNumber>(1, 2);
    setup.requests_at_a_time = world_.number(1U, 10U);
    setup.hazard = world_.chance(0.3) ? 0 : world_.between(0, is_large() ? 0.00002 : 0.002);
    setup.worst_place = world_.chance(0.5) ? 0 : world_.between(0, is_large() ? 0.0005 : 0.01);
    setup.lost = world_.chance(0.5) ? 0 : world_.between(0, 0.02);
    setup.late = world_.chance(0.5) ? 0 : world_.between(0, 0.01);
    setup.service_trouble = world_.chance(0.5) ? 0 : world_.between(0, 0.1);
    if (kind_.late_shares) setup.late_shares = 0.1;
    fleet_.ledger.compares_shares = kind_.compares_shares;
    if (kind_.only_outages || kind_.late_shares) setup.hazard = setup.worst_place = setup.lost = setup.late = 0;
    setup.faults_until = world_.between(Duration(60s), Duration(400s));
  }

  /// A job in the ledger: some keys are named once, others often.
  void submit() {
    const unsigned parts = is_large() ? 400 : kind_.fast ? 64 : world_.number(1U, 12U);
    const std::uint32_t lines = is_large()   ? 4000
                                : kind_.fast ? world_.number(4000U, 12'000U)
                                             : world_.number(50U, 600U);
    const std::uint64_t keys = std::max<std::uint64_t>(1, lines / world_.number(1U, 12U));
    const unsigned unrepeatable = world_.chance(0.7) ? 0 : world_.number(1U, 30U);  ///< percent
    const std::size_t chunk_size = kind_.fast ? 100 : world_.number<std::size_t>(1, 20);
    RunDescription& run = fleet_.ledger.run;
    run.rate = lines / world_.between(20.0, is_large() ? 60.0 : 300.0);
    run.burst = world_.number(1U, kind_.late_shares ? 4U : 20U);
    if (kind_.fast) make_fast(lines);
    fleet_.ledger.parts.resize(parts);
    for (std::uint32_t line = 1; line <= lines; ++line) {
      const std::uint64_t key = is_large() || kind_.fast ? line : world_.number<std::uint64_t>(0, keys - 1);
      auto& chunks = fleet_.ledger.parts[key % parts].chunks;
      if (chunks.empty() || chunks.back().size() == chunk_size) chunks.emplace_back();
      const JobLine it{line, key, world_.number(1U, 100U) > unrepeatable};
      chunks.back().push_back(it);
      job_.push_back(it);
    }
  }

  /// As many requests as a service takes, not as many as machines can send.
  void make_fast(std::uint32_t lines) {
    fleet_.ledger.run.rate = lines / (kind_.late_shares ? world_.between(100.0, 200.0) : world_.between(20.0, 60.0));
    fleet_.setup.limits = {};
    // So that nobody has all of it.
    if (kind_.late_shares) fleet_.setup.limits.open_lines = 300;
    fleet_.setup.requests_at_a_time = 60;
    fleet_.setup.service_trouble = fleet_.setup.slow_reading = 0;
  }

  void add_machine(Duration after) {
    auto& host = *hosts_.emplace_back(std::make_unique<Host>());
    // Behind by any amount; ahead, before the service has answered, by less than the margin of a hold.
    const Duration error = world_.chance(0.5) ? Duration(world_.between(-20s, Duration(20s)))
                                              : Duration(world_.between(-20min, Duration(30s)));
    host.machine = std::make_unique<Machine>(world_, world_.between(0.995, 1.005), error);
    world_.after(after, [this, &host] { begin(host); });
    if (!kind_.only_outages && !kind_.calm) plan_fault(host);
  }

  void begin(Host& host) {
    std::optional<Enrolment> predecessor;
    if (host.has_lock && !host.workers.empty()) predecessor = host.workers.back()->enrolment();
    if (predecessor && predecessor->number == 0) predecessor.reset();
    const auto died = [this, &host](Death death) { bury(host, death); };
    host.workers.push_back(std::make_unique<WorkerModel>(fleet_, *host.machine, predecessor, died));
    most_alive_ = std::max<std::size_t>(most_alive_, alive());
    host.workers.back()->start();
  }
  void bury(Host& host, Death death) {
    const auto again = [&](Duration low, Duration high) {
      world_.after(world_.between(low, high), [this, &host] { begin(host); });
    };
    host.has_lock = true;
    switch (death) {
      case Death::crash:
        if (world_.chance(0.2)) return;  // never again
        host.has_lock = world_.chance(0.7);
        return again(100ms, 30s);
      case Death::timer:
        return again(1s, 30s);
      case Death::fenced:
        return again(500ms, 1s);
      case Death::left:
        return again(5s, 60s);
      case Death::machine_lost:
      case Death::done:
        return;
    }
  }
  std::size_t alive() const {
    std::size_t count = 0;
    for (const auto& host : hosts_) count += !host->workers.empty() && host->workers.back()->alive();
    return count;
  }

  // What happens to machines as a whole:
  void plan_fault(Host& host) {
    const Duration usual = is_large() ? Duration(2h) : kind_.late_shares ? Duration(30s) : Duration(150s);
    world_.after(world_.between(0s, 2 * usual), [this, &host] {
      if (world_.now() > fleet_.setup.faults_until) return;
      if (!host.workers.empty() && host.workers.back()->alive()) strike(host);
      plan_fault(host);
    });
  }
  void strike(Host& host) {
    WorkerModel& worker = *host.workers.back();
    if (kind_.late_shares) return worker.cut_off_service(world_.between(Duration(2s), Duration(8s)));
    switch (world_.number(0, 8)) {
      case 0:
        return worker.die(Death::crash);
      case 1:
        return worker.die(Death::machine_lost, true);
      case 2:
        return worker.process().stop(world_.between(Duration(1s), Duration(60s)));
      case 3:
        host.machine->stop(world_.between(Duration(1s), Duration(40min)));
        return;
      case 4:
        host.machine->set_calendar(world_.between(Duration(-20min), Duration(30s)));
        return;
      case 5:
        return worker.drain();
      case 6:
        return worker.cut_off_service(world_.between(Duration(1s), Duration(3min)));
      default:
        return worker.cut_off_ledger(world_.between(Duration(1s), Duration(60s)));
    }
  }
  void plan_outage() {
    world_.after(world_.between(0s, fleet_.setup.faults_until), [this] {
      const Duration until = world_.now() + world_.between(Duration(1s), Duration(90s));
      (world_.chance(0.5) ? fleet_.ledger_down_until : fleet_.writes_hang_until) = until;
    });
  }
  /// An asynchronous failover: the ledger lacks what it acknowledged lately.
  void plan_loss() {
    world_.after(world_.between(Duration(5s), Duration(60s)), [this] {
      world_.after(world_.between(10ms, Duration(10s)), [this, tables = fleet_.ledger.tables()] {
        if (is_done()) return;
        fleet_.ledger.restore(tables);
        fleet_.forgets = true;
        for (const auto& host : hosts_) must_notice_ = must_notice_ || misses_something(*host);
      });
    });
  }
  bool misses_something(const Host& host) const {
    if (host.workers.empty() || !host.workers.back()->alive()) return false;
    const auto number = static_cast<std::size_t>(host.workers.back()->enrolment().number);
    if (number == 0) return false;
    const auto& rows = fleet_.ledger.workers();
    return number > rows.size() || rows[number - 1].group < host.workers.back()->last_group();
  }
  /// Somebody changes the rate, perhaps to less than one request a second for each worker.
  void plan_lower_rate() {
    changes_rate_ = true;
    world_.after(world_.between(0s, fleet_.setup.faults_until),
                 [this] { fleet_.ledger.run.rate = world_.between(0.5, std::max(fleet_.ledger.run.rate, 1.0)); });
  }

  bool is_done() const {
    return fleet_.ledger.state == RunState::aborted ||
           std::ranges::all_of(fleet_.ledger.parts, [](const auto& part) { return part.done == part.chunks.size(); });
  }

  // The promises:
  void check() {
    if (kind_.forgets) {
      const bool aborted = fleet_.ledger.state == RunState::aborted;
      if (aborted != must_notice_) fleet_.breaks("lost groups were not noticed, or others were missed");
      return;
    }
    for (const std::string& what : fleet_.service.disorder) fleet_.breaks("older after newer: " + what);
    std::map<std::uint32_t, Status> results;
    for (const auto& row : fleet_.ledger.journal) {
      for (const Entry& entry : row.entries) {
        if (!entry.result) continue;
        if (!results.emplace(entry.line, *entry.result).second) broken_line("has two results", entry.line);
      }
    }
    for (const JobLine& line : job_) check(line, results);
    if (!changes_rate_) check_rate();
  }
  void check(const JobLine& line, const std::map<std::uint32_t, Status>& results) {
    const auto applied = fleet_.service.applied.find(line.line);
    const unsigned times = applied == fleet_.service.applied.end() ? 0 : applied->second;
    if (!line.is_repeatable && times > 1) broken_line("was applied twice", line.line);
    const auto result = results.find(line.line);
    if (result == results.end()) {
      if (is_done()) broken_line("has no result", line.line);
      return;
    }
    if (result->second == Status::succeeded && times == 0) broken_line("was not applied", line.line);
    if (result->second == Status::rejected) broken_line("was rejected because of a clock", line.line);
  }
  void broken_line(const std::string& what, std::uint32_t line) {
    fleet_.breaks("line " + std::to_string(line) + " " + what);
  }
  /// No window holds more than the rate allows, but for the speed of clocks.
  void check_rate() {
    const double rate = fleet_.ledger.run.rate * 1.006;
    const double burst = std::max<double>(fleet_.ledger.run.burst, static_cast<double>(most_alive_));
    double least = 0;
    double worst = 0;
    for (std::size_t i = 0; i < fleet_.sends.size(); ++i) {
      const double level = static_cast<double>(i) - rate * seconds(fleet_.sends[i]);
      if (i == 0 || level < least) least = level;
      worst = std::max(worst, level + 1 - least);
    }
    if (worst > burst + 1) {
      fleet_.breaks("a window has " + std::to_string(worst) + " requests more than the rate allows, and the burst is " +
                    std::to_string(burst));
    }
  }

  std::uint64_t seed_;
  Kind kind_;
  Fleet fleet_;
  World& world_;
  std::vector<JobLine> job_;
  std::vector<std::unique_ptr<Host>> hosts_;
  std::size_t most_alive_ = 0;
  bool must_notice_ = false;   ///< somebody lives to whom something was acknowledged that is lost
  bool changes_rate_ = false;  ///< then what is too much depends on when who heard of it
};

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string first_of(const std::vector<std::string>& lines) {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(lines.size(), 5); ++i) text += "\n  " + lines[i];
  return text;
}

const std::uint64_t first_seed = number_from("KOOBATCH_FLEET_SEED", 1);
const std::uint64_t seeds = number_from("KOOBATCH_FLEET_SEEDS", 100);

/// How many of the worlds show that an older value was written after a newer one.
unsigned count_disorder(const Kind& kind) {
  unsigned worlds = 0;
  for (std::uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
    Simulation simulation(seed, kind);
    simulation.run();
    worlds += !simulation.fleet().service.disorder.empty();
  }
  return worlds;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_simulation)

BOOST_AUTO_TEST_CASE(whatever_happens_each_operation_has_one_result_and_nothing_older_follows_anything_newer) {
  unsigned repeated = 0, waited = 0, killed = 0, stood_down = 0, unknown = 0, fenced = 0, lost_results = 0;
  unsigned cut_off = 0;
  for (std::uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
    Simulation simulation(seed, {});
    const auto broken = simulation.run();
    BOOST_TEST(broken.empty(), "seed " << seed << ":" << first_of(broken));
    const Fleet& fleet = simulation.fleet();
    repeated += fleet.repeated, waited += fleet.waited, killed += fleet.killed_by_timer;
    stood_down += fleet.stood_down, unknown += fleet.told_unknown, fenced += fleet.ledger.fenced();
    lost_results += fleet.lost_results, cut_off += fleet.cut_off;
  }
  BOOST_TEST_MESSAGE(seeds << " worlds: " << fenced << " workers fenced, " << killed
                           << " killed by the kernel's timer, " << stood_down << " times stood down, " << repeated
                           << " heads repeated, " << waited << " operations waited for a hold, " << lost_results
                           << " results lost with an enrolment, " << unknown << " noted attempts left unknown, "
                           << cut_off << " workers left because the service did not answer");
  if (seeds < 100) return;
  // A world in which nothing happens proves nothing.
  for (const unsigned count : {repeated, waited, killed, stood_down, unknown, fenced, lost_results, cut_off})
    BOOST_TEST(count > 0U);
}

BOOST_AUTO_TEST_CASE(without_holds_and_the_kernels_timer_an_older_value_follows_a_newer_one) {
  BOOST_TEST(count_disorder({.kernel_timer = false, .hold = false}) > 0U);
}

BOOST_AUTO_TEST_CASE(without_holds_the_kernels_timer_alone_does_not_keep_the_order) {
  BOOST_TEST(count_disorder({.hold = false}) > 0U);
}

BOOST_AUTO_TEST_CASE(an_outage_of_the_ledger_or_of_its_standby_fences_nobody) {
  unsigned stood_down = 0;
  for (std::uint64_t seed = first_seed; seed < first_seed + seeds; ++seed) {
    Simulation simulation(seed, {.only_outages = true});
    const auto broken = simulation.run();
    BOOST_TEST(broken.empty(), "seed " << seed << ":" << first_of(broken));
    BOOST_TEST(simulation.fleet().ledger.fenced() == 0U, "seed " << seed);
    stood_down += simulation.fleet().stood_down;
  }
  BOOST_TEST((stood_down > 0U || seeds < 100));
}

BOOST_AUTO_TEST_CASE(no_window_exceeds_a_fast_rate_whoever_comes_and_goes) {
  for (std::uint64_t seed = first_seed; seed < first_seed + seeds / 4; ++seed) {
    Simulation simulation(seed, {.fast = true});
    const auto broken = simulation.run();
    BOOST_TEST(broken.empty(), "seed " << seed << ":" << first_of(broken));
  }
}

// Bytes that were in a server's socket when their connection was lost.
BOOST_AUTO_TEST_CASE(no_window_exceeds_the_rate_although_a_share_is_lowered_after_it_was_raised_again) {
  unsigned without = 0;
  for (std::uint64_t seed = first_seed; seed < first_seed + seeds / 2; ++seed) {
    Simulation simulation(seed, {.fast = true, .late_shares = true});
    const auto broken = simulation.run();
    BOOST_TEST(broken.empty(), "seed " << seed << ":" << first_of(broken));
    Simulation careless(seed, {.fast = true, .late_shares = true, .compares_shares = false});
    without += !careless.run().empty();
  }
  BOOST_TEST_MESSAGE("without comparing, " << without << " worlds have exceeded their rates");
  BOOST_TEST((without > 0U || seeds < 100));
}

BOOST_AUTO_TEST_CASE(a_calm_fleet_uses_its_rate) {
  double wanted = 0;
  double used = 0;
  for (std::uint64_t seed = first_seed; seed < first_seed + seeds / 8; ++seed) {
    Simulation simulation(seed, {.only_outages = true, .calm = true, .fast = true});
    const auto broken = simulation.run();
    BOOST_TEST(broken.empty(), "seed " << seed << ":" << first_of(broken));
    const auto& sends = simulation.fleet().sends;
    // The last ones are slower: there is not enough left to do for everybody.
    const std::size_t most = sends.size() * 9 / 10;
    wanted += simulation.fleet().ledger.run.rate * seconds(sends[most] - sends[0]);
    used += static_cast<double>(most);
  }
  BOOST_TEST_MESSAGE("calm fleets used " << 100 * used / wanted << "% of their rates");
  BOOST_TEST(used > 0.95 * wanted);
}

BOOST_AUTO_TEST_CASE(a_ledger_that_has_lost_acknowledged_groups_is_noticed) {
  for (std::uint64_t seed = first_seed; seed < first_seed + seeds / 2; ++seed) {
    Simulation simulation(seed, {.only_outages = true, .forgets = true});
    const auto broken = simulation.run();
    BOOST_TEST(broken.empty(), "seed " << seed << ":" << first_of(broken));
  }
}

BOOST_AUTO_TEST_SUITE_END()
