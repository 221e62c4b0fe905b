// Plans carried out by the real binary on the embedded service: exactly as they were made, or not at all. KOOBATCH_FULL
// makes the chain of names as long as it may become.
#include "contains.hpp"
#include "ending_signals.hpp"
#include "faketime.hpp"
#include "full_length.hpp"
#include "plan_house.hpp"
#include "preload.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <string>
#include <thread>
#include <utility>

using namespace koobatch::test;
using namespace koobatch::test::plans;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(plan_run)

BOOST_AUTO_TEST_CASE(a_plan_is_carried_out_and_a_second_time_nothing_is_sent) {
  House house(Names{{"1", "a"}, {"2", "b"}, {"3", "c"}});
  const auto plan = house.plan({{"1", "A new"}, {"3", "C new"}});
  const auto first = house.run(plan);
  BOOST_TEST(first.status == 0, first.out << first.err);
  BOOST_TEST((house.names() == Names{{"1", "A new"}, {"2", "b"}, {"3", "C new"}}));
  BOOST_TEST(contains(house.report().run.front(), R"("plan":{"id":")"));
  const auto writes = house.writes();
  BOOST_TEST(writes == 2U);
  const auto second = house.run(plan);
  BOOST_TEST(second.status == 0, second.out << second.err);
  BOOST_TEST(house.writes() == writes);
  BOOST_TEST(statuses(house.report()) == (Texts{"unchanged", "unchanged"}), boost::test_tools::per_element());
  BOOST_TEST(contains(second.out, "already as wanted"), second.out);
}

BOOST_AUTO_TEST_CASE(a_change_that_is_read_back_is_no_retry) {
  House house(Names{{"1", "a"}, {"2", "b"}});
  const auto plan = house.plan({{"1", "A"}, {"2", "B"}});
  const auto finished = house.run(plan, {"--verify", "100%"});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(!contains(finished.out, "retr"), finished.out);
}

BOOST_AUTO_TEST_CASE(identifiers_of_the_service_are_not_taken_for_those_that_a_spreadsheet_has_spoilt) {
  Names names, wanted;
  for (int i = 0; i < 20; ++i) {
    const auto id = fmt::format("17571564800726{:02}000", i);
    names[id] = fmt::format("name {}", i);
    wanted[id] = fmt::format("new {}", i);
  }
  House house(names);
  const auto finished = house.run(house.plan(wanted));
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(!contains(finished.err, "spreadsheet"), finished.err);
}

BOOST_AUTO_TEST_CASE(names_are_exchanged_in_swaps_cycles_and_chains_though_each_is_unique) {
  const Names names = {{"1", "a"}, {"2", "b"}, {"3", "c"}, {"4", "d"}, {"5", "e"}, {"6", "f"}, {"7", "g"}};
  const Names wanted = {{"1", "b"}, {"2", "a"}, {"3", "d"}, {"4", "e"}, {"5", "c"}, {"6", "g"}, {"7", "h"}};
  House house(names, {"--names", "405"});
  const auto finished = house.run(house.plan(wanted));
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST((house.names() == wanted));
}

BOOST_AUTO_TEST_CASE(a_long_chain_of_names_ends_right) {
  // Each waits for the one before, whose result is safe on the disk by then.
  const auto names = chain(at_full_length() ? 100'000 : 300);
  House house(names, {"--names", "405"});
  const auto wanted = shifted(names, "the last");
  const auto finished = house.run(house.plan(wanted), {}, 1h);
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST((house.names() == wanted));
  BOOST_TEST(house.count("applied") == names.size());
  const auto differences =
      run_koobatch({"plan", house.workspace.path("desired.ndjson"), "--state", house.exported(), "--exit-code"});
  BOOST_TEST(differences.status == 0, differences.out << differences.err);
}

BOOST_AUTO_TEST_CASE(a_plan_that_is_not_as_it_was_made_is_not_carried_out) {
  House house(Names{{"1", "a"}, {"2", "b"}});
  const auto plan = house.plan({{"1", "A"}, {"2", "B"}});
  const auto text = read_file(plan);
  const auto refused = [&](const std::string& changed, const Texts& flags = {}) {
    const auto finished = house.run(house.workspace.write("changed.plan", changed), flags);
    BOOST_TEST(finished.status == 3, finished.out << finished.err);
    BOOST_TEST(!std::filesystem::exists(house.report_path()));
    return finished.err;
  };
  BOOST_TEST(contains(refused(boost::algorithm::replace_first_copy(text, "\"A\"", "\"X\"")), "changed"));
  BOOST_TEST(contains(refused(text.substr(0, text.rfind("{\"end\""))), "cut off"));
  const auto second = text.find("{\"n\":2"), end = text.find("{\"end\"");
  BOOST_TEST(contains(refused(text.substr(0, end) + text.substr(second)), "duplicated"));
  BOOST_TEST(contains(refused(text, {"--expect", "000000000000"}), "not the expected one"));
  std::this_thread::sleep_for(20ms);
  BOOST_TEST(contains(refused(text, {"--max-plan-age", "1ms"}), "too old"));
  const House other({{"1", "a"}, {"2", "b"}}, {"--latency", "0"});
  const auto elsewhere = run_koobatch(other.command(plan, other.workspace.path("report")), token);
  BOOST_TEST(elsewhere.status == 3);
  BOOST_TEST(contains(elsewhere.err, "was made for"), elsewhere.err);
  BOOST_TEST(other.count("reads") == 0U);
  BOOST_TEST(house.count("reads") == 0U);
  BOOST_TEST((house.names() == Names{{"1", "a"}, {"2", "b"}}));
}

BOOST_AUTO_TEST_CASE(an_approved_digest_lets_its_plan_run) {
  House house(Names{{"1", "a"}});
  const auto plan = house.plan({{"1", "A"}});
  const auto text = read_file(plan);
  const auto digest = member(text.substr(text.find("{\"end\"")), "sha256");
  const auto finished = house.run(plan, {"--expect", digest.substr(0, 12)});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
}

BOOST_AUTO_TEST_CASE(the_clock_decides_whether_a_plan_is_too_old_and_may_be_wrong_itself) {
  House house(Names{{"1", "a"}});
  const auto plan = house.plan({{"1", "A"}});
  const auto refused = [&](const std::string& offset, const std::string& why) {
    const auto report = house.workspace.path("refused");
    const auto finished = run_koobatch_at(offset, house.command(plan, report), token);
    BOOST_TEST(finished.status == 3, finished.out << finished.err);
    BOOST_TEST(contains(finished.err, why), finished.err);
    BOOST_TEST(!std::filesystem::exists(report));
    // What it would do can be seen all the same.
    const auto shown = run_koobatch_at(offset, {"plan", "--show", plan});
    BOOST_TEST(shown.status == 0, shown.err);
    BOOST_TEST(contains(shown.out, "~ name \"a\" → \"A\""), shown.out);
  };
  refused("+25h", "the plan is too old");
  refused("-10m", "the clock of one of the machines is wrong");
  BOOST_TEST(house.count("reads") == 0U);
  const auto allowed =
      run_koobatch_at("+25h", house.command(plan, house.workspace.path("report"), {"--max-plan-age", "2d"}), token);
  BOOST_TEST(allowed.status == 0, allowed.out << allowed.err);
  BOOST_TEST((house.names() == Names{{"1", "A"}}));
}

BOOST_AUTO_TEST_CASE(a_plan_of_two_names_is_one_plan) {
  House house(Names{{"1", "a"}});
  const auto plan = house.plan({{"1", "A"}});
  const auto other = house.workspace.path("other.plan");
  std::filesystem::create_hard_link(plan, other);
  BOOST_TEST(run_koobatch({"plan", "--show", other}).status == 0);
  // Changed under the one name, it is refused under the other.
  const auto text = read_file(plan);
  house.workspace.write("other.plan", boost::algorithm::replace_first_copy(text, "\"A\"", "\"X\""));
  const auto changed = house.run(plan);
  BOOST_TEST(changed.status == 3, changed.out << changed.err);
  BOOST_TEST(run_koobatch({"plan", "--show", plan}).status == 3);
  house.workspace.write("other.plan", text);
  const auto finished = house.run(other);
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST((house.names() == Names{{"1", "A"}}));
}

BOOST_AUTO_TEST_CASE(a_plan_that_others_may_write_is_warned_of) {
  House house(Names{{"1", "a"}});
  const auto plan = house.plan({{"1", "A"}});
  const auto warning = plan + ": is writable by others, who could change what is sent; run 'chmod go-w ";
  std::filesystem::permissions(plan, std::filesystem::perms::others_write, std::filesystem::perm_options::add);
  const auto shown = run_koobatch({"plan", "--show", plan});
  BOOST_TEST(shown.status == 0, shown.err);
  const auto finished = house.run(plan);
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(contains(finished.err, warning), finished.err);
  std::filesystem::permissions(plan, std::filesystem::perms::others_write, std::filesystem::perm_options::remove);
  BOOST_TEST(!contains(house.run(plan).err, "writable"));
}

BOOST_AUTO_TEST_CASE(demands_on_a_plan_are_refused_for_other_jobs) {
  const Workspace workspace;
  const auto job = workspace.write("job.ndjson", renames(1));
  for (const Texts& flags : {Texts{"--expect", "000000000000"}, Texts{"--max-plan-age", "1h"}, Texts{"--no-recheck"},
                             Texts{"--verify", "50%"}}) {
    Texts command = {"run", job, "--simulate", "--user-id", "42", "--report", workspace.path("r")};
    command.insert(command.end(), flags.begin(), flags.end());
    const auto finished = run_koobatch(command);
    BOOST_TEST(finished.status == 2, finished.err);
    BOOST_TEST(contains(finished.err, flags.front() + " is for plans only"), finished.err);
  }
}

BOOST_AUTO_TEST_CASE(a_plan_that_is_resumed_is_checked_again) {
  House house(Names{{"1", "a"}, {"2", "b"}});
  const auto plan = house.plan({{"1", "A"}, {"2", "B"}});
  const auto report = house.workspace.path("killed");
  const auto killed = run_koobatch(house.command(plan, report, {"--no-recheck", "--connections", "1"}),
                                   with_fault("KOOBATCH_IO_FAULT", "kill:send:2"));
  BOOST_TEST_REQUIRE(killed.status != 0);
  const auto resume = [&](const Texts& flags) {
    Texts command = {"resume", report, "--progress", "none"};
    command.insert(command.end(), flags.begin(), flags.end());
    return run_koobatch(command, token);
  };
  const auto old = resume({"--max-plan-age", "1ms"});
  BOOST_TEST(old.status == 3, old.err);
  BOOST_TEST(contains(old.err, "too old"), old.err);
  const House other(Names{{"1", "a"}, {"2", "b"}});
  const auto elsewhere = resume({"--endpoint", other.service().url()});
  BOOST_TEST(elsewhere.status == 3, elsewhere.err);
  BOOST_TEST(contains(elsewhere.err, "was made for"), elsewhere.err);
  BOOST_TEST(other.count("reads") == 0U);
  // The plan is as it was, but nobody has said again that others' changes may be overwritten.
  house.rename("2", "another's");
  const auto resumed = resume({});
  BOOST_TEST(resumed.status == 1, resumed.out << resumed.err);
  BOOST_TEST((house.names() == Names{{"1", "A"}, {"2", "another's"}}));
  const auto runs = read_report(report).run;
  BOOST_TEST_REQUIRE(runs.size() == 2U);
  BOOST_TEST(contains(runs.back(), R"("plan":{"id":")"), runs.back());
  BOOST_TEST(!contains(runs.back(), "no-recheck"), runs.back());
}

BOOST_AUTO_TEST_CASE(operations_of_a_plan_do_not_leave_it) {
  House house(Names{{"1", "a"}, {"2", "b"}});
  const auto plan = house.plan({{"1", "A"}});
  const auto skipping = house.run(plan, {"--skip-invalid"});
  BOOST_TEST(skipping.status == 2, skipping.err);
  BOOST_TEST(contains(skipping.err, "--skip-invalid: "), skipping.err);
  house.rename("1", "another's");
  BOOST_TEST(house.run(plan).status == 1);
  const auto exported =
      run_koobatch({"report", house.report_path(), "--failed", house.workspace.path("failed.ndjson")});
  BOOST_TEST(exported.status == 2, exported.err);
  BOOST_TEST(contains(exported.err, "make the plan anew"), exported.err);
  BOOST_TEST(!std::filesystem::exists(house.workspace.path("failed.ndjson")));
}

BOOST_AUTO_TEST_CASE(too_many_changes_that_fail_stop_the_run) {
  const auto names = chain(20);
  House house(names, {"--names", "405"});
  house.error_limit = "2";
  Names wanted;
  for (const auto& [id, name] : names) wanted[id] = "new " + name;
  const auto plan = house.plan(wanted);
  // All are to get names that two of them have by then.
  Names taken = {{"1000", "new name 10"}, {"1001", "new name 11"}, {"1002", "new name 12"}, {"1003", "new name 13"}};
  for (const auto& [id, name] : taken) house.rename(id, name);
  const auto stopped = house.run(plan, {"--connections", "1"});
  BOOST_TEST(stopped.status == 4, stopped.out << stopped.err);
  BOOST_TEST(contains(stopped.err, "--max-errors"), stopped.err);
  const auto report = house.report_path();
  const auto resumed = house.again("resume", report, {"--max-errors", "100%"});
  BOOST_TEST(resumed.status == 1, resumed.out << resumed.err);
  for (const auto& [id, name] : taken) wanted[id] = name;
  for (const auto& [id, name] : taken) {
    const auto loser = std::ranges::find_if(wanted, [&](const auto& e) { return e.second == name && e.first != id; });
    loser->second = names.at(loser->first);
  }
  BOOST_TEST((house.names() == wanted));
}

BOOST_AUTO_TEST_CASE(refused_credentials_stop_the_run_and_new_ones_resume_it) {
  const Workspace secrets;
  const auto file = secrets.write("token", "right");
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const Names wanted = {{"1", "b"}, {"2", "a"}};
  House house(Names{{"1", "a"}, {"2", "b"}}, {"--names", "405", "--token-file", file});
  const auto plan = house.plan(wanted);
  const auto stopped = house.run(plan);
  BOOST_TEST(stopped.status == 5, stopped.out << stopped.err);
  BOOST_TEST(read_report(house.report_path()).results.empty());
  const auto resumed = run_koobatch({"resume", house.report_path(), "--progress", "none"}, {{"TOKEN", "right"}});
  BOOST_TEST(resumed.status == 0, resumed.out << resumed.err);
  BOOST_TEST((house.names() == wanted));
}

BOOST_AUTO_TEST_CASE(a_full_disk_stops_the_run_and_it_can_be_resumed) {
  const Names names = {{"1", "a"}, {"2", "b"}, {"3", "c"}};
  const Names wanted = {{"1", "b"}, {"2", "c"}, {"3", "a"}};
  for (int write = 2; write < 20; ++write) {
    House house(names, {"--names", "405"});
    const auto plan = house.plan(wanted);
    const auto report = house.workspace.path("report");
    const auto full = run_koobatch(house.command(plan, report),
                                   with_fault("KOOBATCH_IO_FAULT", "fail=28:write:" + std::to_string(write)));
    if (full.status == 0) {
      BOOST_TEST(write > 4, "each of four changes is recorded before the next one is sent");
      return;
    }
    BOOST_TEST(full.status == 5, full.out << full.err);
    const auto resumed = house.again("resume", report);
    BOOST_TEST(resumed.status == 0, "write " << write << resumed.out << resumed.err);
    BOOST_TEST((house.names() == wanted), "write " << write);
  }
  BOOST_TEST(false, "the disk is full for ever");
}

BOOST_AUTO_TEST_CASE(an_interrupted_run_is_resumed) {
  const auto names = chain(60);
  const auto wanted = shifted(names, "the last");
  for (const int signal : ending_signals()) {
    House house(names, {"--names", "405", "--latency", "5ms"});
    const auto report = house.workspace.path("report");
    Texts command = house.command(house.plan(wanted), report);
    command.insert(command.begin(), KOOBATCH_BINARY);
    Process process(command, token);
    while (house.count("applied") < 3) ::usleep(1'000);
    process.signal(signal);
    const auto interrupted = process.wait();
    BOOST_TEST(interrupted.status == 128 + signal, interrupted.out << interrupted.err);
    const auto resumed = house.again("resume", report);
    BOOST_TEST(resumed.status == 0, resumed.out << resumed.err);
    BOOST_TEST((house.names() == wanted));
    BOOST_TEST(house.count("applied") == names.size(), "each once");
  }
}

BOOST_AUTO_TEST_SUITE_END()
