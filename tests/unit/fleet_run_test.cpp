#include "fleet/fleet_source.hpp"
#include "fleet/group_journal.hpp"
#include "fleet_support.hpp"
#include "koobatch/engine/run.hpp"

#include <spdlog/spdlog.h>
#include <boost/test/unit_test.hpp>

#include <memory>
#include <thread>

using namespace koobatch;
using namespace koobatch::fleet;
using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""min;

// A run that takes part in one that is shared, as long as it has nothing to send.

namespace {

constexpr std::chrono::milliseconds long_enough = 1min;

struct NoEvents final : GroupEvents {
  std::vector<PartProgress> progress_with(std::span<const std::uint32_t>) override { return {}; }
  void committed(std::span<const PartProgress>) override {}
  Vitals vitals() override { return {}; }
  void sending() override {}
  void acknowledged() override {}
  bool wait_to_try_again() override { return false; }
};

/// Keeps the run's log out of the tests' output.
struct Quiet {
  Quiet() { spdlog::set_level(spdlog::level::off); }
  ~Quiet() { spdlog::set_level(level); }

  spdlog::level::level_enum level = spdlog::get_level();
};

struct Fixture {
  Quiet quiet;
  fleet::test::ScriptedLedger ledger;
  NoEvents events;
  GroupCommitter committer{ledger, {}, events};
  std::shared_ptr<FeedQueue> queue = std::make_shared<FeedQueue>();
  std::unique_ptr<engine::Run> run = start();

  std::unique_ptr<engine::Run> start() {
    engine::RunSettings settings;
    settings.endpoint = http::parse_endpoint("http://127.0.0.1:9").value();
    settings.threads = 3;
    const auto source = std::make_shared<FleetSource>("job", job::Source::Identity{}, job::ReaderSettings{},
                                                      std::make_shared<SharedBook>(), queue);
    report::RunRecord record;
    record.run_id = "0123456789abcdef";
    record.trace_prefix = 7;
    return engine::Run::take_part(settings, source, record, std::make_unique<GroupJournal>(committer)).value();
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(fleet_run, Fixture)

BOOST_AUTO_TEST_CASE(it_has_the_record_it_was_given_and_writes_none) {
  queue->finish();
  BOOST_TEST_REQUIRE(run->wait(long_enough));
  BOOST_TEST(run->record().run_id == "0123456789abcdef");
  BOOST_TEST(run->record().trace_prefix == 7U);
  const auto result = run->finish();
  BOOST_TEST(!result.error.has_value());
  BOOST_TEST(result.unsettled.empty());
  BOOST_TEST(result.summary.counts.finished() == 0U);
  BOOST_TEST(ledger.calls.empty(), "no line about the run itself is written");
}

BOOST_AUTO_TEST_CASE(it_waits_for_operations_until_it_is_interrupted) {
  BOOST_TEST(!run->wait(1ms));
  run->interrupt(0ms);
  BOOST_TEST_REQUIRE(run->wait(long_enough));
  BOOST_TEST(!run->finish().error.has_value());
}

BOOST_AUTO_TEST_CASE(it_can_be_dropped_while_it_waits_for_operations) {
  BOOST_TEST(!run->wait(1ms));
  run.reset();
}

BOOST_AUTO_TEST_CASE(every_thread_confirms_a_withdrawal_also_after_its_end) {
  BOOST_TEST(run->withdraw(long_enough));
  BOOST_TEST(run->withdraw(long_enough));
  queue->finish();
  BOOST_TEST_REQUIRE(run->wait(long_enough));
  BOOST_TEST(run->withdraw(0ms));
}

BOOST_AUTO_TEST_CASE(others_hold_and_release_it_and_make_it_pause) {
  BOOST_TEST(run->hold());
  BOOST_TEST(run->hold());
  BOOST_TEST(run->snapshot().pace.held);
  BOOST_TEST(run->snapshot().stands_still());
  BOOST_TEST(run->release());
  BOOST_TEST(!run->snapshot().pace.held);
  BOOST_TEST(run->change_rate(50, 7));
  BOOST_TEST(run->snapshot().pace.rate == 50);
  BOOST_TEST(run->change_rate_per_user(3));
  BOOST_TEST(run->pause_for(1h));
  BOOST_TEST((run->snapshot().pace.wait > 59min));
  BOOST_TEST(run->held_refusals() == 0U);
  BOOST_TEST(!run->service_clock().has_value());
  queue->finish();
  BOOST_TEST_REQUIRE(run->wait(long_enough));
  BOOST_TEST(!run->hold(), "it has ended");
  run->finish();
}

BOOST_AUTO_TEST_SUITE_END()
