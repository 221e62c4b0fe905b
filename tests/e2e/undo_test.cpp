// Undoing a run with the real binary: what is planned, kept and refused.
#include "contains.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/job/fingerprint.hpp"
#include "koobatch/report/record.hpp"
#include "preload.hpp"
#include "process.hpp"
#include "state_text.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

using namespace koobatch;
using namespace koobatch::test;

namespace {

using Texts = std::vector<std::string>;
using Names = std::map<std::string, std::string>;

#define CHECK_HAS(text, part) BOOST_TEST(contains(text, part), (part) << " is missing in " << (text))

std::string folder(const std::string& id, const std::string& name) {
  return fmt::format(R"({{"type":"shared_folder","id":"{}","user_id":"7","name":"{}","ownerId":42}})"
                     "\n",
                     id, name);
}

/// A service that is nothing but its names, on which plans are carried out by hand: what a run would have reported is
/// written as its report.
struct World {
  explicit World(Names before) : names(std::move(before)) {}

  std::string state(bool complete = true) const {
    std::string items;
    for (const auto& [id, name] : names) items += folder(id, name);
    return workspace.write("state.ndjson", state_text(std::move(items), "https://drive.example", complete));
  }
  /// Makes a plan for these names.
  void plan(const Names& wanted) {
    std::string wishes;
    for (const auto& [id, name] : wanted) {
      wishes += fmt::format(R"({{"type":"shared_folder","id":"{}","name":"{}"}})"
                            "\n",
                            id, name);
    }
    std::filesystem::remove(workspace.path("names.plan"));
    const auto finished = run_koobatch({"plan", workspace.write("names.ndjson", wishes), "--state", state(), "--out",
                                        workspace.path("names.plan"), "-q"});
    BOOST_REQUIRE_MESSAGE(finished.status == 0, finished.err);
  }
  /// "id>name" of each line of a plan.
  Texts lines(const std::string& plan) const {
    static const std::regex line(R"re("id":"([0-9]+)","fileName":"([^"]*)")re");
    Texts found;
    const auto text = workspace.read(plan);
    for (std::sregex_iterator match(text.begin(), text.end(), line), end; match != end; ++match) {
      found.push_back((*match)[1].str() + ">" + (*match)[2].str());
    }
    return found;
  }
  /// Renames as a line says, unless the name is taken.
  void rename(const std::string& line) {
    const auto id = line.substr(0, line.find('>'));
    const auto name = line.substr(line.find('>') + 1);
    const bool taken = std::ranges::any_of(names, [&](const auto& entry) { return entry.second == name; });
    BOOST_TEST(!taken, line << " is taken");
    names[id] = name;
  }
  void carry_out(const std::string& plan) {
    for (const auto& line : lines(plan)) rename(line);
  }

  /// Writes the report of a run of names.plan in which the lines ended like this; nothing: without a result. `ended`:
  /// whether the process lived to its end. `stored`: what was found stored instead of what was rejected.
  /// `follows_kill`: it resumes a run that was killed before anything was recorded.
  std::string report(const std::vector<std::optional<Status>>& results, const std::string& format = "plan",
                     bool ended = true, std::string_view stored = {}, bool follows_kill = false) const {
    const auto plan = workspace.read("names.plan");
    job::RunningDigest digest;
    digest.add(plan);
    report::RunRecord run;
    run.run_id = "r-1";
    run.version = "1";
    run.started = WallClock::now();
    run.trace_prefix = 1;
    run.job = {workspace.path("names.plan"), format, plan.size(), results.size(), digest.value().xxh3};
    run.endpoint = "https://drive.example";
    run.settings = "{}";
    std::string text;
    append_line(text, run);
    report::EndRecord end;
    if (follows_kill) {
      run.segment = end.segment = 2;
      run.trace_prefix = 2;
      append_line(text, run);
    }
    end.reason = "completed";
    end.at = run.started;
    std::uint32_t line = 2;  // the header comes first
    for (const auto& status : results) {
      if (status) add_result(text, line, *status, stored, end.counts);
      end.counts.remaining += !status;
      ++line;
    }
    if (ended) append_line(text, end);
    return workspace.write("names.report.ndjson", text);
  }

  Finished undo(const std::string& report, Texts flags = {}) const {
    std::filesystem::remove(workspace.path("undo.plan"));
    Texts command = {"undo", report, "--state", state(), "--out", workspace.path("undo.plan")};
    command.insert(command.end(), flags.begin(), flags.end());
    return run_koobatch(command);
  }

  Workspace workspace;
  Names names;

 private:
  static void add_result(std::string& text, std::uint32_t line, Status status, std::string_view stored,
                         report::Counts& counts) {
    report::ResultRecord result;
    result.line = line;
    result.op = "rename_shared_folder";
    result.id = "1";
    result.status = status;
    result.attempts = 1;
    result.trace_id = TraceId{1, line, 1};
    result.at = WallClock::now();
    if (!stored.empty()) result.reason = "stored_otherwise";
    result.reading = stored;
    append_line(text, result);
    ++counts[status];
  }
};

const Names before = {{"1", "a"}, {"2", "b"}, {"3", "c"}};
constexpr auto succeeded = Status::succeeded;

}  // namespace

BOOST_AUTO_TEST_SUITE(undo)

BOOST_AUTO_TEST_CASE(every_name_of_a_run_is_restored) {
  World world(before);
  // Two exchange names, the third one gets another.
  world.plan({{"1", "b"}, {"2", "a"}, {"3", "x"}});
  world.carry_out("names.plan");
  const auto report = world.report({succeeded, succeeded, succeeded, succeeded});
  const auto finished = world.undo(report);
  BOOST_TEST(finished.status == 0, finished.err);
  CHECK_HAS(finished.out, "3 of 3 items to change\n");
  CHECK_HAS(finished.out, "~ name \"x\" → \"c\"");
  world.carry_out("undo.plan");
  BOOST_TEST((world.names == before));
}

BOOST_AUTO_TEST_CASE(undoing_what_was_undone_does_it_again) {
  World world(before);
  world.plan({{"1", "b"}, {"2", "a"}});
  world.carry_out("names.plan");
  const auto after = world.names;
  BOOST_TEST(world.undo(world.report({succeeded, succeeded, succeeded})).status == 0);
  world.carry_out("undo.plan");
  BOOST_TEST((world.names == before));
  // The plan that undoes is a plan like any other.
  std::filesystem::rename(world.workspace.path("undo.plan"), world.workspace.path("names.plan"));
  BOOST_TEST(world.undo(world.report({succeeded, succeeded, succeeded})).status == 0);
  world.carry_out("undo.plan");
  BOOST_TEST((world.names == after));
}

BOOST_AUTO_TEST_CASE(values_that_others_have_set_since_are_kept) {
  World world(before);
  world.plan({{"1", "x"}, {"2", "y"}});
  world.carry_out("names.plan");
  world.names["1"] = "newer";
  const auto finished = world.undo(world.report({succeeded, succeeded}));
  BOOST_TEST(finished.status == 0, finished.err);
  CHECK_HAS(finished.out, "somebody has changed it since");
  BOOST_TEST(world.lines("undo.plan") == Texts{"2>b"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_was_not_applied_is_not_undone_and_what_may_have_been_is_if_it_was) {
  World world(before);
  world.plan({{"1", "x"}, {"2", "y"}, {"3", "z"}});
  world.names["2"] = "y";
  BOOST_TEST(world.undo(world.report({Status::rejected, Status::unknown, Status::failed})).status == 0);
  BOOST_TEST(world.lines("undo.plan") == Texts{"2>b"}, boost::test_tools::per_element());
  world.names["2"] = "b";
  const auto nothing = world.undo(world.report({Status::rejected, Status::unknown, Status::failed}));
  BOOST_TEST(nothing.status == 0, nothing.err);
  CHECK_HAS(nothing.out, "Nothing to change");
  BOOST_TEST(world.lines("undo.plan") == Texts{}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_run_that_was_killed_at_any_step_of_a_cycle_is_undone) {
  World world(before);
  world.plan({{"1", "b"}, {"2", "c"}, {"3", "a"}});
  const auto steps = world.lines("names.plan");
  BOOST_REQUIRE(steps.size() == 4U);
  for (std::size_t applied = 0; applied <= steps.size(); ++applied) {
    // The last one that was applied has its result, or was killed before that could be recorded.
    for (const bool recorded : {true, false}) {
      world.names = before;
      std::vector<std::optional<Status>> results(steps.size());
      for (std::size_t i = 0; i < applied; ++i) {
        world.rename(steps[i]);
        if (recorded || i + 1 < applied) results[i] = succeeded;
      }
      const auto finished = world.undo(world.report(results, "plan", false));
      BOOST_TEST(finished.status == 0, finished.err);
      world.carry_out("undo.plan");
      BOOST_TEST((world.names == before), "after " << applied << " steps, recorded: " << recorded);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_a_resumed_run_found_done_may_be_what_the_killed_one_did) {
  World world(before);
  world.plan({{"1", "x"}, {"2", "y"}});
  world.carry_out("names.plan");
  // The first segment was killed after it had sent the first line, which the second one finds done.
  BOOST_TEST(world.undo(world.report({Status::unchanged, succeeded}, "plan", true, {}, true)).status == 0);
  world.carry_out("undo.plan");
  BOOST_TEST((world.names == before));
  // Without that, it was somebody else.
  world.carry_out("names.plan");
  BOOST_TEST(world.undo(world.report({Status::unchanged, succeeded})).status == 0);
  BOOST_TEST(world.lines("undo.plan") == Texts{"2>b"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_stored_under_another_value_is_undone) {
  World world(before);
  world.plan({{"1", "x"}});
  world.names["1"] = "x~2026";
  BOOST_TEST(world.undo(world.report({Status::rejected})).status == 0);
  BOOST_TEST(world.lines("undo.plan") == Texts{}, boost::test_tools::per_element());
  const auto stored = world.report({Status::rejected}, "plan", true, R"("now":{"fileName":"x~2026"})");
  BOOST_TEST(world.undo(stored).status == 0);
  BOOST_TEST(world.lines("undo.plan") == Texts{"1>a"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_gone_is_named_and_the_rest_undone) {
  World world(before);
  world.plan({{"1", "x"}, {"2", "y"}});
  world.carry_out("names.plan");
  world.names.erase("1");
  const auto finished = world.undo(world.report({succeeded, succeeded}));
  BOOST_TEST(finished.status == 0, finished.err);
  CHECK_HAS(finished.out, "1 × there is no such item");
  BOOST_TEST(world.lines("undo.plan") == Texts{"2>b"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_cannot_be_undone_is_refused_with_the_reason) {
  World world(before);
  world.plan({{"1", "x"}});
  const auto refused = [&](const Finished& finished, int status, std::string_view why) {
    BOOST_TEST(finished.status == status, finished.err);
    CHECK_HAS(finished.err, why);
    BOOST_TEST(!std::filesystem::exists(world.workspace.path("undo.plan")));
  };
  refused(world.undo(world.report({succeeded}, "ndjson")), 3, "run with --capture");
  refused(world.undo(world.workspace.write("no.report", "{}\n")), 3, "not a koobatch report");
  refused(world.undo(world.workspace.path("none")), 3, "none");
  refused(run_koobatch({"undo", "r", "--state", "s"}), 2, "--out is missing");
  refused(run_koobatch({"undo", "r", "--out", world.workspace.path("undo.plan")}), 2, "--state is missing");
  const auto report = world.report({succeeded});
  refused(run_koobatch({"undo", report, "--state", world.state(false), "--out", world.workspace.path("undo.plan")}), 4,
          "is incomplete");
  const auto names = world.names;
  world.names.clear();
  refused(world.undo(report), 4, "has no item of type shared_folder");
  world.names = names;
  const auto whole = read_file(world.state());
  const auto damaged = world.workspace.write("damaged.ndjson", whole.substr(whole.find('\n') + 1));
  refused(run_koobatch({"undo", report, "--state", damaged, "--out", world.workspace.path("undo.plan")}), 3,
          "the state holds 2 items, but its last line says 3");
  const auto full = run_koobatch({"undo", report, "--state", world.state(), "--out", world.workspace.path("undo.plan")},
                                 with_fault("KOOBATCH_IO_FAULT", "fail=28:write:1"));
  refused(full, 5, "No space left");
  const auto plan = world.workspace.read("names.plan");
  world.workspace.write("names.plan", boost::replace_first_copy(plan, R"("fileName":"x")", R"("fileName":"q")"));
  refused(world.undo(report), 3, "was changed since the plan was made");
  // A sound plan, and not the one that was run.
  world.plan({{"1", "other"}});
  refused(world.undo(report), 3, "no longer the job of this report");
  std::filesystem::remove(world.workspace.path("names.plan"));
  refused(world.undo(report), 3, "--job FILE");
  BOOST_TEST(world.undo(report, {"--job", world.workspace.write("moved.plan", plan)}).status == 0);
}

BOOST_AUTO_TEST_CASE(what_the_service_does_not_show_is_named_and_the_rest_undone) {
  World world(before);
  const auto album = [](const std::string& name, const std::string& kind) {
    return fmt::format(R"({{"type":"album","id":"7","user_id":"7","name":"{}"{}}})"
                       "\n",
                       name, kind);
  };
  const auto state = [&](const std::string& item) {
    const auto text = read_file(world.state());
    const auto last = text.rfind("{\"state\"");
    return world.workspace.write(
        "albums.ndjson",
        text.substr(0, last) + item + boost::replace_first_copy(text.substr(last), "\"items\":3", "\"items\":4"));
  };
  const auto wishes = world.workspace.write("names.ndjson", R"({"type":"album","id":"7","name":"new","scopeKind":2})"
                                                            "\n");
  const auto planned = run_koobatch({"plan", wishes, "--state", state(album("old", R"(,"scopeKind":1)")), "--out",
                                     world.workspace.path("names.plan")});
  BOOST_TEST_REQUIRE(planned.status == 0, planned.err);
  // By then, lists no longer show what the album is made of.
  const auto finished = run_koobatch({"undo", world.report({succeeded}), "--state", state(album("new", "")), "--out",
                                      world.workspace.path("undo.plan")});
  BOOST_TEST(finished.status == 0, finished.err);
  CHECK_HAS(finished.out, "~ name \"new\" → \"old\"");
  CHECK_HAS(finished.out, "1 × the state does not show the present value");
  const auto undo = world.workspace.read("undo.plan");
  CHECK_HAS(undo, R"("name":"old")");
  BOOST_TEST(!contains(undo, R"("scopeKind":1)"), undo);
}

BOOST_AUTO_TEST_SUITE_END()
