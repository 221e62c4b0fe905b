// Plans that read the present state themselves, with the real binary on the embedded service.
#include "exports.hpp"

#include <unistd.h>
#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <string>
#include <string_view>

using namespace koobatch::test;
using namespace koobatch::test::exports;

namespace {

/// Plans that read the state themselves, with a folder of their own for temporary files.
struct Planner {
  explicit Planner(const Texts& flags) : house(flags) { std::filesystem::create_directory(temporary); }

  Texts command(const Texts& flags) const {
    Texts command = {"plan",        house.workspace.path("desired.ndjson"),
                     "--endpoint",  house.service.url(),
                     "--token-env", "TOKEN",
                     "--out",       out,
                     "--progress",  "none"};
    command.insert(command.end(), flags.begin(), flags.end());
    return command;
  }
  Process::Environment environment(Process::Environment more) const {
    more["TMPDIR"] = temporary;
    return more;
  }
  Finished plan(const std::string& wishes, const Texts& flags, const Process::Environment& more = token) const {
    house.workspace.write("desired.ndjson", wishes);
    std::filesystem::remove(out);
    return run_koobatch(command(flags), environment(more));
  }
  /// The operations of the plan.
  std::string lines() const {
    const auto text = read_file(out);
    const auto first = text.find('\n') + 1;
    return text.substr(first, text.find("{\"end\"") - first);
  }
  std::size_t left_over() const {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(temporary)) ++count;
    return count;
  }

  House house;
  std::string temporary = house.workspace.path("tmp");
  std::string out = house.workspace.path("out.plan");
};

}  // namespace

BOOST_AUTO_TEST_SUITE(plan_reading)

BOOST_AUTO_TEST_CASE(a_plan_reads_the_state_itself_and_leaves_nothing_of_it) {
  const Planner planner({"--items", "300,users=3,albums=60"});
  const auto& house = planner.house;
  const auto state = house.state({"--users", house.three_users()});
  const auto reads = std::stoul(house.count("reads"));
  const auto wish = boost::replace_first_copy(state.substr(0, state.find('\n') + 1), R"("name":")", R"("name":"new )");
  const auto now = planner.plan(wish, {"--users", house.three_users()});
  BOOST_TEST(now.status == 0, now.out << now.err);
  CHECK_HAS(now.out, "state     240 items of 3 users, read 20");
  CHECK_HAS(now.out, house.service.url());
  BOOST_TEST(planner.left_over() == 0U);
  BOOST_TEST(house.sent_only_reads());
  // Only folders are wished for: a list for each user, and one more request that confirms its end.
  BOOST_TEST(std::stoul(house.count("reads")) - reads == 6U);
  const auto plan = house.workspace.path("read.plan");
  const auto line = planner.lines();
  std::filesystem::rename(planner.out, plan);
  const auto later =
      run_koobatch({"plan", house.workspace.path("desired.ndjson"), "--state", house.out, "--out", planner.out});
  BOOST_TEST(later.status == 0, later.err);
  BOOST_TEST(planner.lines() == line);
  const auto run = run_koobatch({"run", plan, "--endpoint", house.service.url(), "--token-env", "TOKEN", "--report",
                                 house.workspace.path("run"), "--progress", "none"},
                                token);
  BOOST_TEST(run.status == 0, run.out << run.err);
  BOOST_TEST(planner.plan(wish, {"--users", house.three_users(), "--exit-code"}).status == 0);
}

BOOST_AUTO_TEST_CASE(a_plan_that_reads_the_state_itself_ends_as_one_that_does_not) {
  const Workspace workspace;
  const Planner planner({"--state", workspace.write("items", folder("1", "a") + folder("2", "b"))});
  const auto status = [&](const std::string& wishes, Texts flags = {}) {
    flags.insert(flags.end(), {"--user-id", "42"});
    const auto finished = planner.plan(wishes, flags);
    BOOST_TEST(std::filesystem::exists(planner.out) == (finished.status < 2), finished.err);
    return finished.status;
  };
  BOOST_TEST(status(folder("1", "x")) == 0);
  BOOST_TEST(status(folder("1", "x"), {"--exit-code"}) == 1);
  BOOST_TEST(status(folder("1", "a"), {"--exit-code"}) == 0);
  BOOST_TEST(status(folder("1", "a"), {"--extra", "fail"}) == 1);
  BOOST_TEST(status(folder("1", "b")) == 1, "2 has the name, and keeps it");
  BOOST_TEST(status(folder("9", "x")) == 1, "there is none");
  BOOST_TEST(status(folder("1", "x"), {"--max-changes", "0"}) == 4);
  BOOST_TEST(status(folder("1", "x"), {"--types", "album"}) == 2, "there is no such flag");
  BOOST_TEST(planner.house.sent_only_reads());
  BOOST_TEST(planner.left_over() == 0U);
}

BOOST_AUTO_TEST_CASE(a_plan_reads_nothing_if_the_desired_state_is_wrong) {
  const Planner planner({"--items", "30"});
  const auto finished = planner.plan(R"({"type":"shared_folder","id":"1","name":null})", {"--user-id", "42"});
  BOOST_TEST(finished.status == 3, finished.err);
  BOOST_TEST(planner.house.count("reads") == "0");
  BOOST_TEST(!std::filesystem::exists(planner.out));
}

BOOST_AUTO_TEST_CASE(nothing_is_planned_from_what_could_not_be_read) {
  const auto refused = [](const Texts& service, int status, std::string_view why,
                          const Process::Environment& environment) {
    const Planner planner(service);
    const auto finished = planner.plan(folder("1", "x"), {"--user-id", "42"}, environment);
    BOOST_TEST(finished.status == status, finished.out << finished.err);
    CHECK_HAS(finished.err, why);
    BOOST_TEST(!contains(finished.err, "to continue"), finished.err);
    BOOST_TEST(planner.house.sent_only_reads());
    BOOST_TEST(!std::filesystem::exists(planner.out));
    BOOST_TEST(planner.left_over() == 0U);
  };
  refused({"--items", "3000", "--fault", "list=endless"}, 4, "the present state is incomplete", token);
  refused({"--items", "3000", "--fault", "list=remove,at=before,times=always"}, 4, "kept changing", token);
  const Workspace workspace;
  refused({"--items", "30", "--token-file", secret(workspace, "right")}, 5, "then run 'koobatch plan …'", token);
}

BOOST_AUTO_TEST_CASE(a_plan_that_is_interrupted_while_it_reads_leaves_nothing) {
  const Planner planner({"--items", "500,users=10", "--latency", "100ms"});
  const auto& house = planner.house;
  house.workspace.write("desired.ndjson", folder("1", "x"));
  Texts command = planner.command({"--users", house.ten_users(), "--connections", "1", "--http", "1.1"});
  command.insert(command.begin(), KOOBATCH_BINARY);
  Process process(command, planner.environment(token));
  while (house.count("reads") == "0") ::usleep(1'000);
  process.signal(SIGTERM);
  const auto finished = process.wait();
  BOOST_TEST(finished.status == 143, finished.out << finished.err);
  BOOST_TEST(!std::filesystem::exists(planner.out));
  BOOST_TEST(planner.left_over() == 0U);
}

BOOST_AUTO_TEST_CASE(flags_for_reading_are_refused_where_nothing_is_read) {
  const Workspace workspace;
  const auto desired = workspace.write("desired.ndjson", folder("1", "x"));
  const auto users = workspace.write("users", "42\n");
  for (const Texts& flags : {Texts{"--users", users}, Texts{"--user-id", "42"}, Texts{"--rate", "1/s"},
                             Texts{"--token-file", users}, Texts{"--tokens-file", users}, Texts{"--timeout", "1s"},
                             Texts{"--connections", "1"}, Texts{"--proxy", "http://h:1"}, Texts{"--insecure"}}) {
    for (const bool shows : {false, true}) {
      Texts command = shows ? Texts{"plan", "--show", desired} : Texts{"plan", desired, "--state", desired};
      command.insert(command.end(), flags.begin(), flags.end());
      const auto finished = run_koobatch(command);
      BOOST_TEST(finished.status == 2, finished.out << finished.err);
      CHECK_HAS(finished.err, flags.front() + (shows ? " is for making a plan" : " is for reading the state"));
    }
  }
  const auto nobody =
      run_koobatch({"plan", desired, "--endpoint", "http://127.0.0.1:1", "--token-env", "TOKEN"}, token);
  BOOST_TEST(nobody.status == 2);
  CHECK_HAS(nobody.err, "give --user-id ID, or --users FILE");
  const auto nothing = run_koobatch({"plan", desired, "--simulate", "--user-id", "42"});
  BOOST_TEST(nothing.status == 2);
  CHECK_HAS(nothing.err, "koobatch simulate --items");
}

BOOST_AUTO_TEST_SUITE_END()
