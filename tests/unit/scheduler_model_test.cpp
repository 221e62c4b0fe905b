#include "virtual_run.hpp"

#include <rapidcheck/boost_test.h>

#include <map>
#include <random>
#include <set>

// Checks the scheduler against a model so small that it is obviously right, over random jobs, services and disks.

using namespace koobatch;
using namespace koobatch::koodrive;
using namespace koobatch::flow;
using namespace koobatch::flow::test;
using namespace std::chrono_literals;

namespace {

/// The rules that a run must obey, checked as it proceeds.
class Model {
 public:
  Model(const SchedulerSettings& settings, Pace& pace) : settings_(settings), pace_(pace) {}

  void expect(std::uint32_t line, std::uint64_t key, bool idempotent, bool revoked) {
    lanes_[key].push_back(line);
    lines_[line] = {.key = key, .idempotent = idempotent, .revoked = revoked};
  }

  void sent(std::uint32_t line, std::uint8_t attempt) {
    Line& it = lines_.at(line);
    RC_ASSERT(!it.final);
    RC_ASSERT(!it.in_flight);
    RC_ASSERT(attempt > it.attempt);
    RC_ASSERT(it.idempotent || it.durably_noted == attempt);
    it.attempt = attempt;
    it.in_flight = true;
    for (const std::uint32_t older : lanes_.at(it.key)) {
      if (older == line) break;
      RC_ASSERT(lines_.at(older).durable);
    }
    for (const std::uint32_t other : lanes_.at(it.key)) RC_ASSERT(other == line || !lines_.at(other).in_flight);
  }

  /// Checks that only operations that must not be sent twice are noted, and never far ahead of being sent.
  void noted(std::uint32_t line, std::uint8_t attempt) {
    Line& it = lines_.at(line);
    RC_ASSERT(!it.idempotent && !it.final && !it.in_flight);
    RC_ASSERT(attempt > it.attempt);
    it.noted = attempt;
    std::size_t ahead = 0;
    // The note of a user who was refused in the meantime is returned unused.
    for (const auto& [number, other] : lines_) {
      ahead += !other.final && !other.revoked && other.noted > other.attempt;
    }
    // A connection that fails uses up a note; of which operation cannot be seen from outside.
    RC_ASSERT(connect_failed_ || ahead <= settings_.notes_ahead);
  }

  void note_durable(std::uint32_t line, std::uint8_t attempt) { lines_.at(line).durably_noted = attempt; }

  void completed(std::uint32_t line, const Outcome& it) {
    Line& l = lines_.at(line);
    l.in_flight = false;
    l.last = it.verdict;
    const bool unclear = it.verdict == Verdict::unclear || it.verdict == Verdict::stale;
    l.maybe_applied |= unclear;
    const bool repeated = it.verdict == Verdict::stale && l.idempotent && !std::exchange(l.was_stale, true);
    if ((unclear && !repeated) || it.verdict == Verdict::not_applied) count(l);
  }

  /// Handles a connection that failed, and the operation it was for, if that is known.
  void connect_failed(std::optional<std::uint32_t> line) {
    connect_failed_ = true;
    if (!line) return;
    count(lines_.at(*line));
    lines_.at(*line).last = Verdict::not_applied;
  }

  void final(std::uint32_t line, Status status) {
    Line& l = lines_.at(line);
    RC_ASSERT(!l.final);
    RC_ASSERT(!l.in_flight);
    l.final = true;
    switch (status) {
      case Status::succeeded:
        RC_ASSERT(l.last == Verdict::succeeded);
        break;
      case Status::rejected:
        RC_ASSERT(l.last == Verdict::rejected);
        break;
      case Status::failed:
        RC_ASSERT(!l.maybe_applied);
        break;
      case Status::unknown:
        RC_ASSERT(l.maybe_applied || l.last == Verdict::undecidable);
        break;
      case Status::invalid:
      case Status::unchanged:
      case Status::skipped:
        RC_FAIL("the scheduler does not judge operations");
    }
  }

  void durable(std::uint32_t line) {
    RC_ASSERT(lines_.at(line).final);
    lines_.at(line).durable = true;
  }

  /// Checks that the only operations without a result are those of refused users and later ones on their keys. Returns
  /// how many those are.
  std::size_t everything_ended_once_or_was_left_out() const {
    std::size_t left_out = 0;
    for (const auto& [key, lane] : lanes_) {
      bool blocked = false;
      for (const std::uint32_t number : lane) {
        const Line& line = lines_.at(number);
        RC_ASSERT(!line.in_flight);
        RC_ASSERT(line.final == line.durable);
        // A result after a gap would mean that an operation was sent too early.
        RC_ASSERT(!(blocked && line.final));
        RC_ASSERT(line.final || blocked || line.revoked);
        blocked |= !line.final;
        left_out += !line.final;
      }
    }
    return left_out;
  }

  std::set<std::uint32_t> unsettled() const {
    std::set<std::uint32_t> lines;
    for (const auto& [number, line] : lines_) {
      if (line.in_flight || (!line.final && line.maybe_applied)) lines.insert(number);
    }
    return lines;
  }

 private:
  struct Line {
    std::uint64_t key = 0;
    bool idempotent = true;
    bool revoked = false;  ///< at some time, the user's token is refused
    bool in_flight = false;
    bool maybe_applied = false;
    bool was_stale = false;
    bool final = false;
    bool durable = false;
    std::uint8_t attempt = 0;
    std::uint8_t noted = 0;
    std::uint8_t durably_noted = 0;
    unsigned counted = 0;
    std::uint64_t outages = 0;  ///< the number of outages when the last attempt was counted
    Verdict last = Verdict::repeat;
  };

  /// Failures during an outage are not counted. Neither is the last one, if an outage began before that was reported.
  void count(Line& line) {
    if (pace_.interrupted()) return;
    const auto outages = pace_.counts().outages;
    if (line.counted == settings_.max_attempts) {
      RC_ASSERT(outages > line.outages);
      --line.counted;
    }
    ++line.counted;
    line.outages = outages;
  }

  SchedulerSettings settings_;
  Pace& pace_;
  bool connect_failed_ = false;
  std::map<std::uint64_t, std::vector<std::uint32_t>> lanes_;
  std::map<std::uint32_t, Line> lines_;
};

/// A random world, drawn before the run so that rapidcheck can shrink it.
struct World {
  std::uint32_t operations = *rc::gen::inRange<std::uint32_t>(1, 60);
  std::uint32_t keys = *rc::gen::inRange<std::uint32_t>(1, 8);
  std::size_t seats = *rc::gen::inRange<std::size_t>(1, 6);
  unsigned max_attempts = *rc::gen::inRange(1U, 5U);
  std::size_t look_ahead = *rc::gen::inRange<std::size_t>(1, 40);
  std::size_t notes_ahead = *rc::gen::inRange<std::size_t>(1, 4);
  std::size_t low_water = *rc::gen::inRange<std::size_t>(1, 10);
  int deadline_ms = *rc::gen::element(50, 2'000, 100'000'000);
  double rate = *rc::gen::element(0.0, 1.5, 20.0, 999.0);
  double rate_per_user = *rc::gen::element(0.0, 0.0, 0.5, 30.0);
  std::uint64_t users = *rc::gen::inRange<std::uint64_t>(1, 4);
  std::uint32_t burst = *rc::gen::inRange<std::uint32_t>(1, 5);
  unsigned trouble = *rc::gen::inRange(0U, 100U);  ///< percentage of attempts without a useful answer
  int outage_at_ms = *rc::gen::inRange(0, 3'000);
  int outage_ms = *rc::gen::element(0, 0, 700, 20'000);
  std::uint64_t revoked = *rc::gen::element<std::uint64_t>(0, 0, 1, 2);  ///< the users whose token is refused
  int revoked_at_ms = *rc::gen::element(0, 100, 2'000);                  ///< from this time on
  bool unrepeatable = *rc::gen::arbitrary<bool>();
  std::uint64_t seed = *rc::gen::arbitrary<std::uint64_t>();

  SchedulerSettings scheduler() const {
    SchedulerSettings settings;
    settings.max_attempts = max_attempts;
    settings.look_ahead = look_ahead;
    settings.notes_ahead = notes_ahead;
    settings.low_water = low_water;
    settings.deadline = std::chrono::milliseconds(deadline_ms);
    settings.retry = {20ms, 300ms};
    return settings;
  }
  PaceSettings pace() const {
    PaceSettings settings;
    settings.rate = rate;
    settings.burst = burst;
    settings.rate_per_user = rate_per_user;
    return settings;
  }
};

Outcome random_trouble(std::mt19937_64& random, bool fresh_connection) {
  switch (random() % 8) {
    case 0:
      return throttled(Duration(random() % 400'000'000), random() % 2 == 0);
    case 1:
      return throttled();
    case 2:
      return refused();
    case 3:
      return outcome(Verdict::unclear, 500);
    case 4:
      return fresh_connection ? lost() : stale();
    case 5:
      return mended();
    case 6:
      return outcome(Verdict::undecidable, 101);
    default:
      return lost();
  }
}

/// A run in that world, checked by the model.
struct Play {
  explicit Play(const World& w)
      : world(w), random(w.seed), run(w.scheduler(), w.pace(), w.seats, hooks()), model(w.scheduler(), run.pace) {
    for (std::uint32_t line = 1; line <= world.operations; ++line) {
      const auto key = random() % world.keys;
      const bool idempotent = !world.unrepeatable || random() % 2 == 0;
      model.expect(line, key, idempotent, line % world.users < world.revoked);
      run.enqueue(folder_rename(line, std::to_string(key), idempotent, "name", user_of(line)));
    }
  }

  std::string user_of(std::uint32_t line) const { return std::to_string(line % world.users); }

  bool refused_to(const koodrive::Operation& operation) const {
    return operation.line() % world.users < world.revoked &&
           run.now >= start + std::chrono::milliseconds(world.revoked_at_ms);
  }

  bool down() const {
    const Duration since = run.now - start - std::chrono::milliseconds(world.outage_at_ms);
    return since >= 0ms && since < std::chrono::milliseconds(world.outage_ms);
  }
  Duration some_time() { return Duration(random() % 30'000'000); }

  VirtualRun::Hooks hooks() {
    return {
        .service =
            [this](const koodrive::Operation& operation, std::uint8_t attempt, bool fresh) {
              model.sent(operation.line(), attempt);
              sends_of_user[std::string(operation.user())].push_back(run.now);
              if (down()) return VirtualRun::Reply{lost(), some_time()};
              if (refused_to(operation)) return VirtualRun::Reply{unauthorized(), some_time()};
              // Trouble must end eventually, or a run without limits would not.
              const bool trouble = run.now < start + 1h && random() % 100 < world.trouble;
              if (trouble) return VirtualRun::Reply{random_trouble(random, fresh), some_time()};
              return VirtualRun::Reply{random() % 10 == 0 ? rejected() : succeeded(), some_time()};
            },
        .connect =
            [this] {
              const bool fails = down() || (run.now < start + 1h && random() % 400 < world.trouble);
              return VirtualRun::Reply{fails ? refused() : succeeded(), some_time()};
            },
        .sync = [this] { return some_time(); },
        .on_completed = [this](std::uint32_t line, const Outcome& it) { model.completed(line, it); },
        .on_final = [this](std::uint32_t line, Status status) { model.final(line, status); },
        .on_durable = [this](std::uint32_t line) { model.durable(line); },
        .on_noted = [this](std::uint32_t line, std::uint8_t attempt) { model.noted(line, attempt); },
        .on_note_durable = [this](std::uint32_t line, std::uint8_t attempt) { model.note_durable(line, attempt); },
        .on_connect_failed = [this](std::optional<std::uint32_t> line) { model.connect_failed(line); },
    };
  }

  const World& world;
  std::mt19937_64 random;
  VirtualRun run;
  Model model;
  std::map<std::string, std::vector<TimePoint>> sends_of_user;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(scheduler_model)

RC_BOOST_PROP(every_operation_ends_once_or_is_left_out_in_order_and_within_its_limits, ()) {
  const World world;
  Play play(world);
  RC_ASSERT(play.run.run());
  const std::size_t left_out = play.model.everything_ended_once_or_was_left_out();
  RC_ASSERT(play.run.scheduler.left_out().all() == left_out);
  RC_ASSERT(play.run.scheduler.held() == 0U);
  RC_ASSERT(play.run.scheduler.in_flight() == 0U);
  const auto unsettled = play.run.scheduler.unsettled();
  RC_ASSERT(std::set<std::uint32_t>(unsettled.begin(), unsettled.end()) == play.model.unsettled());
  if (world.rate > 0) RC_ASSERT(excess_over(world.rate, world.burst, play.run.sends) <= 1e-6);
  if (world.rate_per_user > 0) {
    for (const auto& [user, sends] : play.sends_of_user) RC_ASSERT(excess_over(world.rate_per_user, 1, sends) <= 1e-6);
  }
}

RC_BOOST_PROP(a_stop_at_any_time_leaves_behind_exactly_what_the_service_may_have_seen, ()) {
  const World world;
  const auto stop_after = std::chrono::milliseconds(*rc::gen::inRange(0, 3'000));
  Play play(world);
  if (play.run.run(stop_after)) return;
  play.run.scheduler.stop();
  const auto lines = play.run.scheduler.unsettled();
  RC_ASSERT(std::set<std::uint32_t>(lines.begin(), lines.end()) == play.model.unsettled());
  RC_ASSERT(lines.size() == play.model.unsettled().size());
  const std::size_t sent = play.run.sends.size();
  RC_ASSERT(play.run.run());
  RC_ASSERT(play.run.sends.size() == sent);
}

BOOST_AUTO_TEST_SUITE_END()
