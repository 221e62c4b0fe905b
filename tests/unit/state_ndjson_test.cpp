#include "contains.hpp"
#include "koobatch/state/reader.hpp"
#include "state_support.hpp"
#include "temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::state;
using namespace state_support;
using koobatch::test::contains;
using namespace std::string_literals;

namespace {

using Texts = std::vector<std::string>;

/// What is wrong with a line of a desired state; "" if nothing is.
std::string fault(const std::string& line) {
  const auto contents = state_support::read_ndjson(line + "\n");
  BOOST_TEST(contents.error == "");
  return contents.wrong.empty() ? "" : contents.wrong.front();
}

std::string folder_with(const std::string& more) {
  return R"({"type":"shared_folder","id":"1",)" + more + "}";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(state_ndjson)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back) {
  const std::vector<Item> items = {
      item("shared_folder", "1757156480072657793", {{"name", "Plans \"2026\"\n\x01"s}, {"ownerId", std::int64_t{42}}},
           "u"),
      item("shared_folder", "2", {{"name", ""s}, {"createTime", "2026-11-30"s}}),
      item("album", "3",
           {{"scopeDir", Texts{"5", "4"}}, {"scopeKind", std::int64_t{2}}, {"albumKind", std::int64_t{1}}}),
      item("album", "0", {{"scopeDir", Texts{}}, {"coverImg", Json{R"({"a":[1,null]})"}}}),
  };
  std::string text;
  for (const auto& written : items) text += line_of(written) + "\n";
  for (const auto role : {Role::present, Role::desired}) {
    const auto contents = state_support::read_ndjson(text, role);
    BOOST_TEST(contents.wrong.empty());
    BOOST_REQUIRE(contents.entries.size() == items.size());
    for (std::size_t i = 0; i < items.size(); ++i) {
      BOOST_TEST(line_of(contents.entries[i].item) == line_of(items[i]));
      BOOST_TEST((contents.entries[i].item.values == items[i].values));
      BOOST_TEST(contents.entries[i].line == i + 1);
      BOOST_TEST(contents.entries[i].match.empty());
    }
  }
}

BOOST_AUTO_TEST_CASE(a_value_takes_the_form_of_its_field) {
  const auto album = state_support::read_ndjson(
      R"({"type":"album","id":1795607640592646273,"user_id":42,"scopeKind":"2","scopeDir":[7,"8"]})"
      "\n");
  BOOST_REQUIRE(album.entries.size() == 1U);
  BOOST_TEST(line_of(album.entries[0].item) ==
             R"({"type":"album","id":"1795607640592646273","user_id":"42","scopeDir":["7","8"],"scopeKind":2})");
  BOOST_TEST(contains(fault(folder_with(R"("name":5)")), "1: name: expected a string, found \"5\""));
  BOOST_TEST(contains(fault(R"({"type":"album","id":"1","scopeKind":2.5})"), "scopeKind: expected an integer"));
  BOOST_TEST(contains(fault(R"({"type":"album","id":"1","scopeDir":"7"})"), "scopeDir: expected an array of strings"));
}

BOOST_AUTO_TEST_CASE(an_identifier_is_one_of_a_resource) {
  BOOST_TEST(contains(fault(R"({"type":"album","name":"a"})"), "id: is missing; give it, or describe the item"));
  BOOST_TEST(contains(fault(R"({"type":"album","id":""})"), "id: is empty"));
  BOOST_TEST(contains(fault(R"({"type":"album","id":1.757e18})"), "id: expected a string"));
  BOOST_TEST(contains(fault(R"({"type":"album","id":"1.75716E+18"})"), "has shortened"));
  BOOST_TEST(contains(fault(R"({"type":"album","id":"1","user_id":"a b"})"), "user_id: "));
  for (const auto* odd : {" 1", "1\\u00a0", "'1", "=\\\"1\\\""}) {
    BOOST_TEST(contains(fault(R"({"type":"album","id":")" + std::string(odd) + R"("})"), "begins or ends with"), odd);
  }
}

BOOST_AUTO_TEST_CASE(nothing_can_be_unset) {
  BOOST_TEST(contains(fault(folder_with(R"("name":null)")), "name: is null, and the service cannot unset a value"));
  BOOST_TEST(fault(folder_with(R"("createTime":null)")) == "", "it only informs");
}

BOOST_AUTO_TEST_CASE(unknown_and_repeated_members_are_errors) {
  BOOST_TEST(contains(fault(folder_with(R"("fileName":"a")")),
                      "fileName: is not a member of shared_folder; did you mean name?"));
  BOOST_TEST(contains(fault(folder_with(R"("nmae":"a")")), "did you mean name?"));
  BOOST_TEST(contains(fault(folder_with(R"("zzzzzzzz":"a")")), "known ones are type, id, user_id, match, name"));
  BOOST_TEST(contains(fault(folder_with(R"("name":"a","name":"b")")), "name: appears more than once"));
  BOOST_TEST(contains(fault(folder_with(R"("id":"2")")), "id: appears more than once"));
  BOOST_TEST(contains(fault(R"({"id":"1"})"), "type: is missing; known types are shared_folder, album"));
  BOOST_TEST(contains(fault(R"({"type":"folder","id":"1"})"), "\"folder\" is not a type"));
  BOOST_TEST(contains(fault("[1]"), "expected an object"));
  BOOST_TEST(contains(fault(R"({"type":"album",})"), "is not valid JSON"));
}

BOOST_AUTO_TEST_CASE(an_item_can_be_found_by_what_it_is) {
  const auto contents =
      state_support::read_ndjson(R"({"type":"shared_folder","user_id":"42","match":{"name":"old"},"name":"new"})"
                                 "\n");
  BOOST_REQUIRE(contents.entries.size() == 1U);
  const auto& entry = contents.entries[0];
  const auto name = kind("shared_folder").find("name");
  BOOST_TEST(entry.item.id == "");
  BOOST_TEST((entry.match[name] == Value("old"s)));
  BOOST_TEST((entry.item.values[name] == Value("new"s)));
  BOOST_TEST(contains(fault(folder_with(R"("match":{"name":"a"})")), "match: cannot be combined with id"));
  BOOST_TEST(contains(fault(R"({"type":"album","match":{}})"), "match: expected what the item is like now"));
  BOOST_TEST(contains(fault(R"({"type":"album","match":{"nmae":"a"}})"), "did you mean name?"));
  BOOST_TEST(contains(fault(R"({"type":"album","match":{"name":null}})"), "match: name is null"));
}

BOOST_AUTO_TEST_CASE(an_invalid_record_does_not_end_the_reading) {
  const auto contents = state_support::read_ndjson(
      "{\"type\":\"album\",\"id\":\"1\",\"name\":\"a\"}\nnonsense\n\n{\"type\":\"album\",\"id\":\"2\",\"name\":\"b\"}"
      "\n");
  BOOST_TEST(contents.entries.size() == 2U);
  BOOST_REQUIRE(contents.wrong.size() == 1U);
  BOOST_TEST(contents.wrong[0].starts_with("2: "));
  BOOST_TEST(contents.entries[1].line == 4U);
}

BOOST_AUTO_TEST_CASE(the_last_line_of_a_state_says_how_it_was_read) {
  const auto at = WallTime(std::chrono::seconds(1'796'000'000));
  std::string text = line_of(item("album", "1", {{"name", "a"s}})) + "\n";
  append_summary(text, {at, at + std::chrono::minutes(2), 7, 1, true, "https://example.org"});
  text += "\n";
  const auto reader = state::read_ndjson(lines_of(text), koodrive::service_resources(), Role::present);
  const auto contents = contents_of(*reader);
  BOOST_TEST(contents.error == "");
  BOOST_TEST(contents.entries.size() == 1U);
  const auto* const summary = reader->summary();
  BOOST_REQUIRE(summary != nullptr);
  BOOST_TEST(summary->users == 7U);
  BOOST_TEST(summary->is_complete);
  BOOST_TEST(summary->endpoint == "https://example.org");
  BOOST_TEST((summary->to - summary->from == std::chrono::minutes(2)));
  // A state is a valid desired state, also without some of its lines.
  BOOST_TEST(state_support::read_ndjson(text, Role::desired).wrong.empty());
  const auto rest = text.substr(text.find('\n') + 1);
  BOOST_TEST(state_support::read_ndjson(rest, Role::desired).error == "");
  BOOST_TEST(
      contains(state_support::read_ndjson(rest, Role::present).error, "holds 0 items, but its last line says 1"));
  BOOST_TEST(contains(state_support::read_ndjson("{\"state\":2}\n").wrong.at(0), "is not the last line of a state"));
}

BOOST_AUTO_TEST_CASE(a_state_need_not_say_where_it_was_read) {
  std::string text;
  append_summary(text, {});
  const auto reader = state::read_ndjson(lines_of(text + "\n"), koodrive::service_resources(), Role::present);
  BOOST_TEST(first_wrong(contents_of(*reader)) == "");
  BOOST_REQUIRE(reader->summary() != nullptr);
  BOOST_TEST(reader->summary()->endpoint == "");
  text.insert(text.size() - 1, R"(,"endpoint":5)");
  BOOST_TEST(contains(state_support::read_ndjson(text + "\n").wrong.at(0), "is not the last line of a state"));
}

BOOST_AUTO_TEST_CASE(a_file_may_be_in_another_encoding) {
  const test::TemporaryFolder folder;
  const auto ascii = R"({"type":"album","id":"1","name":"a"})"s;
  std::string utf16 = "\xff\xfe";
  for (const char c : ascii) utf16 += {c, '\0'};
  const auto path = folder.write("desired.ndjson", utf16);
  const auto reader = open_items(path, job::Format::ndjson, koodrive::service_resources(), Role::desired);
  BOOST_REQUIRE(reader.has_value());
  const auto contents = contents_of(**reader);
  BOOST_REQUIRE(contents.entries.size() == 1U);
  BOOST_TEST(line_of(contents.entries[0].item) == ascii);
}

BOOST_AUTO_TEST_SUITE_END()
