#include "koobatch/reading/page.hpp"

#include "contains.hpp"
#include "reading_support.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>

using namespace koobatch;
using namespace koobatch::reading;
using namespace reading_support;
using koobatch::test::contains;

namespace {

const auto offset_list = list_with(Paging::offset, 10, "/total");
const auto cursor_list = list_with(Paging::cursor, 10);

/// Why a page cannot be read; empty: it can.
std::string refusal(std::string_view body, const ResourceList& list = offset_list) {
  Page page;
  return read_page(thing_kind(), list, "42", body, page).value_or("");
}

Page page_with(std::string_view things) {
  return page_of(offset_list, fmt::format(R"({{"things":[{}]}})", things));
}

/// What is wrong with the only thing of a page.
Unreadable only_unreadable(std::string_view thing) {
  const auto page = page_with(thing);
  BOOST_REQUIRE(page.unreadable.size() == 1U);
  BOOST_TEST(page.items.empty());
  BOOST_TEST(page.size() == 1U);
  return page.unreadable.front();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reading_page)

BOOST_AUTO_TEST_CASE(an_item_has_what_its_kind_names) {
  const auto page = page_with(R"({"id":"7","name":"Plans","ownerId":1757156480072657793,"other":1})");
  BOOST_REQUIRE(page.items.size() == 1U);
  const auto& item = page.items.front();
  BOOST_TEST(state_support::line_of(item) ==
             R"({"type":"shared_folder","id":"7","user_id":"42","name":"Plans","ownerId":1757156480072657793})");
}

BOOST_AUTO_TEST_CASE(identifiers_keep_every_digit_however_they_are_written) {
  const auto id_of = [](std::string_view id) {
    const auto page = page_with(fmt::format(R"({{"id":{}}})", id));
    BOOST_REQUIRE(page.items.size() == 1U);
    return page.items.front().id;
  };
  BOOST_TEST(id_of("9007199254740993") == "9007199254740993");
  BOOST_TEST(id_of("\"9007199254740993\"") == "9007199254740993");
  BOOST_TEST(id_of("18446744073709551615") == "18446744073709551615");
  BOOST_TEST(id_of("-1") == "-1");
  BOOST_TEST(id_of("0") == "0");
  BOOST_TEST(id_of("\"007\"") == "007");
}

BOOST_AUTO_TEST_CASE(names_are_read_whatever_they_are) {
  const auto page =
      page_with(R"({"id":"1","name":"a\u001b[31m<b>|\\\"\u0000"},{"id":"2","name":""},{"id":"3","name":null})");
  BOOST_REQUIRE(page.items.size() == 3U);
  BOOST_TEST(name_of(page.items[0]) == std::string("a\x1b[31m<b>|\\\"\0", 13));
  BOOST_TEST(page.items[1].values[0].has_value());
  BOOST_TEST(!page.items[2].values[0].has_value());
}

BOOST_AUTO_TEST_CASE(an_item_that_cannot_be_read_is_named_and_the_others_are_read) {
  const auto page = page_with(R"({"id":"1","name":"a"},{"id":"2","name":3},{"id":"4","name":"d"})");
  BOOST_TEST(page.items.size() == 2U);
  BOOST_TEST((page.places == std::vector<std::size_t>{0, 2}));
  BOOST_TEST(page.size() == 3U);
  BOOST_TEST(page.unreadable_count == 1U);
  BOOST_REQUIRE(page.unreadable.size() == 1U);
  BOOST_TEST(page.unreadable.front().id == "2");
  BOOST_TEST(page.unreadable.front().why == "its /name: expected a string, found \"3\"");
  BOOST_TEST(only_unreadable("7").why == "it is not an object");
  BOOST_TEST(only_unreadable("null").why == "it is not an object");
  BOOST_TEST(only_unreadable(R"({"name":"a"})").why == "it has no /id");
  BOOST_TEST(only_unreadable(R"({"id":null})").why == "it has no /id");
  BOOST_TEST(only_unreadable(R"({"id":""})").why == "its /id is \"\\\"\\\"\", not an identifier");
  for (const char* id : {"1.5", "1e3", "true", "[]", "{}"}) {
    BOOST_TEST(contains(only_unreadable(fmt::format(R"({{"id":{}}})", id)).why, "not an identifier"), id);
  }
}

BOOST_AUTO_TEST_CASE(many_items_that_cannot_be_read_are_counted) {
  std::string things = "0";
  for (int i = 1; i < 500; ++i) things += fmt::format(",{}", i);
  const auto page = page_with(things);
  BOOST_TEST(page.unreadable_count == 500U);
  BOOST_TEST(page.unreadable.size() == 10U);
  BOOST_TEST(page.size() == 500U);
}

BOOST_AUTO_TEST_CASE(whether_an_item_is_as_it_was_is_what_can_be_set) {
  const auto mark = [](std::string_view members) {
    return page_with(fmt::format(R"({{"id":"1",{}}})", members)).marks.front();
  };
  const auto plain = mark(R"("name":"a","createTime":1)");
  BOOST_TEST(mark(R"("name":"a","createTime":2)").value == plain.value);
  BOOST_TEST(mark(R"("name":"b","createTime":1)").value != plain.value);
  BOOST_TEST(mark(R"("name":"b")").id == plain.id);
  BOOST_TEST(mark(R"("name":5)").id == plain.id, "the identifier counts although the item cannot be read");
}

BOOST_AUTO_TEST_CASE(a_page_that_cannot_be_read_says_why) {
  BOOST_TEST(refusal(R"({"things":[]})") == "");
  BOOST_TEST(refusal(R"({"things":null})") == "");
  BOOST_TEST(refusal(R"({"code":0})") == "it has no /things");
  BOOST_TEST(refusal("[]") == "it has no /things");
  BOOST_TEST(refusal(R"({"things":{}})") == "its /things is not an array");
  BOOST_TEST(contains(refusal(""), "it is not JSON"));
  BOOST_TEST(contains(refusal(R"({"things":[)"), "it is not JSON"));
  BOOST_TEST(contains(refusal("{\"things\":[{\"id\":\"1\",\"name\":\"\xff\"}]}"), "it is not JSON"));
  BOOST_TEST(contains(refusal(std::string(100'000, '[')), "it is not JSON"));
  BOOST_TEST(contains(refusal(R"({"things":[],"total":"many"})"), "its /total is \"\\\"many\\\"\""));
  BOOST_TEST(contains(refusal(R"({"things":[],"total":-1})"), "not a number of resources"));
  BOOST_TEST(contains(refusal(R"({"things":[],"nextCursor":{}})", cursor_list), "not a cursor"));
}

BOOST_AUTO_TEST_CASE(the_total_may_be_a_text_and_the_cursor_a_number) {
  BOOST_TEST((page_of(offset_list, R"({"things":[],"total":12})").total == 12U));
  BOOST_TEST((page_of(offset_list, R"({"things":[],"total":"12"})").total == 12U));
  BOOST_TEST(!page_of(offset_list, R"({"things":[],"total":null})").total);
  BOOST_TEST(!page_of(offset_list, R"({"things":[]})").total);
  BOOST_TEST(page_of(cursor_list, R"({"things":[],"nextCursor":12})").next == "12");
  BOOST_TEST(page_of(cursor_list, R"({"things":[],"nextCursor":"a b"})").next == "a b");
  BOOST_TEST(page_of(cursor_list, R"({"things":[],"nextCursor":""})").next == "");
  BOOST_TEST(page_of(cursor_list, R"({"things":[],"nextCursor":null})").next == "");
  BOOST_TEST(page_of(offset_list, R"({"things":[],"nextCursor":12})").next == "", "pages are not read by cursors");
}

BOOST_AUTO_TEST_CASE(members_can_be_deeper) {
  auto list = offset_list;
  list.items = "/data/things";
  list.total = "/data/total";
  const auto page = page_of(list, R"({"data":{"things":[{"id":"1"}],"total":1}})");
  BOOST_TEST(page.size() == 1U);
  BOOST_TEST((page.total == 1U));
  BOOST_TEST(refusal(R"({"data":7})", list) == "it has no /data/things");
}

BOOST_AUTO_TEST_SUITE_END()
