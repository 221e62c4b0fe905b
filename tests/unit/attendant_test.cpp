#include "fleet/attendant.hpp"
#include "fleet_support.hpp"
#include "temporary_folder.hpp"

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

using namespace koobatch;
using namespace koobatch::fleet;
using namespace std::chrono_literals;

namespace {

constexpr WorkerNumber me = 41;

using Steps = std::vector<std::string>;

struct Engine final : EngineControl {
  observe::Snapshot state;
  std::uint64_t held = 0;
  std::uint64_t left = 0;
  std::optional<bool> stale_accepted;
  std::optional<Duration> clock;
  Steps steps;
  std::optional<Rate> rate;
  std::optional<double> rate_per_user;

  void hold() override {}
  void release() override {}
  bool withdraw(std::chrono::milliseconds) override { return true; }
  std::optional<Duration> service_clock() const override { return clock; }
  observe::Snapshot snapshot() const override { return state; }
  std::uint64_t held_refusals() const override { return held; }
  std::uint64_t left_out() const override { return left; }
  std::optional<bool> stale_attempt_accepted() const override { return stale_accepted; }
  void pause(bool paused) override { steps.emplace_back(paused ? "pause" : "go"); }
  void pause_for(Duration wait) override { steps.push_back("wait " + std::to_string(wait / 1s)); }
  void set_rate(const std::optional<Rate>& now) override {
    rate = now;
    steps.push_back(now ? "rate " + std::to_string(static_cast<int>(now->rate)) : "no limit");
  }
  void set_rate_per_user(double now) override { rate_per_user = now; }
  void stop(Duration grace) override { steps.push_back("stop within " + std::to_string(grace / 1s)); }
};

/// A ledger of which a test says what it answers; it writes down what it was asked to do.
struct FakeLedger final : fleet::test::StubLedger {
  Survey seen;
  std::uint64_t connections = 1;
  std::optional<Fault> fault;  ///< of everything
  std::optional<Fault> beat_fault;
  std::optional<Fault> confirm_fault;
  std::vector<PartRow> part_rows;
  double granted = 1'000'000;
  Steps steps;

  FakeLedger() {
    seen.run.state = RunState::running;
    seen.free_parts = 1;
    seen.workers = {fleet::test::row(me)};
  }
  template <class T>
  Answer<T> answer(std::string step, T value) {
    steps.push_back(std::move(step));
    if (fault) return fleet::test::failure(*fault);
    return value;
  }
  Answer<void> done(std::string step, std::optional<Fault> why = {}) {
    steps.push_back(std::move(step));
    if (!why) why = fault;
    if (why) return fleet::test::failure(*why);
    return {};
  }

  std::uint64_t connection() const override { return connections; }
  Answer<GroupNumber> settle(const Enrolment&) override { return answer<GroupNumber>("settle", 0); }
  Answer<void> beat(const Enrolment&, const Vitals&) override { return done("beat", beat_fault); }
  Answer<Survey> survey(RunNumber) override { return answer("survey", seen); }
  Answer<bool> fence(WorkerNumber worker, std::uint64_t, Duration hold) override {
    return answer("fence " + std::to_string(worker) + " for " + std::to_string(hold / 1min), true);
  }
  Answer<std::optional<double>> take_share(const Enrolment&, std::uint64_t, double share, std::uint32_t) override {
    seen.workers.front().share = std::min(share, granted);
    return answer("share", std::optional(seen.workers.front().share));
  }
  Answer<std::vector<Chunk>> chunks(RunNumber, PartNumber, ChunkNumber, std::uint32_t, std::size_t) override {
    return fleet::test::failure(Fault::unanswered);
  }
  Answer<std::vector<PartRow>> parts(RunNumber) override { return answer("parts", part_rows); }
  Answer<void> confirm() override { return done("confirm", confirm_fault); }
  Answer<std::vector<ClaimedPart>> claim(const Enrolment&, std::uint32_t count, std::span<const PartNumber>) override {
    return answer("claim " + std::to_string(count), std::vector<ClaimedPart>{});
  }
  Answer<bool> complete(RunNumber) override { return answer("complete", true); }
  Answer<void> pause_for(RunNumber, Duration wait) override { return done("pause for " + std::to_string(wait / 1s)); }
  Answer<void> record_fence_proof(RunNumber, FenceProof proof) override {
    return done("fence " + std::string(to_string(proof)));
  }
  Answer<void> stop_run(RunNumber, RunState state, std::string_view) override {
    return done("run " + std::string(to_string(state)));
  }
};

struct NoAlarm final : Alarm {
  void arm(BootTime) override {}
  void disarm() override {}
};

struct Scene {
  koobatch::test::TemporaryFolder root;
  RunRow run;
  Enrolment enrolment{.number = me, .nonce = 5, .trace_prefix = 1};
  FakeLedger ledger;
  fleet::test::ScriptedLedger commits;
  SharedBook book;
  FeedQueue queue;
  VitalSigns vitals;
  NoAlarm alarm;
  LeaseKeeper lease{20s, alarm};
  CommitEvents events{book, vitals, lease};
  GroupCommitter committer{commits, enrolment, events};
  std::unique_ptr<StateFolder> state = std::move(*StateFolder::open(root.path / "worker"));
  Engine engine;
  std::optional<Attendant> attendant;
  BootTime now = BootClock::now();

  Scene() { begin(); }
  void begin(double rate_per_user = 0, const flow::ErrorLimit& limit = {}, bool has_stood_back = false) {
    attendant.emplace(AttendantMeans{.ledger = ledger,
                                     .run = run,
                                     .me = enrolment,
                                     .book = book,
                                     .queue = queue,
                                     .committer = committer,
                                     .events = events,
                                     .vitals = vitals,
                                     .lease = lease,
                                     .state = *state,
                                     .engine = engine,
                                     .rate_per_user = rate_per_user,
                                     .has_stood_back = has_stood_back},
                      RunLimits(limit));
    engine.steps.clear();
  }
  /// What the ledger is asked in one round.
  Steps round() {
    ledger.steps.clear();
    attendant->round(now);
    return ledger.steps;
  }
  Steps later(Duration time) {
    now += time;
    return round();
  }
  std::optional<ShiftEnd::Kind> end() const {
    const auto end = attendant->end();
    return end ? std::optional(end->kind) : std::nullopt;
  }
};

/// What is logged while it lives.
class Logged {
 public:
  Logged() {
    const auto sink = std::make_shared<spdlog::sinks::ostream_sink_mt>(text_);
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("test", sink));
  }
  ~Logged() { spdlog::set_default_logger(before_); }
  std::size_t count(std::string_view part) const {
    const std::string text = text_.str();
    std::size_t found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
  }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

bool has(const Steps& steps, const std::string& step) {
  return std::ranges::find(steps, step) != steps.end();
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(attendant, Scene)

BOOST_AUTO_TEST_CASE(the_first_thing_over_a_connection_is_to_settle_what_the_one_before_left) {
  BOOST_TEST((round() == Steps{"settle", "beat", "survey", "claim 1"}));
  BOOST_TEST((later(1ms) == Steps{}));
  ledger.connections = 2;
  BOOST_TEST((later(1ms) == Steps{"settle"}));
}

BOOST_AUTO_TEST_CASE(it_beats_every_two_seconds_and_looks_around_every_second) {
  round();
  BOOST_TEST(has(later(1001ms), "survey"));
  BOOST_TEST(!has(ledger.steps, "beat"));
  BOOST_TEST(has(later(1001ms), "beat"));
}

BOOST_AUTO_TEST_CASE(nothing_may_be_sent_before_the_rate_is_known) {
  BOOST_REQUIRE(engine.rate.has_value());
  BOOST_TEST(engine.rate->rate == 0);
  round();
  BOOST_TEST(!engine.rate);
}

BOOST_AUTO_TEST_CASE(a_worker_alone_gets_the_whole_rate_once_it_is_granted) {
  ledger.seen.run.rate = 100;
  ledger.granted = 30;
  BOOST_TEST(has(round(), "share"));
  BOOST_REQUIRE(engine.rate.has_value());
  BOOST_TEST(engine.rate->rate == 30);
}

BOOST_AUTO_TEST_CASE(a_share_that_is_not_granted_is_not_used) {
  ledger.seen.run.rate = 100;
  ledger.granted = 0;
  round();
  BOOST_REQUIRE(engine.rate.has_value());
  BOOST_TEST(engine.rate->rate == 0);
}

BOOST_AUTO_TEST_CASE(the_rate_of_each_user_is_divided_like_the_rate) {
  begin(10);
  ledger.seen.run.rate = 100;
  ledger.granted = 50;
  round();
  BOOST_REQUIRE(engine.rate_per_user.has_value());
  BOOST_TEST(*engine.rate_per_user == 5);
}

BOOST_AUTO_TEST_CASE(a_pause_of_the_run_pauses_the_engine) {
  round();
  BOOST_TEST(has(engine.steps, "go"));
  ledger.seen.run.state = RunState::paused;
  engine.steps.clear();
  later(2s);
  BOOST_TEST(has(engine.steps, "pause"));
}

BOOST_AUTO_TEST_CASE(what_the_service_asks_others_to_wait_is_waited_here_too) {
  ledger.seen.run.paused_for = 7s;
  round();
  BOOST_TEST(has(engine.steps, "wait 7"));
  BOOST_TEST(!has(ledger.steps, "pause for 7"));
}

BOOST_AUTO_TEST_CASE(what_the_service_asks_this_worker_to_wait_is_told_to_others) {
  engine.state.pace.wait = 7s;
  BOOST_TEST(has(round(), "pause for 7"));
  ledger.seen.run.paused_for = 7s;
  BOOST_TEST(!has(later(2s), "pause for 7"));
}

BOOST_AUTO_TEST_CASE(a_run_that_is_stopping_ends_the_shift_after_a_drain) {
  round();
  ledger.seen.run.state = RunState::stopping;
  later(2s);
  BOOST_TEST((end() == ShiftEnd::Kind::stopped));
  BOOST_TEST(has(engine.steps, "stop within 10"));
  BOOST_TEST(!attendant->end()->error.has_value());
}

BOOST_AUTO_TEST_CASE(too_many_errors_of_all_workers_together_stop_the_run) {
  begin(0, *flow::ErrorLimit::parse("5"));
  for (const WorkerNumber number : {WorkerNumber{1}, WorkerNumber{2}}) {
    auto other = fleet::test::row(number);
    other.counts.results[Status::rejected] = 3;
    other.counts.requests = 3;
    ledger.seen.workers.push_back(other);
  }
  BOOST_TEST(has(round(), "run stopping"));
  BOOST_TEST((end() == ShiftEnd::Kind::stopped));
  BOOST_REQUIRE(attendant->end()->error.has_value());
  BOOST_TEST((attendant->end()->error->kind == ErrorKind::limit));
}

BOOST_AUTO_TEST_CASE(once_every_part_is_done_the_run_is_completed_and_the_reader_ends) {
  ledger.seen.free_parts = 0;
  BOOST_TEST(has(round(), "complete"));
  BOOST_TEST((end() == ShiftEnd::Kind::completed));
  BOOST_TEST(queue.take().ended);
}

BOOST_AUTO_TEST_CASE(after_its_last_part_a_worker_soon_asks_whether_the_run_is_done) {
  ledger.seen.free_parts = 0;
  ledger.seen.owned_parts = 1;
  book.with([&](PartBook& parts) { parts.claimed({.part = 3, .epoch = 1, .chunks = 1}, now); });
  round();
  BOOST_TEST(!has(later(300ms), "survey"));
  const PartProgress done{.part = 3, .done = 1, .fed = 1};
  book.with([&](PartBook& parts) { parts.committed({&done, 1}); });
  ledger.seen.owned_parts = 0;
  later(1ms);
  BOOST_TEST(has(later(1ms), "complete"));
  BOOST_TEST((end() == ShiftEnd::Kind::completed));
}

BOOST_AUTO_TEST_CASE(while_others_have_parts_the_run_is_not_complete) {
  ledger.seen.free_parts = 0;
  ledger.seen.owned_parts = 1;
  BOOST_TEST(!has(round(), "complete"));
  ledger.seen.owned_parts = 0;
  ledger.seen.quiet_parts = 1;
  BOOST_TEST(!has(later(2s), "complete"));
  BOOST_TEST(!end());
}

BOOST_AUTO_TEST_CASE(a_fenced_worker_stops_at_once_and_waits_for_nothing) {
  round();
  ledger.beat_fault = Fault::fenced;
  later(3s);
  later(1ms);
  BOOST_TEST((end() == ShiftEnd::Kind::fenced));
  BOOST_TEST(has(engine.steps, "stop within 0"));
  BOOST_TEST(lease.is_down());
  BOOST_TEST(!events.wait_to_try_again());
  // Nothing that it would say counts any more.
  BOOST_TEST((later(3s) == Steps{}));
}

BOOST_AUTO_TEST_CASE(a_ledger_that_forgot_the_enrolment_is_reported_as_such) {
  round();
  ledger.beat_fault = Fault::forgotten;
  later(3s);
  later(1ms);
  BOOST_TEST((end() == ShiftEnd::Kind::lost));
  BOOST_TEST(attendant->end()->error.has_value());
}

BOOST_AUTO_TEST_CASE(that_a_ledger_is_silent_and_that_it_answers_again_is_said_once) {
  round();
  const Logged logged;
  ledger.fault = Fault::unreachable;
  later(3s);
  later(3s);
  BOOST_TEST(logged.count("trying again") == 1U);
  ledger.fault.reset();
  later(3s);
  later(3s);
  BOOST_TEST(logged.count("the engine answers again") == 1U);
}

BOOST_AUTO_TEST_CASE(a_ledger_that_is_silent_for_a_while_changes_nothing) {
  round();
  for (const auto fault : {Fault::unanswered, Fault::unreachable}) {
    ledger.fault = fault;
    later(3s);
    later(3s);
    BOOST_TEST(!end());
  }
  ledger.fault.reset();
  BOOST_TEST(has(later(3s), "beat"));
}

BOOST_AUTO_TEST_CASE(once_only_operations_of_refused_users_are_left_the_worker_leaves_them_to_others) {
  book.with([&](PartBook& parts) {
    parts.claimed({.part = 1, .epoch = 1, .chunks = 1}, now);
    parts.history_known(1);
    const PartBook::Next next{.part = 1, .chunk = 1};
    parts.queued(next);
    parts.begin(next, now);
    parts.rule({.number = 5, .key = 1});
    parts.end();
  });
  round();
  later(3s);
  BOOST_TEST(!end());
  engine.left = 1;
  later(1ms);
  later(1s);
  BOOST_TEST(!end());
  later(2s);
  BOOST_TEST((end() == ShiftEnd::Kind::failed));
}

BOOST_AUTO_TEST_CASE(whether_the_service_refuses_old_requests_is_recorded_once_it_is_known) {
  BOOST_TEST(!has(round(), "fence proven"));
  engine.stale_accepted = false;
  BOOST_TEST(has(later(2s), "fence proven"));
  BOOST_TEST(!has(later(2s), "fence proven"));
}

BOOST_AUTO_TEST_CASE(that_the_service_accepts_old_requests_is_recorded_too) {
  engine.stale_accepted = true;
  BOOST_TEST(has(round(), "fence refuted"));
}

BOOST_AUTO_TEST_CASE(parts_are_claimed_once_the_service_answers) {
  ledger.seen.free_parts = 64;
  BOOST_TEST(has(round(), "claim 1"), "one to see whether it does");
  engine.clock = 0s;
  BOOST_TEST(has(later(2s), "claim 16"));
  engine.state.pace.down = true;
  later(2s);
  for (const auto& step : ledger.steps) BOOST_TEST(!step.starts_with("claim"));
  engine.state.pace.down = false;
  BOOST_TEST(has(later(2s), "claim 16"));
}

/// Another worker is alive, and this one has the only part.
void leave_others_idle(Scene& scene) {
  scene.ledger.seen.free_parts = 0;
  scene.ledger.seen.owned_parts = 1;
  scene.ledger.seen.workers.push_back(fleet::test::row(7));
  scene.book.with([&](PartBook& book) { book.claimed({.part = 1, .epoch = 1, .chunks = 1}, scene.now); });
}

BOOST_AUTO_TEST_CASE(a_worker_that_the_service_does_not_answer_leaves_its_parts_to_those_who_have_none) {
  leave_others_idle(*this);
  engine.state.pace.down = true;
  round();
  later(29s);
  BOOST_TEST(!end());
  later(2s);
  BOOST_TEST((end() == ShiftEnd::Kind::stood_back));
  BOOST_TEST(has(engine.steps, "stop within 10"));
}

BOOST_AUTO_TEST_CASE(it_does_so_once_until_the_service_has_answered_it) {
  begin(0, {}, true);
  leave_others_idle(*this);
  engine.state.pace.down = true;
  round();
  later(40s);
  BOOST_TEST(!end(), "if all are cut off, parts are not passed around");
  engine.clock = 0s;
  later(2s);
  BOOST_TEST((end() == ShiftEnd::Kind::stood_back));
}

BOOST_AUTO_TEST_CASE(what_the_committing_thread_notices_ends_the_shift) {
  round();
  commits.script = {{.carried_out = false, .fault = Fault::fenced}};
  BOOST_TEST(!committer.commit("line\n").has_value());
  // Whether or not there is another round.
  BOOST_TEST((end() == ShiftEnd::Kind::fenced));
}

BOOST_AUTO_TEST_CASE(that_the_ledger_has_lost_groups_is_known_without_another_round) {
  round();
  commits.script = {{.carried_out = false, .fault = Fault::forgotten}, {.fault = Fault::forgotten}};
  BOOST_TEST(!committer.commit("line\n").has_value());
  BOOST_TEST((end() == ShiftEnd::Kind::lost));
  BOOST_TEST(attendant->end()->error.has_value());
}

BOOST_AUTO_TEST_CASE(a_hold_that_somebody_ends_is_over_here_too) {
  book.with([&](PartBook& parts) {
    parts.claimed({.part = 1, .epoch = 2, .chunks = 1, .doubt = 1, .hold = 16min}, now);
    parts.history_known(1);
    const PartBook::Next next{.part = 1, .chunk = 1};
    parts.queued(next);
    parts.begin(next, now);
    parts.rule({.number = 5, .key = 1});
    BOOST_TEST((parts.rule({.number = 6, .key = 1}) == Ruling::skip), "it waits");
    parts.end();
  });
  const auto next_again = [&] { return book.with([&](PartBook& parts) { return parts.next_chunk(now).has_value(); }); };
  ledger.part_rows = {{.part = 1, .owner = me, .hold = 10min}, {.part = 2, .owner = 7}};
  const auto look = [&] {
    now += 6s;
    ledger.steps.clear();
    for (int i = 0; i < 4; ++i) attendant->round(now);
    return has(ledger.steps, "parts");
  };
  BOOST_TEST(look());
  BOOST_TEST(!next_again());
  ledger.part_rows[0].owner = 7;
  ledger.part_rows[0].hold = {};
  BOOST_TEST(look());
  BOOST_TEST(!next_again(), "it is about somebody else's");
  ledger.part_rows[0].owner = me;
  ledger.confirm_fault = Fault::unanswered;
  BOOST_TEST(look());
  BOOST_TEST(!next_again(), "it may have been read from a server that was replaced");
  ledger.confirm_fault.reset();
  BOOST_TEST(look());
  BOOST_TEST(next_again());
}

BOOST_AUTO_TEST_CASE(an_engine_that_ends_gets_no_more_parts) {
  engine.state.ending = true;
  BOOST_TEST(!has(round(), "claim 1"));
}

BOOST_AUTO_TEST_SUITE_END()
