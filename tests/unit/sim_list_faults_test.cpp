#include "sim/list_faults.hpp"

#include "sim_items.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace koobatch::sim {
namespace {

using Ids = std::vector<std::string>;
constexpr const char* added = "1999999999999000001";

std::string error_of(std::string_view text) {
  const auto fault = parse_list_fault(text);
  BOOST_TEST_REQUIRE(!fault.has_value(), text);
  BOOST_TEST(fault.error().kind == ErrorKind::usage);
  return fault.error().message;
}

/// User 42's folders 1 to `count`, and what happens to them.
struct Lists {
  Items items;
  ItemLists lists;
  ListFaults faults;

  Lists(std::size_t count, const std::vector<std::string_view>& texts) : items(folders(count)), faults(parse(texts)) {}

  static std::vector<ListFault> parse(const std::vector<std::string_view>& texts) {
    std::vector<ListFault> faults;
    for (const auto text : texts) faults.push_back(parse_list_fault(text).value());
    return faults;
  }
  std::string body(const Reading& reading, std::string_view user = "42") {
    const PageOddity oddity = faults.at_page(items, lists, user, reading);
    std::string out;
    append_page(out, items, lists.of(items, user, reading), reading, oddity);
    return out;
  }
  Ids page(std::size_t offset, std::size_t limit = 2) { return ids_on(body(folders_at(offset, limit))); }
  /// All folders, one page after the other, until one is not full. `query`: what else is asked for.
  std::vector<Ids> walk(std::size_t limit = 2, std::string_view query = {}) {
    std::vector<Ids> pages;
    do {
      pages.push_back(ids_on(body(reading_of(
          fmt::format("/koodrive/ose/v1/sharefolder/list?offset={}&limit={}{}", pages.size() * limit, limit, query)))));
    } while (pages.back().size() == limit);
    return pages;
  }
  Ids albums(std::size_t number, std::string_view query = {}) {
    return ids_on(body(reading_of(
        fmt::format("/koodrive/ose/v1/album/list?albumKind=2&albumType=1&pageSize=10&pageNum={}{}", number, query))));
  }
};

std::string text_of(const std::vector<Ids>& pages) {
  std::string text;
  for (const Ids& page : pages) text += fmt::format("[{}]", fmt::join(page, " "));
  return text;
}

/// The walk along five folders, two a page, with this fault.
std::string walked(std::string_view fault) {
  return text_of(Lists(5, {fault}).walk());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_list_faults)

BOOST_AUTO_TEST_CASE(without_faults_a_walk_shows_every_item_once) {
  BOOST_TEST(text_of(Lists(5, {}).walk()) == "[1 2][3 4][5]");
  BOOST_TEST(text_of(Lists(4, {}).walk()) == "[1 2][3 4][]");
}

BOOST_AUTO_TEST_CASE(an_item_is_removed_before_in_or_after_a_page) {
  BOOST_TEST(walked("list=remove,at=before") == "[1 2][4 5][]", "3 is on no page");
  BOOST_TEST(walked("list=remove,at=in") == "[1 2][3 5][]");
  BOOST_TEST(walked("list=remove") == "[1 2][3 5][]");
  BOOST_TEST(walked("list=remove,at=after") == "[1 2][3 4][]");
  BOOST_TEST(walked("list=remove,at=0,page=1") == "[2 3][4 5][]");
  BOOST_TEST(walked("list=remove,at=before,page=1") == "[1 2][3 4][5]", "there is nothing before the first page");
  BOOST_TEST(walked("list=remove,at=after,page=3") == "[1 2][3 4][5]", "nor after the last one");
}

BOOST_AUTO_TEST_CASE(an_item_is_added_before_in_or_after_a_page) {
  BOOST_TEST(walked("list=add,at=before") == "[1 2][2 3][4 5][]", "2 is on two pages");
  BOOST_TEST(walked("list=add,at=in") == fmt::format("[1 2][3 {}][4 5][]", added));
  BOOST_TEST(walked("list=add,at=after") == fmt::format("[1 2][3 4][{} 5][]", added));
  BOOST_TEST(walked("list=add,at=0,page=1") == fmt::format("[{} 1][2 3][4 5][]", added));
  BOOST_TEST(walked("list=add,at=after,page=3") == fmt::format("[1 2][3 4][5 {}][]", added));
}

BOOST_AUTO_TEST_CASE(an_item_gets_another_name) {
  Lists lists(5, {"list=rename,at=after"});
  BOOST_TEST(text_of(lists.walk()) == "[1 2][3 4][5]");
  BOOST_TEST(lists.items.view(*find(lists.items, "folder:5")).name.value() == "renamed 1");
}

BOOST_AUTO_TEST_CASE(what_was_removed_is_gone_and_what_was_added_is_there_for_other_requests_too) {
  Lists lists(5, {"list=remove,at=3", "list=add,at=0"});
  lists.walk();
  BOOST_TEST(!find(lists.items, "folder:4").has_value());
  BOOST_TEST(find(lists.items, fmt::format("folder:{}", added)).has_value());
  BOOST_TEST(lists.items.count() == 5);
}

BOOST_AUTO_TEST_CASE(opposite_changes_can_hide_each_other_from_the_number_of_items) {
  BOOST_TEST(text_of(Lists(5, {"list=remove,at=before", "list=add,at=after"}).walk()) ==
             fmt::format("[1 2][4 5][{}]", added));
}

/// What a walk shows while the list is a plain vector, which changes before the page is read.
std::vector<Ids> expected_pages(Ids model, std::string_view kind, std::size_t limit, std::size_t page,
                                std::size_t index) {
  std::vector<Ids> pages;
  do {
    if (pages.size() + 1 == page && kind == "add") {
      model.insert(model.begin() + static_cast<std::ptrdiff_t>(std::min(index, model.size())), added);
    } else if (pages.size() + 1 == page && index < model.size()) {
      model.erase(model.begin() + static_cast<std::ptrdiff_t>(index));
    }
    const std::size_t from = std::min(pages.size() * limit, model.size());
    const std::size_t to = std::min(from + limit, model.size());
    pages.emplace_back(model.begin() + static_cast<std::ptrdiff_t>(from),
                       model.begin() + static_cast<std::ptrdiff_t>(to));
  } while (pages.back().size() == limit);
  return pages;
}

/// Compares a change at every page and index with expected_pages(). The user has created `own` folders, and joined
/// `joined` of somebody else's. `whose`: as queryType.
void check_changes(std::size_t own, std::size_t joined, int whose) {
  Ids shown;
  for (std::size_t i = 1; i <= own && whose != 2; ++i) shown.push_back(std::to_string(i));
  for (std::size_t i = 1; i <= joined && whose != 1; ++i) shown.push_back(fmt::format("j{}", i));
  const std::vector<std::string_view> users = {"42"};
  const std::string query = fmt::format("&queryType={}", whose);
  for (const std::string_view kind : {"add", "remove"}) {
    for (std::size_t limit = 1; limit <= 3; ++limit) {
      for (std::size_t page = 1; page <= 4; ++page) {
        for (std::size_t index = 0; index <= shown.size() + 1; ++index) {
          const std::string fault = fmt::format("list={},page={},at={}", kind, page, index);
          Lists lists(own, {fault});
          for (std::size_t i = 1; i <= joined; ++i) {
            lists.items.add(folder(fmt::format("j{}", i), "43", "a"), users);
          }
          BOOST_TEST_REQUIRE(
              text_of(lists.walk(limit, query)) == text_of(expected_pages(shown, kind, limit, page, index)),
              fault << " of " << own << " and " << joined << ", " << limit << " a page" << query);
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_walk_with_one_change_shows_what_a_plain_vector_would) {
  for (int whose = 0; whose <= 2; ++whose) {
    for (std::size_t own = 0; own <= 4; ++own) {
      for (std::size_t joined = 0; joined <= 3; ++joined) check_changes(own, joined, whose);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_change_happens_once_unless_asked_otherwise) {
  Lists once(9, {"list=remove,at=0"});
  BOOST_TEST(text_of(once.walk()) == "[1 2][4 5][6 7][8 9][]");
  BOOST_TEST(text_of(once.walk()) == "[2 3][4 5][6 7][8 9][]");
  Lists twice(9, {"list=remove,at=0,times=2"});
  BOOST_TEST(text_of(twice.walk()) == "[1 2][4 5][6 7][8 9][]");
  BOOST_TEST(text_of(twice.walk()) == "[2 3][5 6][7 8][9]");
  BOOST_TEST(text_of(twice.walk()) == "[3 4][5 6][7 8][9]");
  Lists always(9, {"list=remove,at=0,times=always"});
  for (int i = 0; i < 7; ++i) always.walk();
  BOOST_TEST(always.items.count() == 2);
}

BOOST_AUTO_TEST_CASE(pages_may_overlap_and_be_asked_for_again) {
  Lists lists(9, {"list=remove,at=0,page=3"});
  BOOST_TEST(lists.page(0, 3) == (Ids{"1", "2", "3"}), boost::test_tools::per_element());
  BOOST_TEST(lists.page(2, 3) == (Ids{"3", "4", "5"}), boost::test_tools::per_element());
  BOOST_TEST(lists.page(2, 3) == (Ids{"3", "4", "5"}), boost::test_tools::per_element());
  BOOST_TEST(lists.page(1, 3) == (Ids{"2", "3", "4"}), boost::test_tools::per_element());
  // The third page; 5 has moved.
  BOOST_TEST(lists.page(4, 3) == (Ids{"6", "7", "8"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_change_happens_once_a_walk_however_often_its_page_is_asked_for) {
  Lists lists(9, {"list=remove,at=0,times=2"});
  lists.page(0);
  for (int i = 0; i < 3; ++i) BOOST_TEST(lists.page(2) == (Ids{"4", "5"}), boost::test_tools::per_element());
  lists.page(4);
  BOOST_TEST(lists.page(2) == (Ids{"4", "5"}), boost::test_tools::per_element());
  BOOST_TEST(lists.items.count() == 8);
  lists.walk();
  BOOST_TEST(lists.items.count() == 7);
  lists.walk();
  BOOST_TEST(lists.items.count() == 7);
}

BOOST_AUTO_TEST_CASE(walks_of_other_users_and_along_other_lists_are_other_walks) {
  Lists lists(5, {"list=empty,page=1"});
  lists.items.add(folder("a", "43", "a"));
  BOOST_TEST(lists.page(0).empty());
  BOOST_TEST(ids_on(lists.body(folders_at(0, 2), "43")).empty());
  BOOST_TEST(ids_on(lists.body(folders_at(0, 2), "43")) == Ids{"a"}, boost::test_tools::per_element());
  const auto created = reading_of("/koodrive/ose/v1/sharefolder/list?offset=0&limit=2&queryType=1");
  BOOST_TEST(ids_on(lists.body(created)).empty());
  BOOST_TEST(lists.page(0) == (Ids{"1", "2"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_page_is_cut_or_empty_for_as_long_as_the_walk_lasts) {
  Lists cut(6, {"list=cut"});
  BOOST_TEST(cut.page(0) == (Ids{"1", "2"}), boost::test_tools::per_element());
  BOOST_TEST(cut.page(2) == Ids{"3"}, boost::test_tools::per_element());
  BOOST_TEST(cut.page(2) == Ids{"3"}, boost::test_tools::per_element());
  BOOST_TEST(cut.page(3) == (Ids{"4", "5"}), boost::test_tools::per_element());
  BOOST_TEST(cut.page(2) == Ids{"3"}, boost::test_tools::per_element());
  BOOST_TEST(text_of(cut.walk()) == "[1 2][3 4][5 6][]");
  Lists empty(6, {"list=empty,times=2"});
  for (int i = 0; i < 2; ++i) {
    BOOST_TEST(empty.page(0).size() == 2);
    BOOST_TEST(empty.page(2).empty());
    BOOST_TEST(empty.page(2).empty());
    BOOST_TEST(empty.page(4) == (Ids{"5", "6"}), boost::test_tools::per_element());
  }
  BOOST_TEST(text_of(empty.walk()) == "[1 2][3 4][5 6][]");
}

/// The IDs from `from` to `to`.
Ids numbered(std::size_t from, std::size_t to) {
  Ids ids;
  for (std::size_t i = from; i <= to; ++i) ids.push_back(std::to_string(i));
  return ids;
}

/// 25 shared collection albums, ten a page.
struct Albums : Lists {
  explicit Albums(const std::vector<std::string_view>& texts) : Lists(0, texts) {
    for (int i = 1; i <= 25; ++i) items.add(album(std::to_string(i), "42", 2, 1));
  }
};

BOOST_AUTO_TEST_CASE(albums_that_a_page_lacks_follow_on_those_after_it) {
  Albums cut({"list=cut"});
  for (int i = 0; i < 2; ++i) BOOST_TEST((cut.albums(1) == numbered(1, 10)));
  for (int i = 0; i < 2; ++i) BOOST_TEST((cut.albums(2) == numbered(11, 15)));
  for (int i = 0; i < 2; ++i) BOOST_TEST((cut.albums(3) == numbered(16, 25)));
  BOOST_TEST((cut.albums(2) == numbered(11, 15)));
  BOOST_TEST(cut.albums(4).empty());
  BOOST_TEST((cut.albums(1) == numbered(1, 10)), "another walk");
  BOOST_TEST((cut.albums(2) == numbered(11, 20)));

  Albums both({"list=cut,page=1", "list=empty,page=2", "list=remove,page=3,at=before"});
  BOOST_TEST((both.albums(1) == numbered(1, 5)));
  BOOST_TEST(both.albums(2).empty());
  BOOST_TEST((both.albums(3) == numbered(7, 16)), "5 is gone, and 6 on no page");
  BOOST_TEST((both.albums(4) == numbered(17, 25)));
  BOOST_TEST(both.albums(5).empty());
}

BOOST_AUTO_TEST_CASE(a_list_never_ends) {
  Lists endless(3, {"list=endless"});
  BOOST_TEST(endless.page(0) == (Ids{"1", "2"}), boost::test_tools::per_element());
  BOOST_TEST(endless.page(2) == (Ids{"3", "1"}), boost::test_tools::per_element());
  BOOST_TEST(endless.page(1'000'000) == (Ids{"2", "3"}), boost::test_tools::per_element());
  BOOST_TEST(endless.items.count() == 3);
}

BOOST_AUTO_TEST_CASE(a_list_grows_for_as_long_as_it_is_read) {
  Lists growing(3, {"list=growing"});
  for (std::size_t offset = 0; offset < 100; offset += 2) BOOST_TEST(growing.page(offset).size() == 2);
  BOOST_TEST(growing.items.count() == 100);
  BOOST_TEST(growing.page(1'000'000'000'000).empty(), "nobody skips ahead");
  BOOST_TEST(growing.items.count() == 100);
}

BOOST_AUTO_TEST_CASE(a_total_is_wrong_from_some_page_on) {
  Lists lists(0, {"list=total,page=2,by=-3"});
  for (int i = 1; i <= 15; ++i) lists.items.add(album(std::to_string(i), "42", 2, 1));
  const std::string target = "/koodrive/ose/v1/album/list?albumKind=2&albumType=1&pageNum=";
  BOOST_TEST(lists.body(reading_of(target + "1")).ends_with("\"total\":15}"));
  BOOST_TEST(lists.body(reading_of(target + "2")).ends_with("\"total\":12}"));
  BOOST_TEST(lists.body(reading_of(target + "2")).ends_with("\"total\":12}"));
  BOOST_TEST(lists.body(reading_of(target + "1")).ends_with("\"total\":15}"));
}

BOOST_AUTO_TEST_CASE(identifiers_are_numbers) {
  Lists lists(1, {"list=numbers"});
  BOOST_TEST(lists.body(folders_at(0, 1)).find(R"({"id":1,"name":"n1","ownerId":42,)") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(albums_and_joined_folders_can_appear_too) {
  Lists lists(0, {"list=add,page=1,at=0"});
  const auto albums = reading_of("/koodrive/ose/v1/album/list?albumKind=2&albumType=1");
  BOOST_TEST(ids_on(lists.body(albums)) == Ids{added}, boost::test_tools::per_element());
  const auto joined = reading_of("/koodrive/ose/v1/sharefolder/list?offset=0&limit=9&queryType=2");
  BOOST_TEST(ids_on(lists.body(joined)).size() == 1);
  const auto narrowed = reading_of("/koodrive/ose/v1/sharefolder/list?offset=0&limit=9&queryType=1&keyWord=x");
  BOOST_TEST(ids_on(lists.body(narrowed)).size() == 1);
}

BOOST_AUTO_TEST_CASE(what_appears_belongs_to_the_group_that_was_asked_for) {
  for (const char* group : {"7", "a%22b%5C", "%E7%9B%B8"}) {
    const std::string query = fmt::format("&groupId={}", group);
    Albums add({"list=add,page=1,at=0"});
    BOOST_TEST(add.albums(1, query) == Ids{added}, boost::test_tools::per_element());
    BOOST_TEST(add.albums(1, query) == Ids{added}, boost::test_tools::per_element());
    Albums growing({"list=growing"});
    BOOST_TEST(growing.albums(1, query).size() == 10);
    BOOST_TEST(growing.albums(2, query).size() == 10);
    BOOST_TEST(growing.items.count() == 45);
  }
}

BOOST_AUTO_TEST_CASE(what_appears_among_joined_folders_belongs_to_somebody_else) {
  for (const char* user : {"42", "another"}) {
    Lists lists(0, {"list=add,page=1,at=0"});
    const auto joined = reading_of("/koodrive/ose/v1/sharefolder/list?offset=0&limit=9&queryType=2");
    BOOST_TEST(ids_on(lists.body(joined, user)) == Ids{added}, boost::test_tools::per_element());
    const auto number = find(lists.items, fmt::format("folder:{}", added));
    BOOST_TEST_REQUIRE(number.has_value());
    BOOST_TEST(lists.items.view(*number).owner != user);
  }
}

BOOST_AUTO_TEST_CASE(a_narrowed_list_is_searched_for_once_until_something_changes) {
  Lists lists(100, {});
  lists.walk(10, "&keyWord=n");
  BOOST_TEST(lists.lists.searches() == 1);
  lists.walk(10, "&keyWord=n1");
  lists.walk(10, "&keyWord=n");
  BOOST_TEST(lists.lists.searches() == 2);
  lists.items.rename(0, "x");
  BOOST_TEST(lists.walk(10, "&keyWord=n").front().front() == "2");
  BOOST_TEST(lists.lists.searches() == 3);
  Lists growing(0, {"list=growing"});
  for (std::size_t i = 0; i < 20; ++i) {
    growing.body(reading_of(fmt::format("/koodrive/ose/v1/sharefolder/list?offset={}&limit=1000&keyWord=n", i * 1000)));
  }
  BOOST_TEST(growing.items.count() == 20'000);
  BOOST_TEST(growing.lists.searches() <= 40, "before and after each page grows");
}

// How they are written.

BOOST_AUTO_TEST_CASE(parameters_are_parsed) {
  const auto fault = parse_list_fault("list=remove,page=3,at=7,times=2").value();
  BOOST_TEST(fault.kind == ListFault::Kind::remove);
  BOOST_TEST(fault.page == 3);
  BOOST_TEST(fault.place == ListFault::Place::index);
  BOOST_TEST(fault.index == 7);
  BOOST_TEST(fault.times == 2);
  BOOST_TEST(parse_list_fault("list=add,times=always").value().times == ListFault::always);
  BOOST_TEST(parse_list_fault("list=total,by=+2").value().by == 2);
  BOOST_TEST(parse_list_fault("list=total").value().page == 1);
  BOOST_TEST(parse_list_fault("list=cut").value().page == 2);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_named) {
  BOOST_TEST(error_of("list=move") ==
             "unknown change of a list 'move'; known are add, remove, rename, cut, empty, endless, growing, total, "
             "numbers");
  BOOST_TEST(error_of("list=add,rate=1") == "unknown parameter 'rate'; known are page, at, times");
  BOOST_TEST(error_of("list=cut,at=in") == "unknown parameter 'at'; known are page, times");
  BOOST_TEST(error_of("list=endless,times=1") == "unknown parameter 'times'; known are page");
  BOOST_TEST(error_of("list=total,at=1") == "unknown parameter 'at'; known are page, by");
  BOOST_TEST(error_of("list=add,page") == "'page' needs a value");
  BOOST_TEST(error_of("list=add,page=0") == "the page '0' is not a number from 1");
  BOOST_TEST(error_of("list=add,page=1,page=2") == "'page' is given twice");
  BOOST_TEST(error_of("list=add,at=behind") ==
             "the place 'behind' is neither before, in or after, nor a number from 0");
  BOOST_TEST(error_of("list=add,times=0") == "'0' is neither a number of times from 1 nor 'always'");
  BOOST_TEST(error_of("list=total,by=0") == "'0' is not a whole number such as +2 or -1");
  BOOST_TEST(error_of("list=total,by=+-1") == "'+-1' is not a whole number such as +2 or -1");
  BOOST_TEST(error_of("list=total,by=++1") == "'++1' is not a whole number such as +2 or -1");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
