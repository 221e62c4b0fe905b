#include "koobatch/fleet/collection.hpp"

#include "contains.hpp"
#include "run_ledger.hpp"

using namespace koobatch;
using namespace koobatch::fleet;
using namespace std::chrono_literals;
using koobatch::test::contains;

namespace {

constexpr std::uint64_t operations = 3;

struct TextFile final : report::JournalFile {
  explicit TextFile(std::string& out) : text(out) {}
  Result<void> append(std::string_view bytes) override {
    text.append(bytes);
    return {};
  }
  Result<void> sync() override { return {}; }
  std::string& text;
};

/// Time passes while the collection waits; meanwhile, things happen.
struct Fixture : CollectionEvents {
  fleet::test::RunLedger ledger;
  std::string report;
  BootTime time = fleet::test::start;
  int rounds = 0, tries = 0;
  int patience = 0;            ///< for a ledger that is away
  int rounds_to_follow = 100;  ///< then it is interrupted
  std::vector<WorkerNumber> fenced_workers;
  std::function<void()> meanwhile = [] {};

  Fixture() {
    auto run = samples::run(1, operations);
    run.engine = "postgresql://db/koobatch";
    report = samples::line(run);
    ledger.row.about.job = run.job;
  }

  BootTime now() override { return time; }
  bool interrupted() override { return rounds >= rounds_to_follow; }
  void collected(const Collector::Round&) override {
    ++rounds;
    time += 1s;
    meanwhile();
  }
  bool wait_to_try_again(const Error&) override {
    ++tries;
    time += 1s;
    return patience-- > 0;
  }
  void fenced(const WorkerRow& worker) override { fenced_workers.push_back(worker.number); }

  Answer<CollectionEnd> collect(bool follow) {
    auto collected = read_collected("r", samples::source(report));
    if (!collected) BOOST_FAIL(collected.error().message);
    Collector collector(ledger, 1, std::make_unique<TextFile>(report), std::move(*collected));
    return Collection(ledger, 1, collector, {.follow = follow}, *this).run();
  }
  CollectionEnd follow() {
    const auto end = collect(true);
    if (!end) BOOST_FAIL(end.error().error.message);
    return *end;
  }
  report::EndRecord end() const {
    const auto scan = samples::scan_text(report);
    BOOST_REQUIRE_MESSAGE(scan.has_value(), scan.error().message);
    BOOST_REQUIRE(scan->ended());
    return *scan->segments.back().end;
  }
};

std::string results(std::initializer_list<std::uint32_t> lines) {
  std::string text;
  for (const auto line : lines) text += samples::line(samples::result(line));
  return text;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(collection, Fixture)

BOOST_AUTO_TEST_CASE(without_following_it_ends_once_the_report_has_what_there_is) {
  ledger.add_worker(1);
  ledger.record(1, results({1}));
  BOOST_TEST((collect(false).value() == CollectionEnd::up_to_date));
  BOOST_TEST(samples::scan_text(report)->counts.finished() == 1U);
  BOOST_TEST(ledger.count("wait_for_news") == 0U);
}

BOOST_AUTO_TEST_CASE(a_run_is_followed_to_its_end_whose_times_are_the_runs) {
  ledger.add_worker(1);
  std::uint32_t line = 0;
  meanwhile = [&] {
    if (line < operations) ledger.record(1, results({++line}));
    if (line < operations) return;
    ledger.row.state = RunState::completed;
    ledger.row.ended = samples::noon() + 90s;
    ledger.find(1).state = WorkerState::left;
  };
  BOOST_TEST((follow() == CollectionEnd::closed));
  const auto last = end();
  BOOST_TEST(last.reason == "completed");
  BOOST_TEST(last.counts.remaining == 0U);
  BOOST_TEST(last.seconds == 90.0);
  BOOST_TEST(last.requests == operations);
  BOOST_TEST(last.unsettled.empty());
  BOOST_TEST(last.error.empty());
}

BOOST_AUTO_TEST_CASE(interrupted_it_keeps_what_it_has) {
  ledger.add_worker(1);
  ledger.record(1, results({2}));
  rounds_to_follow = 4;
  BOOST_TEST((follow() == CollectionEnd::interrupted));
  BOOST_TEST(rounds == 4);
  BOOST_TEST(!samples::scan_text(report)->ended());
}

BOOST_AUTO_TEST_CASE(an_engine_that_is_away_is_waited_for_only_when_following) {
  int away = 5;
  ledger.mishap = [&](const std::string&) -> std::optional<fleet::test::RunLedger::Mishap> {
    if (away-- > 0) return fleet::test::RunLedger::Mishap{Fault::unreachable, false};
    return std::nullopt;
  };
  ledger.row.state = RunState::completed;
  ledger.add_worker(1, WorkerState::left);
  ledger.record(1, results({1, 2, 3}));
  BOOST_TEST((collect(false).error().fault == Fault::unreachable));
  BOOST_TEST(tries == 0);
  patience = 10;
  BOOST_TEST((follow() == CollectionEnd::closed));
  BOOST_TEST(tries == 4);
  away = 1000;
  patience = 3;
  report.resize(report.find("{\"type\":\"end\""));
  BOOST_TEST((collect(true).error().fault == Fault::unreachable));
}

BOOST_AUTO_TEST_CASE(a_stopped_run_ends_as_interrupted_and_names_what_is_unsettled) {
  ledger.row.state = RunState::stopping;
  ledger.add_worker(1, WorkerState::fenced);
  ledger.record(1, results({1}));
  ChunkBuilder builder;
  for (std::uint32_t line = 1; line <= operations; ++line) builder.add({.line = line, .text = "{}"});
  ledger.loaded[0] = {builder.finish(1)};
  ledger.part_rows = {{.part = 0, .chunks = 1, .done = 0, .fed = 0, .doubt = 1}};
  BOOST_TEST((collect(false).value() == CollectionEnd::closed), "nobody is at work, so it says that the run has ended");
  BOOST_TEST((ledger.row.state == RunState::stopped));
  const auto last = end();
  BOOST_TEST(last.reason == "interrupted");
  const std::vector<std::uint32_t> expected = {2, 3};
  BOOST_TEST(last.unsettled == expected, boost::test_tools::per_element());
  BOOST_TEST(!last.all_unsettled);
}

BOOST_AUTO_TEST_CASE(a_run_that_was_stopped_for_a_reason_says_it) {
  ledger.row.state = RunState::stopped;
  ledger.row.reason = "too many errors";
  ledger.add_worker(1, WorkerState::left);
  BOOST_TEST((follow() == CollectionEnd::closed));
  BOOST_TEST(end().reason == "aborted");
  BOOST_TEST(end().error == "too many errors");
}

BOOST_AUTO_TEST_CASE(a_run_that_a_worker_has_aborted_may_have_sent_anything) {
  ledger.row.state = RunState::aborted;
  ledger.row.reason = "the engine has lost results";
  ledger.add_worker(1, WorkerState::left);
  BOOST_TEST((follow() == CollectionEnd::closed));
  BOOST_TEST(end().reason == "aborted");
  BOOST_TEST(end().all_unsettled);
}

BOOST_AUTO_TEST_CASE(a_lost_worker_of_a_run_that_is_being_stopped_is_fenced_after_its_lease) {
  ledger.row.state = RunState::stopping;
  ledger.add_worker(1);
  ledger.add_worker(2);
  meanwhile = [&] {
    // The second one is still there, and leaves after a while.
    if (++ledger.find(2).beat == 10) ledger.find(2).state = WorkerState::left;
  };
  BOOST_TEST((follow() == CollectionEnd::closed));
  BOOST_TEST(fenced_workers == std::vector<WorkerNumber>{1}, boost::test_tools::per_element());
  BOOST_TEST(rounds > 20);
  BOOST_TEST(ledger.count("stop_run stopping") == 0U, "nobody is woken up by what it asks");
  BOOST_TEST(rounds < 30);
  BOOST_TEST((ledger.row.state == RunState::stopped));
}

BOOST_AUTO_TEST_CASE(a_worker_that_is_heard_of_is_never_fenced) {
  ledger.row.state = RunState::stopping;
  ledger.add_worker(1);
  meanwhile = [&] { ++ledger.find(1).beat; };
  BOOST_TEST((follow() == CollectionEnd::interrupted));
  BOOST_TEST(fenced_workers.empty());
}

BOOST_AUTO_TEST_CASE(nobody_is_fenced_while_the_engine_does_not_acknowledge_what_is_written) {
  ledger.row.state = RunState::stopping;
  ledger.add_worker(1);
  ledger.mishap = [](const std::string& call) -> std::optional<fleet::test::RunLedger::Mishap> {
    if (call == "confirm") return fleet::test::RunLedger::Mishap{Fault::unanswered, false};
    return std::nullopt;
  };
  BOOST_TEST((follow() == CollectionEnd::interrupted));
  BOOST_TEST(fenced_workers.empty());
}

BOOST_AUTO_TEST_CASE(without_following_a_lost_worker_is_not_waited_for) {
  ledger.row.state = RunState::stopping;
  ledger.add_worker(1);
  BOOST_TEST((collect(false).value() == CollectionEnd::up_to_date));
  BOOST_TEST(rounds == 1);
}

BOOST_AUTO_TEST_CASE(a_run_that_is_not_being_stopped_waits_for_new_workers) {
  ledger.add_worker(1);
  BOOST_TEST((follow() == CollectionEnd::interrupted));
  BOOST_TEST(fenced_workers.empty());
}

BOOST_AUTO_TEST_CASE(an_engine_that_has_lost_results_aborts_the_run) {
  ledger.add_worker(1);
  ledger.record(1, results({1}));
  meanwhile = [&] { ledger.find(1).group = 0; };
  BOOST_TEST((follow() == CollectionEnd::closed));
  BOOST_TEST((ledger.row.state == RunState::aborted));
  const auto last = end();
  BOOST_TEST(last.reason == "aborted");
  BOOST_TEST(last.all_unsettled);
  BOOST_TEST(contains(last.error, "lost results that it had acknowledged"));
  BOOST_TEST(last.counts.finished() == 1U, "what was collected is true");
}

BOOST_AUTO_TEST_CASE(a_run_that_was_forgotten_when_the_report_had_all_results_is_complete) {
  ledger.add_worker(1, WorkerState::left);
  ledger.record(1, results({1, 2, 3}));
  meanwhile = [&] {
    ledger.mishap = [](const std::string& call) -> std::optional<fleet::test::RunLedger::Mishap> {
      if (call == "confirm") return std::nullopt;
      return fleet::test::RunLedger::Mishap{Fault::forgotten, false};
    };
  };
  BOOST_TEST((follow() == CollectionEnd::closed));
  BOOST_TEST(end().reason == "completed");
  BOOST_TEST(!end().all_unsettled);
}

BOOST_AUTO_TEST_CASE(a_completed_run_that_lacks_results_is_not_called_complete) {
  ledger.row.state = RunState::completed;
  ledger.add_worker(1, WorkerState::left);
  ledger.record(1, results({1}));
  BOOST_TEST((follow() == CollectionEnd::closed));
  BOOST_TEST(end().reason == "aborted");
  BOOST_TEST(end().all_unsettled);
  BOOST_TEST(contains(end().error, "has none for 2 of them"));
}

BOOST_AUTO_TEST_SUITE_END()
