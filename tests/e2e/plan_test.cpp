// Planning with the real binary: what it writes and refuses, and with which exit status.
#include "faketime.hpp"
#include "full_length.hpp"
#include "planning.hpp"
#include "preload.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <string_view>

using namespace koobatch::test;
using namespace koobatch::test::planning;

namespace {

/// A hundred folders, of which `changed` are to get another name.
std::string hundred() {
  std::string items;
  for (int i = 0; i < 100; ++i) items += folder(std::to_string(1000 + i), "a" + std::to_string(i));
  return items;
}
std::string wishes_for(int changed) {
  std::string wishes;
  for (int i = 0; i < changed; ++i) wishes += wish(std::to_string(1000 + i), "b" + std::to_string(i));
  return wishes;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plan)

BOOST_AUTO_TEST_CASE(a_difference_is_shown_and_written_with_what_it_was) {
  const Plans plans;
  const auto finished = plans.plan(four, wish("1", "x"), {"--out", plans.out});
  BOOST_TEST(finished.status == 0, finished.err);
  CHECK_HAS(finished.out, "1 of 4 items to change\n");
  CHECK_HAS(finished.out, "~ name \"a\" → \"x\"");
  CHECK_HAS(finished.out, "https://drive.example");
  const auto plan = plans.workspace.read("out.plan");
  BOOST_TEST(lines_of(plan) == Texts{"1 a>x"}, boost::test_tools::per_element());
  struct stat status{};
  BOOST_REQUIRE(::stat(plans.out.c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777U) == 0600U);
  // What is shown of it later has the digest, and the same change.
  const auto last = split(plan).back();
  const auto digest = "digest " + last.substr(last.find(R"("sha256":")") + 10, 12);
  CHECK_HAS(finished.out, digest);
  const auto shown = plans.show(plan);
  BOOST_TEST(shown.status == 0, shown.err);
  CHECK_HAS(shown.out, "~ name \"a\" → \"x\"");
  CHECK_HAS(shown.out, digest);
}

BOOST_AUTO_TEST_CASE(the_state_as_the_desired_state_changes_nothing) {
  const Plans plans;
  const auto items = four + album("5", "e");
  const auto finished = run_koobatch({"plan", plans.state(items), "--state", plans.state(items), "--exit-code"});
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(finished.out.starts_with("Nothing to change\n"), finished.out);
}

BOOST_AUTO_TEST_CASE(equal_inputs_give_equal_plans_but_for_name_and_time) {
  const Plans plans;
  // What is the plan's name, its time or its digest, and the beginning of temporary names.
  const std::regex own(R"re("(id|made|expires|sha256)":"[^"]*"|kb~[0-9a-f]{8}~)re");
  const auto plan = [&] {
    std::filesystem::remove(plans.out);
    BOOST_TEST(run_koobatch({"plan", plans.workspace.path("desired.ndjson"), "--state",
                             plans.workspace.path("state.ndjson"), "--out", plans.out})
                   .status == 1);
    return split(plans.workspace.read("out.plan"));
  };
  plans.state(four + album("5", "e"));
  plans.desired(wish("1", "b") + wish("2", "a") + wish("3", "d") + wish("9", "y") + wish("5", "z", "album"));
  const auto first = plan(), second = plan();
  BOOST_REQUIRE(first.size() == 6U);
  BOOST_REQUIRE(second.size() == 6U);
  BOOST_TEST(first[0] != second[0]);
  BOOST_TEST(std::regex_replace(first[0], own, "") == std::regex_replace(second[0], own, ""));
  // Operations have names of their own.
  const std::regex temporary("kb~[0-9a-f]{8}~");
  for (std::size_t i = 1; i + 1 < first.size(); ++i) {
    BOOST_TEST(std::regex_replace(first[i], temporary, "") == std::regex_replace(second[i], temporary, ""));
  }
  BOOST_TEST(std::regex_replace(first[5], own, "") == std::regex_replace(second[5], own, ""));
}

BOOST_AUTO_TEST_CASE(names_that_change_places_are_planned_in_an_order_that_works) {
  const Plans plans;
  const auto planned = [&](const std::string& wishes) {
    BOOST_TEST(plans.status(four, wishes) == 0);
    auto lines = lines_of(plans.workspace.read("out.plan"));
    // The temporary name has the plan's, which is another one each time.
    for (auto& line : lines) {
      const auto from = line.find("kb~");
      if (from != std::string::npos) line.erase(from + 3, 9);
    }
    return lines;
  };
  const Texts swap = {"1 a>kb~0", "2 b>a", "1 kb~0>b"};
  BOOST_TEST(planned(wish("1", "b") + wish("2", "a")) == swap, boost::test_tools::per_element());
  const Texts cycle = {"1 a>kb~0", "3 c>a", "2 b>c", "1 kb~0>b"};
  BOOST_TEST(planned(wish("1", "b") + wish("2", "c") + wish("3", "a")) == cycle, boost::test_tools::per_element());
  const Texts chain = {"3 c>x", "2 b>c", "1 a>b"};
  BOOST_TEST(planned(wish("1", "b") + wish("2", "c") + wish("3", "x")) == chain, boost::test_tools::per_element());
  BOOST_TEST(planned(wish("1", "A")) == Texts{"1 a>A"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_long_chain_of_names_is_planned) {
  constexpr int length = 20'000;
  std::string items, wishes;
  for (int i = 0; i < length; ++i) {
    items += folder(std::to_string(1'000'000 + i), "n" + std::to_string(i));
    wishes += wish(std::to_string(1'000'000 + i), "n" + std::to_string(i + 1));
  }
  const Plans plans;
  BOOST_TEST(plans.status(items, wishes, {"--max-changes", "100%"}) == 0);
  const auto lines = lines_of(plans.workspace.read("out.plan"));
  BOOST_REQUIRE(lines.size() == std::size_t{length});
  BOOST_TEST(lines.front() == fmt::format("{} n{}>n{}", 1'000'000 + length - 1, length - 1, length));
  BOOST_TEST(lines.back() == "1000000 n0>n1");
}

BOOST_AUTO_TEST_CASE(a_million_items_are_planned_in_little_memory, *boost::unit_test::precondition(full_length)) {
  constexpr int count = 1'000'000;
  const Plans plans;
  {
    std::ofstream items(plans.workspace.path("items")), wishes(plans.workspace.path("desired.ndjson"));
    for (int i = 0; i < count; ++i) {
      const auto id = std::to_string(1'757'156'480'000'000'000 + i * 7919L);
      items << album(id, "album " + std::to_string(i));
      wishes << wish(id, (i % 10 == 0 ? "new " : "album ") + std::to_string(i), "album");
    }
  }
  const auto state = plans.state(plans.workspace.read("items"));
  const auto finished =
      run_koobatch({"plan", plans.workspace.path("desired.ndjson"), "--state", state, "--out", plans.out},
                   {{"TMPDIR", plans.workspace.path("")}});
  BOOST_TEST(finished.status == 0, finished.err);
  CHECK_HAS(finished.out, "100,000 of 1,000,000 items to change");
  BOOST_TEST(finished.peak_kib <= 64 * 1024);
}

// Exit statuses.

BOOST_AUTO_TEST_CASE(status_0_whether_or_not_something_is_to_be_changed) {
  const Plans plans;
  BOOST_TEST(plans.status(four, wish("1", "x")) == 0);
  BOOST_TEST(plans.status(four, wish("1", "a")) == 0);
  BOOST_TEST(plans.status(four, "") == 0, "nothing is desired");
}

BOOST_AUTO_TEST_CASE(status_1_if_something_cannot_be_made_as_desired_which_does_not_keep_the_rest_from_being_planned) {
  const Plans plans;
  BOOST_TEST(plans.status(four, wish("1", "x") + wish("9", "y")) == 1);
  BOOST_TEST(lines_of(plans.workspace.read("out.plan")) == Texts{"1 a>x"}, boost::test_tools::per_element());
  BOOST_TEST(plans.status(four, wish("1", "x") + wish("2", "d")) == 1);
  BOOST_TEST(lines_of(plans.workspace.read("out.plan")) == Texts{"1 a>x"}, boost::test_tools::per_element());
  BOOST_TEST(plans.status(four, wish("1", "x") + wish("2", "y") + wish("3", "y")) == 1);
  BOOST_TEST(lines_of(plans.workspace.read("out.plan")) == Texts{"1 a>x"}, boost::test_tools::per_element());
  BOOST_TEST(plans.status(four, wish("1", "a*b")) == 1, "a rule of the service");
}

BOOST_AUTO_TEST_CASE(status_1_for_differences_only_with_exit_code) {
  const Plans plans;
  BOOST_TEST(plans.status(four, wish("1", "x"), {"--exit-code"}) == 1);
  BOOST_TEST(plans.status(four, wish("1", "a"), {"--exit-code"}) == 0);
  BOOST_TEST(plans.status(four, wish("1", "a"), {"--extra", "fail"}) == 1);
  BOOST_TEST(plans.status(four, four, {"--extra", "fail"}) == 0);
  const auto plan = [&] {
    plans.status(four, wish("1", "x"));
    return plans.workspace.read("out.plan");
  }();
  BOOST_TEST(plans.show(plan, {"--exit-code"}).status == 1);
  BOOST_TEST(plans.show(plan).status == 0);
}

BOOST_AUTO_TEST_CASE(status_2_for_wrong_usage) {
  const Plans plans;
  const auto desired = plans.desired(wish("1", "x"));
  const auto state = plans.state(four);
  const auto refused = [&](const Texts& arguments, std::string_view why) {
    Texts command = {"plan"};
    command.insert(command.end(), arguments.begin(), arguments.end());
    const auto finished = run_koobatch(command);
    BOOST_TEST(finished.status == 2, finished.err);
    BOOST_TEST(finished.out == "");
    CHECK_HAS(finished.err, why);
  };
  refused({}, "DESIRED is missing");
  refused({desired}, "--state is missing: the file with the present state, which 'koobatch export'");
  refused({desired, "--state", plans.workspace.path("none.ndjson")}, "none.ndjson");
  refused({plans.workspace.path("none.ndjson"), "--state", state}, "none.ndjson");
  refused({desired, "--state", state, "--out", state}, "state.ndjson");
  refused({desired, "--state", state, "--out", plans.out, "--html", plans.workspace.path("./out.plan")},
          "--out and --html name the same file");
  refused({desired, "--state", state, "--max-changes", "some"}, "--max-changes");
  refused({desired, "--state", state, "--max-changes", "folder=5"}, "unknown type 'folder'");
  refused({desired, "--state", state, "--endpoint", "https://other.example"},
          "is the state of https://drive.example, not of https://other.example (--endpoint)");
  refused({desired, "--show", state}, "--show needs no desired state");
  refused({"--show", state, "--only", "x"}, "--only is for making a plan");
  refused({desired, "--state", state, "--metrics-file", desired}, "does not hold koobatch metrics");
  refused({desired, "--state", plans.workspace.write("state.csv", "type,id\n")}, "give the one as NDJSON");
  const auto anonymous = plans.workspace.write("anonymous.ndjson", four);
  refused({desired, "--state", anonymous}, "does not say which service it is the state of; give --endpoint");
  BOOST_TEST(!std::filesystem::exists(plans.out));
}

BOOST_AUTO_TEST_CASE(status_3_if_the_desired_state_is_invalid_and_nothing_is_written) {
  const Plans plans;
  for (const std::string wrong :
       {R"({"type":"shared_folder","id":"1","name":null})", R"({"type":"shared_folder","id":"1",)",
        R"({"type":"shared_folder","name":"x"})", R"({"type":"folder","id":"1","name":"x"})",
        R"({"type":"shared_folder","id":"1","nmae":"x"})"}) {
    BOOST_TEST(plans.status(four, wish("2", "y") + wrong + "\n") == 3, wrong);
  }
  BOOST_TEST(plans.status(four, wish("1", "x") + wish("1", "y")) == 3);
  const auto twice = folder("1", "a") + folder("2", "a", "43");
  const auto like_a = std::string(R"({"type":"shared_folder","user_id":"7","match":{"name":"a"},"name":"x"})") + "\n";
  BOOST_TEST(plans.status(twice, like_a) == 3);
  const auto finished = plans.plan(four, wish("2", "y") + R"({"type":"shared_folder","id":"1","name":null})" + "\n");
  CHECK_HAS(finished.err, plans.workspace.path("desired.ndjson") + ":2: name: is null");
  CHECK_HAS(finished.err, "1 error in 1 of 2 items");
  BOOST_TEST(finished.out == "");
}

BOOST_AUTO_TEST_CASE(status_3_if_the_state_was_damaged) {
  const Plans plans;
  const auto state = plans.state(four);
  const auto text = plans.workspace.read("state.ndjson");
  const auto without = text.substr(text.find('\n') + 1);
  plans.workspace.write("state.ndjson", without);
  const auto finished = run_koobatch({"plan", plans.desired(wish("2", "x")), "--state", state, "--out", plans.out});
  BOOST_TEST(finished.status == 3, finished.err);
  CHECK_HAS(finished.err, "the state holds 3 items, but its last line says 4");
  BOOST_TEST(!std::filesystem::exists(plans.out));
}

BOOST_AUTO_TEST_CASE(status_4_beyond_the_limits_which_the_message_says_how_to_raise) {
  const Plans plans;
  const auto items = hundred();
  BOOST_TEST(plans.status(items, wishes_for(29)) == 0);
  BOOST_TEST(plans.status(items, wishes_for(30)) == 0);
  BOOST_TEST(plans.status(items, wishes_for(31)) == 4);
  const auto refused = plans.plan(items, wishes_for(31));
  CHECK_HAS(refused.err, "31 of 100 items of type shared_folder would be changed");
  CHECK_HAS(refused.err, "--max-changes 31");
  CHECK_HAS(refused.err, "no plan was written");
  CHECK_HAS(refused.out, "31 of 100 items to change\n");
  BOOST_TEST(plans.status(items, wishes_for(31), {"--max-changes", "31"}) == 0);
  BOOST_TEST(plans.status(items, wishes_for(31), {"--max-changes", "30"}) == 4);
  BOOST_TEST(plans.status(items, wishes_for(31), {"--max-changes", "shared_folder=31%"}) == 0);
  BOOST_TEST(plans.status(items, wishes_for(100), {"--max-changes", "100%"}) == 0);
  BOOST_TEST(plans.status(four, wish("1", "x") + wish("2", "y")) == 0, "half of four is not many");
}

BOOST_AUTO_TEST_CASE(status_4_for_a_state_from_which_nothing_can_be_concluded) {
  const Plans plans;
  BOOST_TEST(plans.status("", wish("1", "x")) == 4);
  CHECK_HAS(plans.plan("", wish("1", "x")).err, "has no item of type shared_folder, although 1 are desired");
  const auto desired = plans.desired(wish("1", "x"));
  const auto incomplete = run_koobatch({"plan", desired, "--state", plans.state(four, false), "--out", plans.out});
  BOOST_TEST(incomplete.status == 4, incomplete.err);
  CHECK_HAS(incomplete.err, "is incomplete");
  // A state whose end was cut off does not say that it is complete.
  const auto cut = run_koobatch({"plan", desired, "--state", plans.workspace.write("cut.ndjson", four), "--endpoint",
                                 "https://drive.example", "--out", plans.out});
  BOOST_TEST(cut.status == 4, cut.err);
  std::string gone = wishes_for(50);
  for (int i = 0; i < 5; ++i) gone += wish(std::to_string(5000 + i), "x");
  BOOST_TEST(plans.status(hundred(), gone, {"--max-changes", "100%"}) == 4, "5 of 55 are missing");
  BOOST_TEST(!std::filesystem::exists(plans.out));
}

BOOST_AUTO_TEST_CASE(status_4_for_a_state_that_is_older_than_allowed) {
  const Plans plans;
  const auto desired = plans.desired(wish("1", "x"));
  const auto state = plans.state(four, true, std::chrono::minutes(90));
  const auto command = [&](const char* age) {
    return run_koobatch({"plan", desired, "--state", state, "--max-state-age", age, "--out", plans.out});
  };
  const auto refused = command("1h");
  BOOST_TEST(refused.status == 4, refused.err);
  CHECK_HAS(refused.err, "was read 1h30m ago, more than --max-state-age");
  BOOST_TEST(!std::filesystem::exists(plans.out));
  BOOST_TEST(command("2h").status == 0);
}

BOOST_AUTO_TEST_CASE(status_5_if_what_was_planned_cannot_be_written) {
  const Plans plans;
  const Texts command = {"plan", plans.desired(wish("1", "x")), "--state", plans.state(four), "--out", plans.out};
  const auto no_space = run_koobatch(command, with_fault("KOOBATCH_IO_FAULT", "fail=28:write:1"));
  BOOST_TEST(no_space.status == 5, no_space.err);
  CHECK_HAS(no_space.err, "No space left");
  BOOST_TEST(!std::filesystem::exists(plans.out));
  const auto killed = run_koobatch(command, with_fault("KOOBATCH_IO_FAULT", "tear:write:1"));
  BOOST_TEST(killed.status == 137, killed.err);
  BOOST_TEST(!std::filesystem::exists(plans.out), "whole or not at all");
}

BOOST_AUTO_TEST_CASE(status_5_without_a_place_for_temporary_files) {
  const Plans plans;
  const auto finished = plans.plan(four, wish("1", "x"), {}, {{"TMPDIR", plans.workspace.path("none")}});
  BOOST_TEST(finished.status == 5, finished.err);
  CHECK_HAS(finished.err, "TMPDIR");
}

// What is planned.

BOOST_AUTO_TEST_CASE(only_some_items_may_be_planned) {
  const Plans plans;
  const auto wishes = wish("1", "x") + wish("2", "y") + wish("5", "z", "album");
  const auto items = four + album("5", "e");
  const auto planned = [&](const Texts& flags) {
    plans.status(items, wishes, flags);
    return lines_of(plans.workspace.read("out.plan"));
  };
  BOOST_TEST(planned({"--only", "2"}) == Texts{"2 b>y"}, boost::test_tools::per_element());
  BOOST_TEST(planned({"--only", "shared_folder:*"}) == (Texts{"1 a>x", "2 b>y"}), boost::test_tools::per_element());
  BOOST_TEST(planned({"--only", "album:*"}) == Texts{}, boost::test_tools::per_element());
  const auto finished = plans.plan(items, wishes, {"--only", "1", "--only", "5"});
  CHECK_HAS(finished.out, "2 of 5 items to change");
  CHECK_HAS(finished.out, "1 × desired, but not selected");
}

BOOST_AUTO_TEST_CASE(the_exported_csv_is_planned_and_mangled_rows_are_named_with_their_id) {
  const Plans plans;
  const std::string id = "1757156480072657793";
  // As it is exported: the check is that of the untouched cells.
  const auto without_check =
      plans.workspace.write("names.csv", "type,user_id,id,name,ownerId,new_name\nshared_folder,7," + id + ",a,42,x\n");
  const auto finished =
      run_koobatch({"plan", without_check, "--state", plans.state(folder(id, "a")), "--out", plans.out});
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(lines_of(plans.workspace.read("out.plan")) == Texts{id + " a>x"}, boost::test_tools::per_element());
  // Somebody has renamed it since: three ways.
  const auto changed = run_koobatch({"plan", without_check, "--state", plans.state(folder(id, "b"))});
  BOOST_TEST(changed.status == 1, changed.err);
  CHECK_HAS(changed.out, "somebody has changed it since it was exported");
  const auto mangled =
      plans.workspace.write("mangled.csv",
                            "type,user_id,id,name,ownerId,new_name,check\nshared_folder,7,1757156480072650000,a,42,x,"
                            "x0123456789abcdef\n");
  const auto refused = run_koobatch({"plan", mangled, "--state", plans.state(folder(id, "a"))});
  BOOST_TEST(refused.status == 3, refused.err);
  CHECK_HAS(refused.err, "mangled.csv:2: ");
  CHECK_HAS(refused.err, "its id was probably \"" + id + "\"");
}

BOOST_AUTO_TEST_CASE(items_can_be_named_by_what_they_are_like) {
  const Plans plans;
  const auto match = [](const std::string& name, const std::string& wanted) {
    return fmt::format(R"({{"type":"shared_folder","user_id":"7","match":{{"name":"{}"}},"name":"{}"}})"
                       "\n",
                       name, wanted);
  };
  BOOST_TEST(plans.status(four, match("b", "x")) == 0);
  BOOST_TEST(lines_of(plans.workspace.read("out.plan")) == Texts{"2 b>x"}, boost::test_tools::per_element());
  // None is like that, but one is as it is to be.
  BOOST_TEST(plans.status(four, match("gone", "b"), {"--exit-code"}) == 0);
  BOOST_TEST(plans.status(four, match("gone", "x")) == 1);
}

BOOST_AUTO_TEST_CASE(rows_may_be_sorted_and_removed_and_blank_cells_wish_nothing) {
  const Plans plans;
  const auto state = plans.state(four);
  const std::string header = "type,user_id,id,name,ownerId,new_name\n";
  const auto csv = plans.workspace.write("names.csv", header +
                                                          "shared_folder,7,4,d,42,\n"
                                                          "shared_folder,7,2,b,42,x\n"
                                                          "shared_folder,7,1,a,42,\n");
  const auto finished = run_koobatch({"plan", csv, "--state", state, "--out", plans.out});
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(lines_of(plans.workspace.read("out.plan")) == Texts{"2 b>x"}, boost::test_tools::per_element());
}

// Plans as files.

BOOST_AUTO_TEST_CASE(a_plan_that_was_changed_by_hand_is_not_shown) {
  const Plans plans;
  plans.status(four, wish("1", "x") + wish("2", "y") + wish("3", "z"));
  const auto plan = plans.workspace.read("out.plan");
  const auto lines = split(plan);
  BOOST_REQUIRE(lines.size() == 5U);
  const auto refused = [&](const std::string& text, std::string_view why) {
    const auto finished = plans.show(text);
    BOOST_TEST(finished.status == 3, finished.err);
    BOOST_TEST(finished.out == "");
    CHECK_HAS(finished.err, why);
  };
  refused(boost::replace_first_copy(plan, R"("fileName":"x")", R"("fileName":"q")"), "was changed since");
  refused(plan.substr(0, plan.size() - 20), "cut off");
  refused(plan.substr(0, plan.rfind('{')), "its last line is missing");
  refused(lines[0] + lines[2] + lines[1] + lines[3] + lines[4], "reordered");
  refused(lines[0] + lines[1] + lines[1] + lines[2] + lines[3] + lines[4], "a line was duplicated");
  refused(lines[0] + lines[1] + lines[2] + lines[4], "lines were removed");
  refused(plan + lines[1], "continues after its last line");
  refused(lines[1] + lines[4], "is not a plan");
  refused("", "is not a plan");
}

BOOST_AUTO_TEST_CASE(a_plan_is_shown_whatever_its_age_and_service) {
  const Plans plans;
  plans.status(four, wish("1", "x"));
  // It was made for another service than the one that settings name, long ago or tomorrow.
  for (const std::string offset : {"+0", "+400d", "-2d"}) {
    const auto shown = run_koobatch_at(offset, {"plan", "--show", plans.out, "--json"},
                                       {{"KOOBATCH_ENDPOINT", "https://other.example"}});
    BOOST_TEST(shown.status == 0, shown.err);
    simdjson::dom::parser parser;
    const auto json = parser.parse(shown.out);
    BOOST_TEST(json["schema"].get_uint64().value() == 1U);
    BOOST_TEST(json["endpoint"].get_string().value() == "https://drive.example");
    BOOST_TEST(json["plan"]["path"].get_string().value() == plans.out);
    BOOST_TEST(json["types"].at(0)["first_lines"].at(0)["fields"].at(0)["wanted"].get_string().value() == "x");
  }
}

BOOST_AUTO_TEST_CASE(an_existing_plan_is_never_replaced) {
  const Plans plans;
  plans.workspace.write("out.plan", "mine");
  const auto finished = plans.plan(four, wish("1", "x"), {"--out", plans.out});
  BOOST_TEST(finished.status == 2, finished.err);
  BOOST_TEST(plans.workspace.read("out.plan") == "mine");
}

BOOST_AUTO_TEST_SUITE_END()
