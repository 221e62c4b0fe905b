// Plans carried out by the real binary on the embedded service: exactly as they were made, or not at all, and nothing
// that another has changed since.
#include "contains.hpp"
#include "fault_gate.hpp"
#include "koobatch/core/clock.hpp"
#include "preload.hpp"
#include "process.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <thread>
#include <vector>

using namespace koobatch::test;
using namespace std::chrono_literals;

namespace {

using Texts = std::vector<std::string>;
using Names = std::map<std::string, std::string>;  ///< by identifier

const Process::Environment token = {{"TOKEN", "secret"}};

/// A service with the folders of user 42, and plans about them.
class House {
 public:
  explicit House(const Names& names, Texts flags = {}) : service_(flags_of(names, std::move(flags))) {
    state_ = workspace.write("state.ndjson", state_of(names, service_.url()));
  }

  /// Reaches the service at another address from now on.
  void go_through(const Names& names, const std::string& url) {
    url_ = url;
    state_ = workspace.write("state.ndjson", state_of(names, url));
  }

  /// The folders as they are exported from that endpoint.
  static std::string state_of(const Names& names, const std::string& endpoint) {
    std::string lines;
    for (const auto& [id, name] : names) lines += folder(id, name);
    const auto now = koobatch::timestamp(koobatch::WallClock::now());
    return lines +
           fmt::format(R"({{"state":1,"items":{},"users":1,"from":"{}","to":"{}","complete":true,"endpoint":"{}"}})"
                       "\n",
                       names.size(), now, now, endpoint);
  }

  /// Plans that the folders get these names.
  std::string plan(const Names& wanted, Texts flags = {}) const {
    std::string wishes;
    for (const auto& [id, name] : wanted) {
      wishes += fmt::format(R"({{"type":"shared_folder","id":"{}","name":"{}"}})"
                            "\n",
                            id, name);
    }
    const auto out = workspace.path("plan.ndjson");
    std::filesystem::remove(out);
    Texts command = {"plan", workspace.write("desired.ndjson", wishes), "--state", state_, "--out", out};
    command.insert(command.end(), flags.begin(), flags.end());
    const auto finished = run_koobatch(command);
    BOOST_TEST_REQUIRE(finished.status == 0, finished.out << finished.err);
    return out;
  }

  Texts command(const std::string& plan, const std::string& report, const Texts& flags = {}) const {
    Texts command = {"run",      plan,   "--endpoint", url_,   "--token-env", "TOKEN",
                     "--report", report, "--progress", "none", "--lock",      workspace.path("lock")};
    if (!error_limit.empty()) command.insert(command.end(), {"--max-errors", error_limit});
    command.insert(command.end(), flags.begin(), flags.end());
    return command;
  }
  Finished run(const std::string& plan, const Texts& flags = {}) {
    report_ = workspace.path(fmt::format("report-{}", ++runs_));
    return run_koobatch(command(plan, report_, flags), token);
  }
  /// Renames a folder, as another program would.
  void rename(const std::string& id, const std::string& name) const {
    const auto job = workspace.write("job.ndjson", fmt::format(R"({{"op":"rename_shared_folder","id":"{}",)"
                                                               R"("fileName":"{}","user_id":"42"}})",
                                                               id, name));
    const auto finished = run_koobatch({"run", job, "--endpoint", service_.url(), "--token-env", "TOKEN", "--report",
                                        workspace.path("other-report"), "--progress", "none"},
                                       token);
    BOOST_TEST_REQUIRE(finished.status == 0, finished.err);
    std::filesystem::remove(workspace.path("other-report"));
  }

  ReportLines report() const { return read_report(report_); }
  const std::string& report_path() const { return report_; }
  const Service& service() const { return service_; }
  /// The names that the folders have now.
  Names names() const {
    Names now;
    for (const auto& [key, name] : read_state(service_.get("/_sim/state"))) now[key.substr(key.find(':') + 1)] = name;
    return now;
  }
  std::uint64_t count(const std::string& what) const {
    const auto text = member(service_.get("/_sim/stats"), what);
    return text.empty() ? 0 : std::stoull(text);
  }

  Workspace workspace;
  std::string error_limit = "100%";  ///< empty: the default

 private:
  static std::string folder(const std::string& id, const std::string& name) {
    return fmt::format(R"({{"type":"shared_folder","id":"{}","user_id":"42","name":"{}","ownerId":"42"}})"
                       "\n",
                       id, name);
  }
  Texts flags_of(const Names& names, Texts flags) const {
    std::string lines;
    for (const auto& [id, name] : names) lines += folder(id, name);
    flags.insert(flags.end(), {"--state", workspace.write("items.ndjson", lines)});
    return flags;
  }

  Service service_;
  std::string url_ = service_.url();
  std::string state_;
  std::string report_;
  int runs_ = 0;
};

std::vector<std::string> statuses(const ReportLines& report) {
  std::vector<std::string> all;
  for (const auto& result : report.results) all.push_back(result.status);
  std::ranges::sort(all);
  return all;
}

Names chain(std::size_t length) {
  Names names;
  for (std::size_t i = 0; i < length; ++i) names[fmt::format("{}", 1000 + i)] = fmt::format("name {}", i);
  return names;
}

/// Each gets the name of the next one, and the last one gets `last`.
Names shifted(const Names& names, const std::string& last) {
  Names wanted;
  for (auto at = names.begin(); at != names.end(); ++at) {
    wanted[at->first] = std::next(at) == names.end() ? last : std::next(at)->second;
  }
  return wanted;
}

/// A page of a firewall for every request.
std::vector<Reply> denied(std::size_t requests) {
  const std::string page = "<html><title>Access denied</title></html>";
  return std::vector<Reply>(
      requests,
      Reply{.bytes = fmt::format("HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{}",
                                 page.size(), page)});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plan_run)

BOOST_AUTO_TEST_CASE(a_plan_is_carried_out_and_a_second_time_nothing_is_sent) {
  House house(Names{{"1", "a"}, {"2", "b"}, {"3", "c"}});
  const auto plan = house.plan({{"1", "A new"}, {"3", "C new"}}, {"--max-changes", "100%"});
  const auto first = house.run(plan);
  BOOST_TEST(first.status == 0, first.out << first.err);
  BOOST_TEST((house.names() == Names{{"1", "A new"}, {"2", "b"}, {"3", "C new"}}));
  BOOST_TEST(contains(house.report().run.front(), R"("plan":{"id":")"));
  const auto applied = house.count("applied");
  const auto second = house.run(plan);
  BOOST_TEST(second.status == 0, second.out << second.err);
  BOOST_TEST(house.count("applied") == applied);
  BOOST_TEST(statuses(house.report()) == (Texts{"unchanged", "unchanged"}), boost::test_tools::per_element());
  BOOST_TEST(contains(second.out, "as wanted already"), second.out);
}

BOOST_AUTO_TEST_CASE(a_change_that_is_read_back_is_no_retry) {
  House house(Names{{"1", "a"}, {"2", "b"}});
  const auto plan = house.plan({{"1", "A"}, {"2", "B"}}, {"--max-changes", "100%"});
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
  const auto finished = house.run(house.plan(wanted, {"--max-changes", "100%"}));
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST(!contains(finished.err, "spreadsheet"), finished.err);
}

BOOST_AUTO_TEST_CASE(names_are_exchanged_in_swaps_cycles_and_chains_though_each_is_unique) {
  const Names names = {{"1", "a"}, {"2", "b"}, {"3", "c"}, {"4", "d"}, {"5", "e"}, {"6", "f"}, {"7", "g"}};
  const Names wanted = {{"1", "b"}, {"2", "a"}, {"3", "d"}, {"4", "e"}, {"5", "c"}, {"6", "g"}, {"7", "h"}};
  House house(names, {"--names", "405"});
  const auto finished = house.run(house.plan(wanted, {"--max-changes", "100%"}));
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST((house.names() == wanted));
}

BOOST_AUTO_TEST_CASE(a_long_chain_of_names_ends_right) {
  const auto names = chain(300);
  House house(names, {"--names", "405"});
  const auto wanted = shifted(names, "the last");
  const auto finished = house.run(house.plan(wanted, {"--max-changes", "100%"}));
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST((house.names() == wanted));
}

BOOST_AUTO_TEST_CASE(what_a_run_has_changed_is_read_back_without_sending_any_of_it) {
  const Names wanted = {{"1", "b"}, {"2", "a"}};
  House house(Names{{"1", "a"}, {"2", "b"}}, {"--names", "405"});
  BOOST_TEST(house.run(house.plan(wanted, {"--max-changes", "100%"})).status == 0);
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

BOOST_AUTO_TEST_CASE(what_another_has_changed_since_is_not_overwritten) {
  House house(Names{{"1", "a"}, {"2", "b"}});
  const auto plan = house.plan({{"1", "A"}, {"2", "B"}}, {"--max-changes", "100%"});
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

BOOST_AUTO_TEST_CASE(without_rechecks_it_is_overwritten_and_the_report_says_that_there_were_none) {
  House house(Names{{"1", "a"}});
  const auto plan = house.plan({{"1", "A"}}, {"--max-changes", "100%"});
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
  const auto plan = house.plan(shifted(names, "the last"), {"--max-changes", "100%"});
  // The last of the chain has to make room first.
  house.rename("1003", "another's");
  const auto finished = house.run(plan);
  BOOST_TEST(finished.status == 1, finished.out << finished.err);
  BOOST_TEST(statuses(house.report()) == (Texts(4, "skipped")), boost::test_tools::per_element());
  std::size_t dependent = 0;
  for (const auto& result : house.report().results) dependent += contains(result.text, R"("reason":"dependency")");
  BOOST_TEST(dependent == 3U);
}

BOOST_AUTO_TEST_CASE(a_success_under_another_name_is_found_by_reading_back) {
  House house(Names{{"1", "a"}, {"2", "b"}}, {"--names", "stamp"});
  // Not among the items that the plan was made of.
  const auto plan = house.plan({{"1", "c"}}, {"--max-changes", "100%"});
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
  const auto plan = house.plan(wanted, {"--max-changes", "100%"});
  const auto finished = house.run(plan, {"--max-attempts", "20", "--retry-base", "1ms", "--retry-cap", "10ms"});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  BOOST_TEST((house.names() == wanted));
}

BOOST_AUTO_TEST_CASE(a_plan_that_is_not_as_it_was_made_is_not_carried_out) {
  House house(Names{{"1", "a"}, {"2", "b"}});
  const auto plan = house.plan({{"1", "A"}, {"2", "B"}}, {"--max-changes", "100%"});
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
  BOOST_TEST(contains(refused(text.substr(0, end) + text.substr(second)), "doubled"));
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
  const auto plan = house.plan({{"1", "A"}}, {"--max-changes", "100%"});
  const auto text = read_file(plan);
  const auto digest = member(text.substr(text.find("{\"end\"")), "sha256");
  const auto finished = house.run(plan, {"--expect", digest.substr(0, 12)});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
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
    BOOST_TEST(contains(finished.err, flags.front() + " is about plans"), finished.err);
  }
}

// Exchanges three names, is killed at each of its requests and writes, and resumed: no name is lost or doubled.
BOOST_AUTO_TEST_CASE(a_cycle_that_is_killed_at_any_step_and_resumed_ends_right) {
  const Names names = {{"1", "a"}, {"2", "b"}, {"3", "c"}};
  const Names wanted = {{"1", "b"}, {"2", "c"}, {"3", "a"}};
  // Four lines of two requests each.
  constexpr int steps = 8;
  for (const std::string kind : {"kill:send:", "kill:write:"}) {
    for (int step = 1; step <= steps; ++step) {
      House house(names, {"--names", "405"});
      const auto plan = house.plan(wanted, {"--max-changes", "100%"});
      const auto report = house.workspace.path("killed");
      const auto killed = run_koobatch(house.command(plan, report, {"--verify", "0%"}),
                                       with_fault("KOOBATCH_IO_FAULT", kind + std::to_string(step)));
      if (!std::filesystem::exists(report)) continue;
      if (killed.status != 0) {
        const auto resumed = run_koobatch({"resume", report, "--progress", "none"}, token);
        BOOST_TEST(resumed.status == 0, kind << step << resumed.out << resumed.err);
      }
      BOOST_TEST((house.names() == wanted), kind << step);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_plan_that_is_resumed_is_checked_again) {
  House house(Names{{"1", "a"}, {"2", "b"}});
  const auto plan = house.plan({{"1", "A"}, {"2", "B"}}, {"--max-changes", "100%"});
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
  const auto plan = house.plan({{"1", "A"}}, {"--max-changes", "100%"});
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

BOOST_AUTO_TEST_CASE(without_rechecks_nothing_is_sent_that_depends_on_what_failed) {
  const auto names = chain(4);
  House house(names, {"--names", "405"});
  const auto plan = house.plan(shifted(names, "the last"), {"--max-changes", "100%"});
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

BOOST_AUTO_TEST_CASE(what_refuses_every_reading_in_place_of_the_service_stops_the_run_and_no_operation_is_skipped) {
  House house(chain(500));
  FaultGate gate(house.service().url());
  house.go_through(chain(500), gate.url());
  house.error_limit.clear();
  Names wanted;
  for (const auto& [id, name] : chain(500)) wanted[id] = "new " + name;
  const auto plan = house.plan(wanted, {"--max-changes", "100%"});
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

BOOST_AUTO_TEST_CASE(each_change_is_verified_by_itself) {
  const auto names = chain(3);
  House house(names, {"--names", "405"});
  BOOST_TEST(house.run(house.plan(shifted(names, "the last"), {"--max-changes", "100%"})).status == 0);
  house.rename("1002", "another's");
  const auto verified = house.workspace.path("verified");
  const auto finished =
      run_koobatch({"verify", house.report_path(), "--report", verified, "--progress", "none"}, token);
  BOOST_TEST(finished.status == 1, finished.out << finished.err);
  BOOST_TEST(statuses(read_report(verified)) == (Texts{"skipped", "unchanged", "unchanged"}),
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_verification_names_itself_where_it_is_to_be_repeated) {
  House house(Names{{"1", "a"}});
  BOOST_TEST(house.run(house.plan({{"1", "A"}}, {"--max-changes", "100%"})).status == 0);
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
