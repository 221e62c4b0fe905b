#include "koobatch/reading/window.hpp"

#include "reading_support.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace koobatch;
using namespace koobatch::reading;
using namespace reading_support;

namespace {

std::string target_of(const ResourceList& list, const Window& window) {
  std::string target;
  append_target(target, list, window);
  return target;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(reading_window)

BOOST_AUTO_TEST_CASE(the_next_page_of_offsets_begins_with_the_last_resource) {
  const auto list = list_with(Paging::offset, 1000);
  const auto window = window_after(list, 1000);
  BOOST_TEST(window.from == 999U);
  BOOST_TEST(window.size == 1000U);
  BOOST_TEST(window.overlaps);
  BOOST_TEST(target_of(list, window) == "/things?kind=1&offset=999&limit=1000");
  BOOST_TEST(target_of(list, window_at(list, 0)) == "/things?kind=1&offset=0&limit=1000");
}

BOOST_AUTO_TEST_CASE(numbered_pages_overlap_as_well_because_their_size_varies) {
  const auto list = list_with(Paging::number, 100);
  BOOST_TEST(target_of(list, window_at(list, 0)) == "/things?kind=1&pageNum=1&pageSize=100");
  BOOST_TEST(target_of(list, window_after(list, 100)) == "/things?kind=1&pageNum=2&pageSize=99");
  std::uint64_t end = 100, pages = 1;
  for (; end < 100'000; ++pages) {
    const auto window = window_after(list, end);
    BOOST_REQUIRE(window.overlaps);
    BOOST_REQUIRE(window.from < end);
    BOOST_REQUIRE(window.end() > end);
    BOOST_REQUIRE(window.from % window.size == 0U);
    BOOST_REQUIRE(window.size <= 100U);
    end = window.end();
  }
  BOOST_TEST(pages < 1200U, "the overlap costs little: " << pages);
}

BOOST_AUTO_TEST_CASE(a_list_that_cannot_overlap_is_read_page_by_page) {
  for (const auto paging : {Paging::offset, Paging::number}) {
    const auto list = list_with(paging, 1);
    const auto window = window_after(list, 5);
    BOOST_TEST(window.from == 5U);
    BOOST_TEST(window.size == 1U);
    BOOST_TEST(!window.overlaps);
  }
  // No page of one, two or three resources begins before the end of six and ends after it.
  const auto window = window_after(list_with(Paging::number, 3), 6);
  BOOST_TEST(window.from == 6U);
  BOOST_TEST(window.size == 3U);
  BOOST_TEST(!window.overlaps);
}

BOOST_AUTO_TEST_CASE(a_window_at_an_index_holds_it) {
  for (const auto paging : {Paging::offset, Paging::number}) {
    const auto list = list_with(paging, 7);
    for (std::uint64_t index = 0; index < 200; ++index) {
      const auto window = window_at(list, index);
      BOOST_TEST_REQUIRE(window.from <= index);
      BOOST_TEST_REQUIRE(window.end() > index);
      BOOST_TEST_REQUIRE(window.size <= 7U);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_cursor_is_encoded) {
  const auto list = list_with(Paging::cursor, 50);
  std::string target;
  append_target(target, list, "");
  BOOST_TEST(target == "/things?kind=1&pageSize=50");
  target.clear();
  append_target(target, list, "a b&c=/?#\x7f");
  BOOST_TEST(target == "/things?kind=1&pageSize=50&pageCursor=a%20b%26c%3D%2F%3F%23%7F");
  auto plain = list;
  plain.target = "/things";
  target.clear();
  append_target(target, plain, "");
  BOOST_TEST(target == "/things?pageSize=50");
}

BOOST_AUTO_TEST_SUITE_END()
