#include "koobatch/fleet/earlier_worker.hpp"
#include "fleet_support.hpp"
#include "temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::fleet;

namespace {

const WorkerMemory left_behind{
    .run_id = "89abcdef01234567", .run = 7, .enrolment = {.number = 41, .nonce = 5, .trace_prefix = 1}, .group = 12};

/// A ledger that has that enrolment, and perhaps more.
struct Ledger final : fleet::test::StubLedger {
  std::optional<RunNumber> run = 7;
  Answer<GroupNumber> settled = GroupNumber{12};
  WorkerRow row = fleet::test::row(41, 100);
  bool reachable = true;
  int late_beats = 0;  ///< what it asked for is carried out between survey and fence
  std::vector<std::string> done;

  Ledger() { row.nonce = left_behind.enrolment.nonce; }

  Answer<std::optional<RunNumber>> find_run(std::string_view id) override {
    if (!reachable) return fleet::test::failure(Fault::unreachable);
    return id == left_behind.run_id ? run : std::nullopt;
  }
  Answer<GroupNumber> settle(const Enrolment& who) override {
    BOOST_TEST(who.number == left_behind.enrolment.number);
    BOOST_TEST(who.nonce == left_behind.enrolment.nonce);
    return settled;
  }
  Answer<Survey> survey(RunNumber) override {
    Survey survey;
    survey.workers = {fleet::test::row(40, 7), row};
    return survey;
  }
  Answer<bool> fence(WorkerNumber worker, std::uint64_t seen, Duration hold) override {
    done.push_back("fence " + std::to_string(worker) + " at " + std::to_string(seen) + " for " +
                   std::to_string(hold.count()));
    if (late_beats == 0) return true;
    --late_beats;
    ++row.beat;
    return false;
  }
  Answer<void> stop_run(RunNumber number, RunState state, std::string_view reason) override {
    done.push_back("run " + std::to_string(number) + " " + std::string(to_string(state)));
    BOOST_TEST(!reason.empty());
    return {};
  }
};

struct Scene {
  koobatch::test::TemporaryFolder root;
  Ledger ledger;

  Scene() { leave(left_behind); }
  void leave(const WorkerMemory& memory) const { BOOST_REQUIRE(open()->remember(memory).has_value()); }
  std::unique_ptr<StateFolder> open() const {
    auto state = StateFolder::open(root.path / "worker");
    BOOST_REQUIRE(state.has_value());
    return std::move(*state);
  }
  EarlierFate end() {
    const auto state = open();
    const auto fate = end_earlier_worker(ledger, *state);
    BOOST_REQUIRE(fate.has_value());
    return *fate;
  }
  bool remembered() const { return open()->earlier().has_value(); }
};

using Done = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(earlier_worker, Scene)

BOOST_AUTO_TEST_CASE(a_dead_worker_is_fenced_at_once_and_nothing_of_its_waits) {
  BOOST_TEST((end() == EarlierFate::fenced));
  BOOST_TEST((ledger.done == Done{"fence 41 at 100 for 0"}));
  BOOST_TEST(!remembered());
}

BOOST_AUTO_TEST_CASE(what_it_asked_for_may_still_be_carried_out) {
  ledger.late_beats = 2;
  BOOST_TEST((end() == EarlierFate::fenced));
  BOOST_TEST((ledger.done == Done{"fence 41 at 100 for 0", "fence 41 at 101 for 0", "fence 41 at 102 for 0"}));
}

BOOST_AUTO_TEST_CASE(groups_that_were_acknowledged_after_it_noted_the_last_one_are_no_loss) {
  ledger.settled = GroupNumber{15};
  BOOST_TEST((end() == EarlierFate::fenced));
}

BOOST_AUTO_TEST_CASE(a_ledger_that_lost_groups_aborts_the_run) {
  ledger.settled = GroupNumber{11};
  BOOST_TEST((end() == EarlierFate::lost));
  BOOST_TEST((ledger.done == Done{"run 7 aborted"}));
  BOOST_TEST(!remembered());
}

BOOST_AUTO_TEST_CASE(a_ledger_that_lost_the_enrolment_aborts_the_run) {
  ledger.settled = fleet::test::failure(Fault::forgotten);
  BOOST_TEST((end() == EarlierFate::lost));
  BOOST_TEST((ledger.done == Done{"run 7 aborted"}));
}

BOOST_AUTO_TEST_CASE(an_enrolment_that_is_over_is_left_alone) {
  ledger.settled = fleet::test::failure(Fault::fenced);
  BOOST_TEST((end() == EarlierFate::none));
  BOOST_TEST((ledger.done == Done{}));
  BOOST_TEST(!remembered());
}

BOOST_AUTO_TEST_CASE(another_ledger_has_no_such_run_and_nobody_is_fenced_there) {
  ledger.run.reset();
  BOOST_TEST((end() == EarlierFate::unknown));
  BOOST_TEST((ledger.done == Done{}));
}

BOOST_AUTO_TEST_CASE(a_run_of_the_same_id_under_another_number_is_not_the_run) {
  ledger.run = 8;
  BOOST_TEST((end() == EarlierFate::unknown));
  BOOST_TEST((ledger.done == Done{}));
}

BOOST_AUTO_TEST_CASE(a_worker_of_the_same_number_with_another_nonce_is_not_fenced) {
  ledger.row.nonce = 6;
  end();
  BOOST_TEST((ledger.done == Done{}));
}

BOOST_AUTO_TEST_CASE(a_ledger_that_is_not_reached_is_asked_again_later) {
  ledger.reachable = false;
  {
    const auto state = open();
    const auto fate = end_earlier_worker(ledger, *state);
    BOOST_REQUIRE(fate.has_error());
    BOOST_TEST((fate.error().fault == Fault::unreachable));
  }
  BOOST_TEST(remembered());
}

BOOST_AUTO_TEST_CASE(a_folder_without_an_enrolment_asks_nobody) {
  BOOST_REQUIRE(open()->forget().has_value());
  ledger.reachable = false;
  BOOST_TEST((end() == EarlierFate::none));
}

BOOST_AUTO_TEST_SUITE_END()
