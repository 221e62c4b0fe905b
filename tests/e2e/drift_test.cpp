// What others change between a plan and its run, with the real binary on the embedded service: nothing of theirs is
// overwritten but in the one case that is documented, what is lost is resolved by reading, and nothing is sent that
// depends on a change that was not made.
#include "contains.hpp"
#include "exports.hpp"
#include "fault_gate.hpp"
#include "handed_over.hpp"
#include "over_http2.hpp"
#include "plan_house.hpp"
#include "preload.hpp"
#include "scripted_server.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

using namespace koobatch::test;
using plans::chain;
using plans::denied;
using plans::House;
using plans::Names;
using plans::result_of;
using plans::shifted;
using plans::statuses;
using plans::Texts;
using plans::token;

namespace {

/// An album of user 42, as the service lists it.
std::string album(const std::string& id, const std::string& name, const std::string& folders) {
  return fmt::format(R"({{"type":"album","id":"{}","user_id":"42","name":"{}","albumKind":1,"albumType":2,)"
                     R"("scopeDir":{}}})"
                     "\n",
                     id, name, folders);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(drift)

BOOST_AUTO_TEST_CASE(what_another_has_changed_since_is_not_overwritten) {
  House house(Names{{"1", "a"}, {"2", "b"}});
  const auto plan = house.plan({{"1", "A"}, {"2", "B"}});
  house.rename("1", "another's");
  const auto finished = house.run(plan);
  BOOST_TEST(finished.status == 1, finished.out << finished.err);
  BOOST_TEST((house.names() == Names{{"1", "another's"}, {"2", "B"}}));
  for (const auto& result : house.report().results) {
    if (result.id != "1") continue;
    BOOST_TEST(result.status == "skipped");
    BOOST_TEST(contains(result.text, R"("reason":"drifted")"), result.text);
    BOOST_TEST(contains(result.text, R"("was":{"fileName":"another's"})"), result.text);
  }
  BOOST_TEST(contains(finished.out, "skipped"), finished.out);
}

BOOST_AUTO_TEST_CASE(what_is_gone_or_as_wanted_by_then_is_not_sent) {
  const Names present = {{"1", "a"}, {"2", "b"}, {"3", "c"}};
  House house(present);
  // One that was there when the plan was made.
  house.go_through({{"1", "a"}, {"2", "b"}, {"3", "c"}, {"9", "z"}}, house.service().url());
  const auto plan = house.plan({{"1", "A"}, {"2", "B"}, {"3", "C"}, {"9", "Z"}});
  house.rename("2", "B");
  const auto writes = house.writes();
  const auto finished = house.run(plan);
  BOOST_TEST(finished.status == 1, finished.out << finished.err);
  BOOST_TEST(house.writes() == writes + 2);
  const auto report = house.report();
  BOOST_TEST(result_of(report, "1") == "succeeded");
  BOOST_TEST(result_of(report, "2") == "unchanged");
  BOOST_TEST(result_of(report, "9") == "skipped gone");
  BOOST_TEST((house.names() == Names{{"1", "A"}, {"2", "B"}, {"3", "C"}}));
}

BOOST_AUTO_TEST_CASE(each_value_of_an_album_is_checked_before_it_is_changed) {
  const Workspace workspace;
  std::string items;
  for (int i = 1; i <= 6; ++i) items += album(std::to_string(i), fmt::format("album {}", i), R"(["10"])");
  const exports::House house({"--state", workspace.write("items", items)});
  auto state = house.state({"--user-id", "42", "--types", "album"});
  // One that is not there any more.
  const auto last = state.find("{\"state\"");
  state = state.substr(0, last) + album("9", "album 9", R"(["10"])") +
          boost::replace_first_copy(state.substr(last), "\"items\":6", "\"items\":7");
  const auto names = house.workspace.write("state.ndjson", state);
  std::string wishes;
  for (const std::string id : {"1", "2", "3", "4", "9"}) {
    wishes += fmt::format(R"({{"type":"album","id":"{}","name":"new {}"}})"
                          "\n",
                          id, id);
  }
  wishes += R"({"type":"album","id":"5","scopeDir":["20","30"]})"
            "\n"
            R"({"type":"album","id":"6","name":"new 6","scopeDir":["20"]})"
            "\n";
  const auto plan = house.workspace.path("plan");
  const auto planned =
      run_koobatch({"plan", house.workspace.write("desired.ndjson", wishes), "--state", names, "--out", plan});
  BOOST_TEST_REQUIRE(planned.status == 0, planned.out << planned.err);
  const auto run = [&](const std::string& job, const std::string& report) {
    return run_koobatch({"run", job, "--endpoint", house.service.url(), "--token-env", "TOKEN", "--user-id", "42",
                         "--report", house.workspace.path(report), "--progress", "none", "--max-errors", "100%"},
                        token);
  };
  // Another program renames one, gives one its name already, and changes what is in two others.
  const auto others =
      run(house.workspace.write("others.ndjson", R"({"op":"update_album","albumId":"2","name":"another's"})"
                                                 "\n"
                                                 R"({"op":"update_album","albumId":"3","name":"new 3"})"
                                                 "\n"
                                                 R"({"op":"update_album","albumId":"4","scopeDirList":["99"]})"
                                                 "\n"
                                                 R"({"op":"update_album","albumId":"6","scopeDirList":["99"]})"
                                                 "\n"),
          "others");
  BOOST_TEST_REQUIRE(others.status == 0, others.out << others.err);
  const auto writes = house.number("requests");
  const auto finished = run(plan, "first");
  BOOST_TEST(finished.status == 1, finished.out << finished.err);
  const auto report = read_report(house.workspace.path("first"));
  BOOST_TEST(result_of(report, "1") == "succeeded");
  BOOST_TEST(result_of(report, "2") == "skipped drifted");
  BOOST_TEST(result_of(report, "3") == "unchanged");
  BOOST_TEST(result_of(report, "4") == "succeeded", "what the plan does not change may be anything");
  BOOST_TEST(result_of(report, "5") == "succeeded");
  BOOST_TEST(result_of(report, "6") == "skipped drifted");
  BOOST_TEST(result_of(report, "9") == "skipped gone");
  BOOST_TEST(house.number("requests") == writes + 3);
  const auto now = house.service.get("/_sim/state");
  BOOST_TEST((exports::items_of(now) == exports::Items{{"album:1", "42 new 1"},
                                                       {"album:2", "42 another's"},
                                                       {"album:3", "42 new 3"},
                                                       {"album:4", "42 new 4"},
                                                       {"album:5", "42 album 5"},
                                                       {"album:6", "42 album 6"}}));
  BOOST_TEST(contains(now, R"("scopeDir":["20","30"])"), now);
  // In any order, they are the same folders.
  BOOST_TEST(run(plan, "second").status == 1);
  BOOST_TEST(house.number("requests") == writes + 3);
}

BOOST_AUTO_TEST_CASE(what_is_changed_between_the_reading_and_the_change_is_overwritten_as_documented,
                     *boost::unit_test::precondition(over_http1)) {
  House house(Names{{"1", "a"}, {"2", "b"}});
  HandedOver<Finished> meanwhile;
  FaultGate gate(house.service().url(), [&](std::size_t connection) {
    Script script;
    script.before = [&, connection](std::size_t exchange) {
      // The first request reads the one folder, the second one renames it.
      if (connection != 0 || exchange != 1) return;
      meanwhile.put(house.rename_meanwhile("1", "another's"));
    };
    return script;
  });
  house.go_through({{"1", "a"}, {"2", "b"}}, gate.url());
  const auto finished = house.run(house.plan({{"1", "A"}}), {"--connections", "1", "--verify", "100%"});
  BOOST_TEST(meanwhile.get().status == 0, meanwhile.get().err);
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(result_of(house.report(), "1") == "succeeded");
  BOOST_TEST((house.names() == Names{{"1", "A"}, {"2", "b"}}), "only what was changed in between is lost");
}

BOOST_AUTO_TEST_CASE(without_rechecks_it_is_overwritten_and_the_report_says_that_there_were_none) {
  House house(Names{{"1", "a"}});
  const auto plan = house.plan({{"1", "A"}});
  house.rename("1", "another's");
  const auto before = house.count("reads");
  const auto finished = house.run(plan, {"--no-recheck", "--verify", "0%"});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST((house.names() == Names{{"1", "A"}}));
  BOOST_TEST(house.count("reads") == before);
  BOOST_TEST(contains(house.report().run.front(), R"("no-recheck":"true")"), house.report().run.front());
}

BOOST_AUTO_TEST_CASE(what_depends_on_a_skipped_change_is_skipped) {
  const auto names = chain(4);
  House house(names, {"--names", "405"});
  const auto plan = house.plan(shifted(names, "the last"));
  // The last of the chain has to make room first.
  house.rename("1003", "another's");
  const auto finished = house.run(plan);
  BOOST_TEST(finished.status == 1, finished.out << finished.err);
  BOOST_TEST(statuses(house.report()) == (Texts(4, "skipped")), boost::test_tools::per_element());
  std::size_t dependent = 0;
  for (const auto& result : house.report().results) dependent += contains(result.text, R"("reason":"dependency")");
  BOOST_TEST(dependent == 3U);
}

BOOST_AUTO_TEST_CASE(without_rechecks_nothing_is_sent_that_depends_on_what_failed) {
  const auto names = chain(4);
  House house(names, {"--names", "405"});
  const auto plan = house.plan(shifted(names, "the last"));
  // A name that only another folder had by then.
  house.rename("1003", "another's");
  house.rename("1002", "the last");
  const auto applied = house.count("applied");
  const auto finished = house.run(plan, {"--no-recheck", "--verify", "0%"});
  BOOST_TEST(finished.status == 1, finished.out << finished.err);
  BOOST_TEST(statuses(house.report()) == (Texts{"rejected", "skipped", "skipped", "skipped"}),
             boost::test_tools::per_element());
  BOOST_TEST(house.count("applied") == applied);
}

BOOST_AUTO_TEST_CASE(a_name_that_another_has_taken_is_refused_and_nothing_is_sent_that_depends_on_it) {
  const auto names = chain(4);
  House house(names, {"--names", "405"});
  // Not among the folders that the plan was made of.
  auto planned = names;
  planned.erase("1000");
  house.go_through(planned, house.service().url());
  const auto plan = house.plan(shifted(planned, "the last"));
  house.rename("1000", "the last");
  const auto applied = house.count("applied");
  const auto finished = house.run(plan);
  BOOST_TEST(finished.status == 1, finished.out << finished.err);
  const auto report = house.report();
  BOOST_TEST(result_of(report, "1003") == "rejected");
  BOOST_TEST(result_of(report, "1002") == "skipped dependency");
  BOOST_TEST(result_of(report, "1001") == "skipped dependency");
  BOOST_TEST(contains(read_file(house.report_path()), "13000405"));
  BOOST_TEST(house.count("applied") == applied);
}

BOOST_AUTO_TEST_CASE(a_lost_answer_within_a_chain_is_resolved_by_reading_before_it_goes_on,
                     *boost::unit_test::precondition(over_http1)) {
  const auto names = chain(4);
  const auto wanted = shifted(names, "the last");
  House house(names, {"--names", "405"});
  FaultGate gate(house.service().url(), [](std::size_t connection) {
    Script script;
    if (connection == 0) script.fault = {.kind = Fault::Kind::reset, .side = Side::answer, .exchange = 1};
    return script;
  });
  house.go_through(names, gate.url());
  const auto finished = house.run(house.plan(wanted), {"--connections", "1"});
  BOOST_TEST(gate.struck() == 1U);
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST((house.names() == wanted));
  BOOST_TEST(house.count("applied") == names.size(), "it is not sent twice");
}

BOOST_AUTO_TEST_CASE(nothing_is_sent_that_depends_on_a_change_of_which_nobody_knows,
                     *boost::unit_test::precondition(over_http1)) {
  const auto names = chain(4);
  House house(names, {"--names", "405"});
  HandedOver<Finished> meanwhile;
  // The answer to the first change is lost, and before it is read again, another changes it.
  FaultGate gate(house.service().url(), [&](std::size_t connection) {
    Script script;
    if (connection == 0) script.fault = {.kind = Fault::Kind::reset, .side = Side::answer, .exchange = 1};
    script.before = [&, connection](std::size_t exchange) {
      if (connection != 1 || exchange != 0) return;
      meanwhile.put(house.rename_meanwhile("1003", "another's"));
    };
    return script;
  });
  house.go_through(names, gate.url());
  const auto plan = house.plan(shifted(names, "the last"));
  const auto finished = house.run(plan, {"--connections", "1"});
  BOOST_TEST(meanwhile.get().status == 0, meanwhile.get().err);
  BOOST_TEST(finished.status == 1, finished.out << finished.err);
  const auto report = house.report();
  BOOST_TEST(result_of(report, "1003") == "unknown drifted");
  for (const std::string id : {"1000", "1001", "1002"}) BOOST_TEST(result_of(report, id) == "skipped dependency", id);
  auto now = names;
  now["1003"] = "another's";
  BOOST_TEST((house.names() == now));
  // Nothing of it is undone, because it is no longer ours.
  const auto undone = run_koobatch(
      {"undo", house.report_path(), "--state", house.exported(), "--out", house.workspace.path("undo.plan")});
  BOOST_TEST(undone.status == 0, undone.out << undone.err);
  BOOST_TEST(contains(undone.out, "Nothing to change"), undone.out);
  BOOST_TEST(contains(undone.out, "somebody has changed it since"), undone.out);
}

BOOST_AUTO_TEST_CASE(a_success_under_another_name_is_found_by_reading_back) {
  House house(Names{{"1", "a"}, {"2", "b"}}, {"--names", "stamp"});
  // Not among the items that the plan was made of.
  const auto plan = house.plan({{"1", "c"}});
  house.rename("2", "c");
  const auto finished = house.run(plan, {"--verify", "100%"});
  BOOST_TEST(finished.status == 1, finished.out << finished.err);
  const auto report = house.report();
  BOOST_TEST_REQUIRE(report.results.size() == 1U);
  BOOST_TEST(report.results.front().status == "rejected");
  BOOST_TEST(contains(report.results.front().text, R"("reason":"stored_otherwise")"), report.results.front().text);
  BOOST_TEST(contains(report.results.front().text, R"("now":{"fileName":"c)"), report.results.front().text);
}

BOOST_AUTO_TEST_CASE(lost_answers_are_resolved_by_reading) {
  const auto names = chain(100);
  Names wanted;
  for (const auto& [id, name] : names) wanted[id] = "new " + name;
  House house(names, {"--fault", "reset,rate=0.2", "--seed", "7"});
  const auto plan = house.plan(wanted);
  const auto finished = house.run(plan, {"--max-attempts", "20", "--retry-base", "1ms", "--retry-cap", "10ms"});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST((house.names() == wanted));
  BOOST_TEST(member(member(house.service().get("/_sim/stats"), "faults"), "reset") != "0");
}

BOOST_AUTO_TEST_CASE(what_refuses_every_reading_in_place_of_the_service_stops_the_run_and_no_operation_is_skipped) {
  House house(chain(500));
  FaultGate gate(house.service().url());
  house.go_through(chain(500), gate.url());
  house.error_limit.clear();
  Names wanted;
  for (const auto& [id, name] : chain(500)) wanted[id] = "new " + name;
  const auto plan = house.plan(wanted);
  const ScriptedServer firewall(denied(2'000));
  // Also after a crash, after which any of them may have been sent.
  const auto report = house.workspace.path("killed");
  const auto killed = run_koobatch(house.command(plan, report, {"--connections", "1"}),
                                   with_fault("KOOBATCH_IO_FAULT", "kill:send:100"));
  BOOST_TEST_REQUIRE(killed.status != 0);
  const auto before = read_report(report).results.size();
  gate.redirect(firewall.url());
  const auto resumed = run_koobatch({"resume", report, "--progress", "none"}, token);
  BOOST_TEST(resumed.status == 4, resumed.out << resumed.err);
  BOOST_TEST(read_report(report).results.size() == before);
  const auto first = house.run(plan);
  BOOST_TEST(first.status == 4, first.out << first.err);
  BOOST_TEST(house.report().results.empty());
}

BOOST_AUTO_TEST_SUITE_END()
