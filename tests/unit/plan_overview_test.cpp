#include "koobatch/plan/overview.hpp"

#include "contains.hpp"
#include "koobatch/core/json.hpp"
#include "plan_support.hpp"

#include <simdjson.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

using namespace plan_support;
using namespace std::string_literals;
using koobatch::test::contains;
namespace dom = simdjson::dom;

namespace {

const std::string four = folder_line("1", "a") + folder_line("2", "b") + folder_line("3", "c") + folder_line("4", "d");

std::string wish(const std::string& id, const std::string& name) {
  std::string line = R"({"type":"shared_folder","id":")" + id + R"(","name":)";
  append_json_string(line, name);
  return line + "}\n";
}

/// One swap, one wish that is gone, one for a name that is held.
plan::Overview sample() {
  return overview_of(wish("1", "b") + wish("2", "a") + wish("9", "x") + wish("3", "d"), four);
}

std::string text_of(const plan::Overview& overview) {
  return plan::overview_text(overview, false);
}

#define CHECK_HAS(text, part) BOOST_TEST(contains(text, part), (part) << " is missing in " << (text))

/// The JSON of an overview, whose elements it owns.
struct Json {
  explicit Json(const plan::Overview& overview) : text(plan::overview_json(overview)), root(parser.parse(text)) {}
  std::uint64_t number(std::string_view pointer) const { return root.at_pointer(pointer).get_uint64().value(); }
  std::string_view string(std::string_view pointer) const { return root.at_pointer(pointer).get_string().value(); }

  std::string text;
  dom::parser parser;
  dom::element root;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(plan_overview)

BOOST_AUTO_TEST_CASE(what_is_changed_and_what_is_not_is_counted_and_shown) {
  const auto text = text_of(sample());
  CHECK_HAS(text, "2 of 4 items to change, 2 left alone\n");
  CHECK_HAS(text, "\nshared_folder: 2 of 4 to change (name 2)\n");
  CHECK_HAS(text, "      1 1 of user 7\n        ~ name \"a\" → \"kb~1a2b3c4d~0\"  (for the time being)\n");
  CHECK_HAS(text, "      2 2 of user 7, once line 1 has succeeded\n        ~ name \"b\" → \"a\"\n");
  CHECK_HAS(text, "        ~ name \"kb~1a2b3c4d~0\" → \"b\"\n");
  CHECK_HAS(text, "\nLeft alone\n       1 × there is no such item\n           line 3: shared_folder 9\n");
  CHECK_HAS(text,
            "       1 × another item has the name, and keeps it\n"
            "           line 4: shared_folder 3, name; the other one is 4\n");
  CHECK_HAS(text, "       1 × shared_folder not mentioned in the desired state\n");
  CHECK_HAS(text, "  endpoint  https://example.org\n");
  CHECK_HAS(text, "  desired   names.ndjson\n");
}

BOOST_AUTO_TEST_CASE(a_plan_without_changes_says_so) {
  const auto text = text_of(overview_of(four, four));
  BOOST_TEST(text.starts_with("Nothing to change\n"), text);
  BOOST_TEST(!contains(text, "Left alone"), text);
  BOOST_TEST(!contains(text, "more"), text);
}

BOOST_AUTO_TEST_CASE(examples_are_few_and_counts_are_complete) {
  std::string present, desired;
  for (int i = 1; i <= 50; ++i) {
    present += folder_line(std::to_string(100 + i), "a" + std::to_string(i));
    desired += wish(std::to_string(100 + i), "b" + std::to_string(i));
    desired += wish(std::to_string(500 + i), "c");
  }
  const auto overview = overview_of(desired, present);
  const auto text = text_of(overview);
  BOOST_TEST(std::ranges::count(text, '~') == 20);
  CHECK_HAS(text, "  and 30 lines more\n");
  CHECK_HAS(text, "      50 × there is no such item\n");
  CHECK_HAS(text, "           and 30 more\n");
  const Json json(overview);
  BOOST_TEST(json.number("/types/0/lines") == 50U);
  BOOST_TEST(json.root.at_pointer("/types/0/first_lines").get_array().size() == 20U);
  BOOST_TEST(json.number("/findings/0/count") == 50U);
  BOOST_TEST(json.root.at_pointer("/findings/0/first").get_array().size() == 20U);
}

BOOST_AUTO_TEST_CASE(colours_are_there_only_if_wanted) {
  const auto overview = sample();
  BOOST_TEST(!contains(text_of(overview), "\x1b"));
  CHECK_HAS(plan::overview_text(overview, true), "\x1b[32m\"b\"\x1b[0m");
}

BOOST_AUTO_TEST_CASE(hostile_names_do_not_reach_terminal_page_or_json) {
  const auto evil = "<script>alert(1)</script>\x1b[2J\u202e\" → \"x\u200b"s;
  const auto overview = overview_of(wish("1", "fine") + wish("<u>", "x"), folder_line("1", evil));
  for (const auto& text : {text_of(overview), plan::overview_json(overview), plan::overview_page(overview)}) {
    BOOST_TEST(!contains(text, "\x1b"), text);
    BOOST_TEST(!contains(text, "\u202e"), text);
    BOOST_TEST(!contains(text, "\u200b"), text);
  }
  const auto page = plan::overview_page(overview);
  BOOST_TEST(!contains(page, "<script"), page);
  BOOST_TEST(!contains(page, "<u>"), page);
  CHECK_HAS(page, "&lt;script&gt;");
  BOOST_TEST(Json(overview).string("/types/0/first_lines/0/fields/0/was") == evil, "JSON holds the value itself");
}

BOOST_AUTO_TEST_CASE(the_writing_direction_of_a_name_stays_within_it) {
  const auto overview = overview_of(wish("1", "خطط"), folder_line("1", "مشاريع"));
  CHECK_HAS(text_of(overview), "\u2068\"مشاريع\"\u2069 → \u2068\"خطط\"\u2069");
  CHECK_HAS(plan::overview_page(overview), "<bdi>&quot;مشاريع&quot;</bdi>");
}

BOOST_AUTO_TEST_CASE(what_people_would_overlook_is_pointed_out) {
  const auto overview = overview_of(wish("1", "cafe\u0301") + wish("2", "D"),
                                    folder_line("1", "caf\u00e9") + folder_line("2", "b") + folder_line("4", "d"));
  const auto text = text_of(overview);
  CHECK_HAS(text, "~ name \"café\" → \"cafe\\u{301}\"  (looks the same)");
  CHECK_HAS(text, "\nTo be looked at\n");
  CHECK_HAS(text, "line 1: shared_folder 1, name\n");
  CHECK_HAS(text, "line 2: shared_folder 2, name; the other one is 4\n");
  BOOST_TEST(overview.conflicts() == 0U);
}

BOOST_AUTO_TEST_CASE(the_plan_as_a_file_is_named_with_the_digits_that_are_compared) {
  auto overview = sample();
  overview.file = {"a.plan", "0123456789abcdef"};
  CHECK_HAS(text_of(overview), "  plan      a.plan: 3 lines, digest 0123456789ab, good until 2026-");
  CHECK_HAS(plan::overview_page(overview), "<code>0123456789ab</code>");
  BOOST_TEST(Json(overview).string("/plan/sha256") == "0123456789abcdef");
}

BOOST_AUTO_TEST_CASE(with_some_items_alone_planned_the_others_do_not_count_as_extra) {
  auto overview = sample();
  overview.unselected = 2;
  BOOST_TEST(overview.extra() == 0U);
  const auto text = text_of(overview);
  CHECK_HAS(text, "       2 × desired, but not selected\n");
  BOOST_TEST(!contains(text, "not mentioned in the desired state"), text);
}

BOOST_AUTO_TEST_CASE(programs_get_every_figure) {
  const Json json(sample());
  BOOST_TEST(json.number("/schema") == 1U);
  BOOST_TEST(json.number("/changed") == 2U);
  BOOST_TEST(json.number("/missing") == 1U);
  BOOST_TEST(json.number("/conflicts") == 1U);
  BOOST_TEST(json.number("/plan/lines") == 3U);
  BOOST_TEST(json.string("/endpoint") == "https://example.org");
  BOOST_TEST(json.string("/limits/0") == "30%");
  BOOST_TEST(json.string("/types/0/type") == "shared_folder");
  BOOST_TEST(json.number("/types/0/items") == 4U);
  BOOST_TEST(json.number("/types/0/desired") == 4U);
  BOOST_TEST(json.number("/types/0/extra") == 1U);
  BOOST_TEST(json.number("/types/0/differences/name") == 2U);
  BOOST_TEST(json.number("/types/0/first_lines/1/needs") == 1U);
  BOOST_TEST(json.root.at_pointer("/types/0/first_lines/0/temporary").get_bool().value());
  BOOST_TEST(json.string("/findings/0/reason") == "missing");
  BOOST_TEST(json.string("/findings/1/reason") == "name_held");
  BOOST_TEST(json.number("/findings/1/first/0/line") == 4U);
  BOOST_TEST(json.string("/findings/1/first/0/other_id") == "4");
  BOOST_TEST(json.root.at_pointer("/findings/1/left_alone").get_bool().value());
}

BOOST_AUTO_TEST_CASE(the_page_needs_neither_script_nor_network) {
  const auto page = plan::overview_page(sample());
  CHECK_HAS(page, "default-src &#39;none&#39;; style-src &#39;sha256-");
  BOOST_TEST(!contains(page, "script-src"));
  BOOST_TEST(!contains(page, "http://"));
  CHECK_HAS(page, "<title>2 of 4 items to change, 2 left alone – names.ndjson</title>");
}

BOOST_AUTO_TEST_SUITE_END()
