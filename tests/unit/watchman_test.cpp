#include "fleet/watchman.hpp"
#include "fleet_support.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::fleet;
using namespace std::chrono_literals;

namespace {

constexpr WorkerNumber me = 1;
constexpr WorkerNumber other = 7;

struct Ledger final : fleet::test::StubLedger {
  std::optional<Fault> fault;
  bool effective = true;
  std::vector<std::string> fenced;

  Answer<bool> fence(WorkerNumber worker, std::uint64_t seen, Duration hold) override {
    if (fault) return fleet::test::failure(*fault);
    fenced.push_back(std::to_string(worker) + " at " + std::to_string(seen) + " for " + std::to_string(hold / 1min));
    return effective;
  }
};

struct Scene {
  Ledger ledger;
  Watchman watchman{20s, 16min};
  Survey survey;
  BootTime now = fleet::test::start;

  Scene() { survey.workers = {fleet::test::row(me), fleet::test::row(other, 9)}; }

  /// Looks around once a second, with own heartbeats acknowledged meanwhile.
  Answer<void> watch_for(Duration time) {
    for (const BootTime end = now + time; now < end; now += 1s) {
      watchman.own_acknowledged(now);
      if (auto watched = watchman.observe(ledger, me, {survey, now, now}, [](const WorkerRow&) {}); !watched)
        return watched;
    }
    return {};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(watchman, Scene)

BOOST_AUTO_TEST_CASE(a_worker_whose_beat_stands_still_is_fenced_after_its_lease_and_for_the_hold) {
  BOOST_TEST(watch_for(20s).has_value());
  BOOST_TEST(ledger.fenced.empty());
  BOOST_TEST(watch_for(4s).has_value());
  BOOST_REQUIRE(!ledger.fenced.empty());
  BOOST_TEST(ledger.fenced.front() == "7 at 9 for 16");
}

BOOST_AUTO_TEST_CASE(a_lost_connection_starts_all_watches_anew) {
  BOOST_TEST(watch_for(20s).has_value());
  watchman.restart();
  BOOST_TEST(watch_for(20s).has_value());
  BOOST_TEST(ledger.fenced.empty());
}

BOOST_AUTO_TEST_CASE(a_fence_that_came_too_late_is_no_error) {
  ledger.effective = false;
  BOOST_TEST(watch_for(24s).has_value());
}

BOOST_AUTO_TEST_CASE(a_fence_that_was_not_answered_is_reported) {
  ledger.fault = Fault::unanswered;
  BOOST_TEST(watch_for(24s).has_error());
}

BOOST_AUTO_TEST_SUITE_END()
