// Runs of plans that are killed, resumed, retried and undone by the real binary on the embedded service: afterwards,
// the names are as they were.
#include "contains.hpp"
#include "plan_house.hpp"
#include "preload.hpp"

#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <string>

using namespace koobatch::test;
using namespace koobatch::test::plans;

namespace {

const Names names = {{"1", "a"}, {"2", "b"}, {"3", "c"}};
const Names cycle = {{"1", "b"}, {"2", "c"}, {"3", "a"}};

/// Exchanges three names in a new house, and kills the run at the first, second, … of such calls, until there are no
/// more. `then` is what is done with its report. Returns how many there were.
template <class Then>
int kill_everywhere(const std::string& kind, Then then) {
  for (int step = 1; step < 100; ++step) {
    BOOST_TEST_CONTEXT(kind << step) {
      House house(names, {"--names", "405"});
      const auto plan = house.plan(cycle);
      const auto report = house.workspace.path("report");
      const auto killed = run_koobatch(house.command(plan, report, {"--verify", "0%", "--http", "1.1"}),
                                       with_fault("KOOBATCH_IO_FAULT", kind + std::to_string(step)));
      if (killed.status == 0) return step - 1;
      BOOST_TEST(killed.status == 128 + SIGKILL, killed.out << killed.err);
      if (std::filesystem::exists(report)) {
        then(house, report);
      } else {
        BOOST_TEST(house.count("reads") == 0U, "nothing is sent before there is a report");
      }
    }
  }
  BOOST_TEST(false, "it is killed for ever");
  return 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(undo_run)

// Exchanges three names, is killed at each of its requests and writes, and resumed: no name is lost or doubled.
BOOST_AUTO_TEST_CASE(a_cycle_that_is_killed_at_any_step_is_resumed_and_then_undone) {
  const auto check = [](House& house, const std::string& report) {
    const auto resumed = house.again("resume", report);
    BOOST_TEST(resumed.status == 0, resumed.out << resumed.err);
    BOOST_TEST((house.names() == cycle));
    house.undo(report);
    BOOST_TEST((house.names() == names));
  };
  BOOST_TEST(kill_everywhere("kill:send:", check) == 8, "four lines of two requests each");
  BOOST_TEST(kill_everywhere("kill:write:", check) >= 5);
  BOOST_TEST(kill_everywhere("tear:write:", check) >= 5);
}

BOOST_AUTO_TEST_CASE(a_cycle_that_is_killed_at_any_step_is_undone_as_it_is) {
  const auto check = [](House& house, const std::string& report) {
    house.undo(report);
    BOOST_TEST((house.names() == names));
  };
  BOOST_TEST(kill_everywhere("kill:send:", check) == 8);
  BOOST_TEST(kill_everywhere("kill:write:", check) >= 5);
}

BOOST_AUTO_TEST_CASE(what_was_retried_is_undone_with_what_it_repeats) {
  const auto before = chain(40);
  Names wanted;
  for (const auto& [id, name] : before) wanted[id] = "new " + name;
  // Not every answer is one, but each change is tried once.
  House house(before, {"--names", "405", "--fault", "status=500,rate=0.2", "--seed", "11"});
  const auto first = house.run(house.plan(wanted), {"--max-attempts", "1", "--connections", "1"});
  BOOST_TEST(first.status == 1, first.out << first.err);
  BOOST_TEST((house.names() != wanted));
  const auto retried = house.workspace.path("retried");
  const Texts patient = {"--max-attempts", "50", "--retry-base", "1ms", "--retry-cap", "5ms"};
  Texts flags = patient;
  flags.insert(flags.end(), {"--report", retried});
  const auto second = house.again("retry", house.report_path(), flags);
  BOOST_TEST(second.status == 0, second.out << second.err);
  BOOST_TEST((house.names() == wanted));
  const auto undo = house.workspace.path("undo.plan");
  const auto planned = run_koobatch({"undo", retried, "--state", house.exported(), "--out", undo});
  BOOST_TEST(planned.status == 0, planned.out << planned.err);
  const auto undone = house.run(undo, patient);
  BOOST_TEST(undone.status == 0, undone.out << undone.err);
  BOOST_TEST((house.names() == before));
}

BOOST_AUTO_TEST_CASE(a_chain_is_undone_and_what_was_undone_is_done_again) {
  const auto before = chain(30);
  const auto wanted = shifted(before, "the last");
  House house(before, {"--names", "405"});
  BOOST_TEST(house.run(house.plan(wanted)).status == 0);
  BOOST_TEST((house.names() == wanted));
  house.undo(house.report_path());
  BOOST_TEST((house.names() == before));
  house.undo(house.report_path());
  BOOST_TEST((house.names() == wanted));
}

BOOST_AUTO_TEST_CASE(a_run_in_progress_is_not_undone) {
  const auto before = chain(200);
  House house(before, {"--names", "405", "--latency", "50ms"});
  const auto state = house.exported();
  const auto report = house.workspace.path("report");
  Texts command = house.command(house.plan(shifted(before, "the last")), report);
  command.insert(command.begin(), KOOBATCH_BINARY);
  Process process(command, token);
  while (house.count("applied") == 0) ::usleep(1'000);
  const auto undo = house.workspace.path("undo.plan");
  const auto refused = run_koobatch({"undo", report, "--state", state, "--out", undo});
  BOOST_TEST(refused.status == 2, refused.out << refused.err);
  BOOST_TEST(contains(refused.err, "the run is in progress"), refused.err);
  BOOST_TEST(!std::filesystem::exists(undo));
  process.signal(SIGKILL);
  process.wait();
  house.undo(report);
  BOOST_TEST((house.names() == before));
}

BOOST_AUTO_TEST_SUITE_END()
