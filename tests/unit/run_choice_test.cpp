#include "koobatch/fleet/run_choice.hpp"
#include "contains.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::fleet;
using koobatch::test::contains;
using namespace std::chrono_literals;

namespace {

RunRow run(const std::string& id, RunState state, const std::string& endpoint = "https://host",
           std::chrono::seconds submitted = 0s) {
  RunRow row;
  row.about.run_id = id;
  row.about.endpoint = endpoint;
  row.state = state;
  row.submitted = WallTime(submitted);
  return row;
}

std::string chosen(const std::vector<RunRow>& runs, const RunWish& wish, RunChoice::Kind kind) {
  const auto choice = choose_run(runs, wish);
  BOOST_REQUIRE(choice.has_value());
  BOOST_TEST((choice->kind == kind));
  return choice->run != nullptr ? choice->run->about.run_id : "";
}

const RunWish any{"https://host", ""};

}  // namespace

BOOST_AUTO_TEST_SUITE(run_choice)

BOOST_AUTO_TEST_CASE(without_a_run_a_worker_waits) {
  BOOST_TEST(chosen({}, any, RunChoice::Kind::wait) == "");
}

BOOST_AUTO_TEST_CASE(the_oldest_run_is_worked_on_first) {
  BOOST_TEST(chosen({run("c", RunState::ready, "https://host", 3s), run("a", RunState::paused, "https://host", 1s),
                     run("b", RunState::running, "https://host", 2s)},
                    any, RunChoice::Kind::found) == "a");
}

BOOST_AUTO_TEST_CASE(a_run_for_another_endpoint_is_passed_over) {
  for (const char* other :
       {"https://other", "http://host", "https://host:8443", "https://host.other", "not a url", ""}) {
    BOOST_TEST(chosen({run("a", RunState::ready, other), run("b", RunState::ready, "https://HOST:443/", 9s)}, any,
                      RunChoice::Kind::found) == "b");
    BOOST_TEST(chosen({run("a", RunState::ready, other)}, any, RunChoice::Kind::wait) == "");
  }
}

BOOST_AUTO_TEST_CASE(a_run_for_another_endpoint_is_refused_even_if_it_is_asked_for) {
  const std::vector<RunRow> runs = {run("a", RunState::ready, "https://other")};
  const auto choice = choose_run(runs, {"https://host", "a"});
  BOOST_REQUIRE(choice.has_error());
  BOOST_TEST((choice.error().kind == ErrorKind::usage));
  BOOST_TEST(contains(choice.error().message, "run a sends to https://other, this worker to https://host"));
}

BOOST_AUTO_TEST_CASE(a_run_that_is_asked_for_must_exist) {
  const std::vector<RunRow> runs = {run("a", RunState::ready)};
  const auto choice = choose_run(runs, {"https://host", "b"});
  BOOST_REQUIRE(choice.has_error());
  BOOST_TEST(contains(choice.error().message, "no run b"));
}

BOOST_AUTO_TEST_CASE(a_run_that_is_asked_for_comes_before_older_ones) {
  BOOST_TEST(chosen({run("a", RunState::ready), run("b", RunState::ready, "https://host", 9s)}, {"https://host", "b"},
                    RunChoice::Kind::found) == "b");
}

BOOST_AUTO_TEST_CASE(a_run_that_is_being_loaded_or_stopped_is_waited_for) {
  for (const auto state : {RunState::loading, RunState::stopping}) {
    BOOST_TEST(chosen({run("a", state)}, any, RunChoice::Kind::wait) == "a");
    BOOST_TEST(chosen({run("a", state), run("b", RunState::ready, "https://host", 9s)}, any, RunChoice::Kind::found) ==
               "b");
  }
}

BOOST_AUTO_TEST_CASE(nothing_is_left_to_do_once_all_runs_have_ended) {
  for (const auto state : {RunState::stopped, RunState::completed, RunState::aborted}) {
    BOOST_TEST(chosen({run("a", state)}, any, RunChoice::Kind::ended) == "a");
    BOOST_TEST(chosen({run("a", state)}, {"https://host", "a"}, RunChoice::Kind::ended) == "a");
    BOOST_TEST(chosen({run("a", state), run("b", RunState::loading, "https://host", 9s)}, any, RunChoice::Kind::wait) ==
               "b");
  }
}

BOOST_AUTO_TEST_SUITE_END()
