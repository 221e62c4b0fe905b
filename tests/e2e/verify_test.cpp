// What runs have changed is read back by the real binary, and nothing is sent of it.
#include "contains.hpp"
#include "plan_house.hpp"
#include "scripted_server.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

using namespace koobatch::test;
using namespace koobatch::test::plans;

BOOST_AUTO_TEST_SUITE(verify)

BOOST_AUTO_TEST_CASE(what_a_run_has_changed_is_read_back_without_sending_any_of_it) {
  const Names wanted = {{"1", "b"}, {"2", "a"}};
  House house(Names{{"1", "a"}, {"2", "b"}}, {"--names", "405"});
  BOOST_TEST(house.run(house.plan(wanted)).status == 0);
  const auto applied = house.count("applied");
  const auto report = house.report_path();
  const auto first = run_koobatch({"verify", report, "--progress", "none"}, token);
  BOOST_TEST(first.status == 0, first.out << first.err);
  // Of the three lines, the temporary name is superseded.
  BOOST_TEST(contains(first.err, "2 operations to verify; 1 superseded"), first.err);
  house.rename("1", "another's");
  const auto second =
      run_koobatch({"verify", report, "--report", house.workspace.path("second"), "--progress", "none"}, token);
  BOOST_TEST(second.status == 1, second.out << second.err);
  BOOST_TEST(house.count("applied") == applied + 1);
  BOOST_TEST((house.names() == Names{{"1", "another's"}, {"2", "a"}}));
  // Nor does anything else that is done with its report.
  for (const std::string command : {"resume", "retry"}) {
    const auto again = run_koobatch({command, house.workspace.path("second"), "--progress", "none"}, token);
    BOOST_TEST(house.count("applied") == applied + 1, command << again.out << again.err);
  }
}

BOOST_AUTO_TEST_CASE(each_change_is_verified_by_itself) {
  const auto names = chain(3);
  House house(names, {"--names", "405"});
  BOOST_TEST(house.run(house.plan(shifted(names, "the last"))).status == 0);
  house.rename("1002", "another's");
  const auto verified = house.workspace.path("verified");
  const auto finished =
      run_koobatch({"verify", house.report_path(), "--report", verified, "--progress", "none"}, token);
  BOOST_TEST(finished.status == 1, finished.out << finished.err);
  BOOST_TEST(statuses(read_report(verified)) == (Texts{"skipped", "unchanged", "unchanged"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_name_that_was_stored_otherwise_is_found_afterwards) {
  House house(Names{{"1", "a"}, {"2", "b"}}, {"--names", "stamp"});
  const auto plan = house.plan({{"1", "c"}});
  house.rename("2", "c");
  const auto finished = house.run(plan, {"--verify", "0%"});
  BOOST_TEST(finished.status == 0, "the service says that it succeeded " << finished.out << finished.err);
  const auto verified = house.workspace.path("verified");
  const auto found = house.again("verify", house.report_path(), {"--report", verified});
  BOOST_TEST(found.status == 1, found.out << found.err);
  BOOST_TEST(result_of(read_report(verified), "1") == "skipped drifted");
  BOOST_TEST(contains(read_file(verified), R"({"fileName":"c_2)"), read_file(verified));
}

BOOST_AUTO_TEST_CASE(what_is_gone_or_refuses_to_be_read_is_not_verified) {
  const Names names = {{"1", "a"}, {"2", "b"}};
  House house(names);
  BOOST_TEST(house.run(house.plan({{"1", "A"}, {"2", "B"}})).status == 0);
  const auto answer = [](int code) {
    return Reply{.bytes = http_answer(400, fmt::format(R"({{"code":{},"msg":"no"}})", code))};
  };
  // Elsewhere the one does not exist, and the other may not be read.
  const ScriptedServer elsewhere({answer(13000309), answer(13000410)});
  const auto verified = house.workspace.path("verified");
  const auto finished =
      house.again("verify", house.report_path(),
                  {"--report", verified, "--endpoint", elsewhere.url(), "--connections", "1", "--max-errors", "100%"});
  BOOST_TEST(finished.status == 1, finished.out << finished.err);
  const auto report = read_report(verified);
  BOOST_TEST(result_of(report, "1") == "skipped gone");
  BOOST_TEST(result_of(report, "2") == "skipped unreadable");
}

BOOST_AUTO_TEST_CASE(what_refuses_every_reading_stops_the_verification) {
  const auto names = chain(300);
  Names wanted;
  for (const auto& [id, name] : names) wanted[id] = "new " + name;
  House house(names);
  house.error_limit.clear();
  BOOST_TEST(house.run(house.plan(wanted)).status == 0);
  const ScriptedServer firewall(denied(2'000));
  const auto verified = house.workspace.path("verified");
  const auto finished =
      house.again("verify", house.report_path(), {"--report", verified, "--endpoint", firewall.url()});
  BOOST_TEST(finished.status == 4, finished.out << finished.err);
  BOOST_TEST(read_report(verified).results.empty());
}

BOOST_AUTO_TEST_CASE(only_what_was_run_can_be_verified) {
  House house(Names{{"1", "a"}});
  const auto plan = house.plan({{"1", "A"}});
  BOOST_TEST(house.run(plan).status == 0);
  const auto reads = house.count("reads");
  const auto verified = house.workspace.path("verified");
  const auto text = read_file(plan);
  const auto refused = [&](int status, const std::string& why) {
    const auto finished = house.again("verify", house.report_path(), {"--report", verified});
    BOOST_TEST(finished.status == status, finished.out << finished.err);
    BOOST_TEST(contains(finished.err, why), finished.err);
    BOOST_TEST(!std::filesystem::exists(verified));
  };
  house.workspace.write("plan.ndjson", boost::algorithm::replace_first_copy(text, "\"A\"", "\"X\""));
  refused(2, "plan.ndjson");
  std::filesystem::remove(plan);
  refused(2, "--job");
  const auto nonsense = house.again("verify", house.report_path(),
                                    {"--report", verified, "--job", house.workspace.write("no.plan", "nonsense\n")});
  BOOST_TEST(nonsense.status == 3, nonsense.out << nonsense.err);
  BOOST_TEST(contains(nonsense.err, "is not a plan"), nonsense.err);
  BOOST_TEST(house.count("reads") == reads);
  const auto none = house.again("verify", house.workspace.path("none"));
  BOOST_TEST(none.status == 2, none.err);
}

BOOST_AUTO_TEST_CASE(an_interrupted_verification_says_how_to_repeat_it) {
  const auto names = chain(200);
  Names wanted;
  for (const auto& [id, name] : names) wanted[id] = "new " + name;
  House house(names, {"--latency", "5ms"});
  BOOST_TEST(house.run(house.plan(wanted)).status == 0);
  const auto reads = house.count("reads");
  const auto writes = house.writes();
  Process process({KOOBATCH_BINARY, "verify", house.report_path(), "--report", house.workspace.path("verified"),
                   "--progress", "none", "--connections", "1"},
                  token);
  while (house.count("reads") == reads) ::usleep(1'000);
  process.signal(SIGINT);
  const auto finished = process.wait();
  BOOST_TEST(finished.status == 130, finished.out << finished.err);
  BOOST_TEST(contains(finished.out, "koobatch verify " + house.report_path()), finished.out << finished.err);
  BOOST_TEST(!contains(finished.out, "koobatch resume"), finished.out);
  BOOST_TEST(house.writes() == writes);
}

BOOST_AUTO_TEST_CASE(a_verification_names_itself_where_it_is_to_be_repeated) {
  House house(Names{{"1", "a"}});
  BOOST_TEST(house.run(house.plan({{"1", "A"}})).status == 0);
  const auto verified = house.workspace.path("verified");
  const auto stopped = run_koobatch({"verify", house.report_path(), "--report", verified, "--progress", "none",
                                     "--endpoint", "http://127.0.0.1:1", "--max-outage", "1s"},
                                    token);
  BOOST_TEST(stopped.status == 5, stopped.out << stopped.err);
  BOOST_TEST(contains(stopped.err, "koobatch verify " + house.report_path()), stopped.err);
  BOOST_TEST(!contains(stopped.out + stopped.err, "resume"), stopped.out << stopped.err);
  for (const std::string command : {"resume", "retry"}) {
    const auto again = run_koobatch({command, verified}, token);
    BOOST_TEST(again.status == 2, again.err);
    BOOST_TEST(contains(again.err, "koobatch verify " + house.report_path()), again.err);
  }
}

BOOST_AUTO_TEST_SUITE_END()
