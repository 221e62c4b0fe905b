// What plans print, with the real binary: for people, for terminals, for programs, as a page.
#include "browser.hpp"
#include "paths.hpp"
#include "planning.hpp"
#include "terminal.hpp"

#include <simdjson.h>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <regex>
#include <set>
#include <string>

using namespace koobatch::test;
using namespace koobatch::test::planning;

namespace {

using Names = std::set<std::string>;

Names members_of(simdjson::dom::element object) {
  Names names;
  for (const auto member : object.get_object()) names.emplace(member.key);
  return names;
}

/// What stands in `backticks`.
Names quoted(const std::string& text) {
  static const std::regex code("`([a-z0-9_]+)`");
  Names names;
  for (std::sregex_iterator match(text.begin(), text.end(), code), end; match != end; ++match) {
    names.insert((*match)[1].str());
  }
  return names;
}

/// The rows about the members of --json in the documentation: what the first column names, what the second one does.
std::vector<std::pair<Names, Names>> documented_members() {
  const auto page = read_file(project_file("docs/reconciliation.md"));
  const auto begin = page.find("| `schema` | 1 |");
  BOOST_TEST_REQUIRE(begin != std::string::npos);
  std::vector<std::pair<Names, Names>> rows;
  for (const auto& line : split(page.substr(begin, page.find("\n\n", begin) + 1 - begin))) {
    const auto middle = line.find(" | ");
    rows.emplace_back(quoted(line.substr(0, middle)), quoted(line.substr(middle)));
  }
  return rows;
}

Names with(Names names, const Names& more) {
  names.insert(more.begin(), more.end());
  return names;
}

std::string without_colours(const std::string& text) {
  return std::regex_replace(text, std::regex("\x1b\\[[0-9;]*m|\r"), "");
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plan_output)

BOOST_AUTO_TEST_CASE(colours_are_for_terminals_and_can_be_turned_off) {
  const Plans plans;
  BOOST_TEST(!contains(plans.plan(four, wish("1", "x")).out, "\x1b"));
  const auto command = Texts{KOOBATCH_BINARY, "plan", plans.desired(wish("1", "x")), "--state", plans.state(four)};
  Terminal terminal(command, 40, Screen::Resizing::reflow);
  BOOST_TEST(terminal.wait() == 0);
  CHECK_HAS(terminal.output(), "\x1b[32m\"x\"\x1b[0m");
  Terminal plain(command, 40, Screen::Resizing::reflow, {{"NO_COLOR", "1"}});
  BOOST_TEST(plain.wait() == 0);
  BOOST_TEST(!contains(plain.output(), "\x1b[3"), plain.output());
}

BOOST_AUTO_TEST_CASE(a_narrow_terminal_is_shown_the_same) {
  const Plans plans;
  const auto wishes = wish("1", "as wide as a terminal may be") + wish("2", "y");
  const auto piped = plans.plan(four, wishes);
  const Texts command = {KOOBATCH_BINARY, "plan", plans.workspace.path("desired.ndjson"), "--state",
                         plans.workspace.path("state.ndjson")};
  for (const unsigned columns : {20U, 40U, 200U}) {
    Terminal terminal(command, columns, Screen::Resizing::reflow);
    BOOST_TEST(terminal.wait() == 0);
    BOOST_TEST(without_colours(terminal.output()) == piped.out);
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_printed_is_an_error) {
  const Plans plans;
  const auto desired = plans.desired(wish("1", "x"));
  const auto state = plans.state(four);
  for (const Texts& flags : {Texts{}, Texts{"--json"}}) {
    Texts command = {"/bin/bash", "-c", "exec \"$@\" >/dev/full", "bash", KOOBATCH_BINARY, "plan", desired,
                     "--state",   state};
    command.insert(command.end(), flags.begin(), flags.end());
    const auto finished = Process(command).wait();
    BOOST_TEST(finished.status == 5, finished.err);
    CHECK_HAS(finished.err, "standard output: cannot be written");
  }
}

BOOST_AUTO_TEST_CASE(programs_get_the_members_that_are_documented_and_no_others) {
  const Plans plans;
  const auto wishes =
      wish("1", "b") + wish("2", "a") + wish("9", "x") + wish("3", "d") + wish("4", "q") + wish("5", "a*b");
  const auto finished = plans.plan(
      four + folder("5", "e"), wishes,
      {"--out", plans.out, "--json", "--only", "1", "--only", "2", "--only", "3", "--only", "5", "--only", "9"});
  BOOST_TEST(finished.status == 1, finished.err);
  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(finished.out);
  Names top;
  for (const auto& [names, inner] : documented_members()) {
    top = with(std::move(top), names);
    if (names == Names{"plan"}) BOOST_TEST((members_of(json["plan"]) == inner), finished.out);
    if (names == Names{"state"} || names == Names{"desired"}) {
      BOOST_TEST((members_of(json[*names.begin()]) == inner), finished.out);
    }
    if (names == Names{"types"}) {
      const simdjson::dom::element type = json["types"].at(0);
      Names seen = members_of(type);
      for (const simdjson::dom::element line : type["first_lines"].get_array()) {
        seen = with(std::move(seen), members_of(line));
        seen = with(std::move(seen), members_of(line["fields"].at(0)));
      }
      // With --only, nobody knows what is extra. No operation on these types carries anything along.
      BOOST_TEST((with(std::move(seen), {"extra", "carried"}) == inner), finished.out);
    }
    if (names == Names{"findings"}) {
      Names seen;
      for (const simdjson::dom::element finding : json["findings"].get_array()) {
        seen = with(std::move(seen), members_of(finding));
        for (const simdjson::dom::element one : finding["first"].get_array()) {
          seen = with(std::move(seen), members_of(one));
        }
      }
      BOOST_TEST((seen == inner), finished.out);
    }
  }
  BOOST_TEST((members_of(json) == top), finished.out);
}

BOOST_AUTO_TEST_CASE(names_cannot_harm_a_terminal_or_a_page) {
  const Plans plans;
  const auto evil = R"(\u001b[2J\u202e<img src=x onerror=alert(1)>)";
  const auto finished =
      plans.plan(folder("1", evil), wish("1", "x"), {"--html", plans.workspace.path("plan.html"), "--out", plans.out});
  BOOST_TEST(finished.status == 0, finished.err);
  const auto page = plans.workspace.read("plan.html");
  for (const auto& text : {finished.out, finished.err, page, plans.show(plans.workspace.read("out.plan")).out}) {
    BOOST_TEST(!contains(text, "\x1b"), text);
    BOOST_TEST(!contains(text, "\u202e"), text);
  }
  CHECK_HAS(finished.out, "\\u{1b}[2J\\u{202e}");
  const auto shown = show_page(plans.workspace.path("plan.html"));
  BOOST_TEST(shown.console == Texts{}, boost::test_tools::per_element());
  BOOST_TEST(shown.requests == Texts{}, boost::test_tools::per_element());
  CHECK_HAS(shown.dom, "&lt;img src=x");
  BOOST_TEST(!contains(page, "<img"), page);
}

BOOST_AUTO_TEST_CASE(the_example_in_the_documentation_is_shown_as_it_is_printed) {
  const Workspace workspace;
  const auto page = read_file(project_file("docs/reconciliation.md"));
  const auto block = [&](std::size_t after) {
    const auto begin = page.find('\n', page.find("```", after)) + 1;
    return page.substr(begin, page.find("```", begin) - begin);
  };
  std::filesystem::create_symlink(KOOBATCH_BINARY, workspace.path("koobatch"));
  Process shell({"/bin/bash", "-c", "PATH=$PWD:$PATH\n" + block(0)}, {}, workspace.path(""));
  const auto finished = shell.wait();
  BOOST_TEST(finished.status == 0, finished.err);
  // Digest and time are others each time.
  const auto documented = block(page.find("`plan` prints"));
  const auto lasting = documented.substr(0, documented.find("digest "));
  BOOST_TEST(lasting.size() > 400U);
  BOOST_TEST(finished.out.starts_with(lasting), finished.out);
}

BOOST_AUTO_TEST_CASE(metrics_are_left_for_an_alert_also_if_nothing_could_be_planned) {
  const Plans plans;
  const auto file = plans.workspace.path("plan.prom");
  const auto planned = plans.plan(four, wish("1", "x") + wish("9", "y"),
                                  {"--metrics-file", file, "--metrics-label", "task=nightly", "--exit-code"});
  BOOST_TEST(planned.status == 1, planned.err);
  const auto text = plans.workspace.read("plan.prom");
  for (const char* line : {R"(koobatch_plan_items{type="shared_folder",task="nightly"} 4)",
                           R"(koobatch_plan_differences{type="shared_folder",field="name",task="nightly"} 1)",
                           R"(koobatch_plan_missing{task="nightly"} 1)", R"(koobatch_plan_extra{task="nightly"} 3)",
                           R"(koobatch_plan_complete{task="nightly"} 1)", R"(koobatch_exit_status{task="nightly"} 1)",
                           R"(koobatch_plan_last_success_timestamp_seconds{task="nightly"} )"}) {
    CHECK_HAS(text, line);
  }
  const auto from = text.find("\nkoobatch_plan_last_success");
  const auto success = text.substr(from, text.find('\n', from + 1) - from);
  const auto failed = run_koobatch({"plan", plans.desired("nonsense\n"), "--state", plans.state(four), "--metrics-file",
                                    file, "--metrics-label", "task=nightly"});
  BOOST_TEST(failed.status == 3);
  const auto after = plans.workspace.read("plan.prom");
  CHECK_HAS(after, success);
  CHECK_HAS(after, R"(koobatch_exit_status{task="nightly"} 3)");
  BOOST_TEST(!contains(after, "koobatch_plan_items"), after);
}

BOOST_AUTO_TEST_SUITE_END()
