#include "sim/item_pages.hpp"

#include "sim_items.hpp"

#include "sim/members.hpp"

#include <fmt/format.h>

namespace koobatch::sim {
namespace {

using Ids = std::vector<std::string>;

std::string page(const Items& items, std::string_view user, const Reading& reading, const PageOddity& oddity = {}) {
  std::string out;
  ItemLists lists;
  append_page(out, items, lists.of(items, user, reading), reading, oddity);
  return out;
}

Ids ids(const Items& items, std::string_view user, const std::string& target) {
  return ids_on(page(items, user, reading_of(target)));
}

Ids numbered(std::size_t from, std::size_t to) {
  Ids ids;
  for (std::size_t i = from; i <= to; ++i) ids.push_back(std::to_string(i));
  return ids;
}

std::int64_t total_of(const std::string& body) {
  simdjson::dom::parser parser;
  return parser.parse(simdjson::padded_string(body))["total"].get_int64().value();
}

const std::string all_folders = "/koodrive/ose/v1/sharefolder/list?offset=0&limit=1000";
const std::string manual_albums = "/koodrive/ose/v1/album/list?albumKind=1&albumType=2";

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_item_pages)

BOOST_AUTO_TEST_CASE(a_list_shows_each_folder_with_every_documented_member) {
  Items items;
  items.add(folder("1757156480072657793", "42", "Pl\"ans"));
  BOOST_TEST(page(items, "42", reading_of(all_folders)) ==
             R"({"folders":[{"id":"1757156480072657793","name":"Pl\"ans","ownerId":"42","status":0,)"
             R"("containerId":"c1757156480072657793","shareFolderFileId":"f1757156480072657793",)"
             R"("groupId":"9007199254740993","creator":"42","createTime":1762153300000,"maxMember":200,)"
             R"("tenantId":"1"}],"code":0,"msg":"success"})");
}

BOOST_AUTO_TEST_CASE(metadata_give_the_owner_and_the_group_as_numbers) {
  Items items;
  std::string members;
  append_member(members, "groupId", [&] { members += "\"1795607640592646273\""; });
  append_member(members, "createTime", [&] { members += "\"yesterday\""; });
  append_member(members, "extra", [&] { members += "[1]"; });
  ItemView item = folder("1757156480072657793", "9223372036854775807", "a");
  item.members = members;
  item.status = 1;
  items.add(item);
  std::string out;
  append_metadata(out, items, 0);
  BOOST_TEST(out == R"({"sharefolder":{"id":"1757156480072657793","name":"a","ownerId":9223372036854775807,"status":1,)"
                    R"("containerId":"c1757156480072657793","shareFolderFileId":"f1757156480072657793",)"
                    R"("groupId":1795607640592646273,"creator":"9223372036854775807","createTime":"yesterday",)"
                    R"("maxMember":200,"tenantId":"1","extra":[1]},"code":0,"msg":"success"})");
}

BOOST_AUTO_TEST_CASE(an_identifier_that_is_no_64_bit_integer_is_never_a_number) {
  for (const char* user : {"user-1", "007", "+7", "1.0", "1e3", "9223372036854775808", "-0"}) {
    Items items;
    items.add(folder("1", user, "a"));
    std::string out;
    append_metadata(out, items, 0);
    BOOST_TEST(out.find(fmt::format("\"ownerId\":\"{}\"", user)) != std::string::npos, out);
  }
  Items items;
  items.add(folder("1", "-5", "a"));
  std::string out;
  append_metadata(out, items, 0);
  BOOST_TEST(out.find("\"ownerId\":-5,") != std::string::npos, out);
}

BOOST_AUTO_TEST_CASE(every_item_is_on_one_page_whatever_their_number) {
  for (const std::size_t count : {0U, 1U, 999U, 1000U, 1001U, 1999U, 2000U, 2001U}) {
    const Items items = folders(count);
    Ids seen;
    std::size_t offset = 0;
    for (;; offset += 1000) {
      const Ids ids = ids_on(page(items, "42", folders_at(offset, 1000)));
      BOOST_TEST(ids.size() == std::min<std::size_t>(1000, count - offset), count);
      seen.insert(seen.end(), ids.begin(), ids.end());
      if (ids.size() < 1000) break;
    }
    BOOST_TEST((seen == numbered(1, count)), count);
    BOOST_TEST(offset == count / 1000 * 1000, "a last page that is full is followed by an empty one");
  }
}

BOOST_AUTO_TEST_CASE(beyond_the_end_there_is_nothing) {
  const Items items = folders(3);
  BOOST_TEST(ids_on(page(items, "42", folders_at(2, 10))) == Ids{"3"}, boost::test_tools::per_element());
  for (const std::size_t offset : {3UL, 4UL, 1000000UL, 9223372036854775807UL}) {
    BOOST_TEST(page(items, "42", folders_at(offset, 1000)) == R"({"folders":[],"code":0,"msg":"success"})", offset);
  }
  BOOST_TEST(page(items, "43", folders_at(0, 1000)) == R"({"folders":[],"code":0,"msg":"success"})");
}

BOOST_AUTO_TEST_CASE(a_folder_that_two_users_share_is_listed_as_created_by_one_and_joined_by_the_other) {
  Items items;
  const std::vector<std::string_view> other = {"43"};
  items.add(folder("1", "42", "a"), other);
  items.add(folder("2", "42", "b"));
  items.add(folder("3", "43", "c"));
  BOOST_TEST(ids(items, "42", all_folders) == (Ids{"1", "2"}), boost::test_tools::per_element());
  BOOST_TEST(ids(items, "43", all_folders) == (Ids{"3", "1"}), boost::test_tools::per_element());
  BOOST_TEST(ids(items, "43", all_folders + "&queryType=1") == Ids{"3"}, boost::test_tools::per_element());
  BOOST_TEST(ids(items, "43", all_folders + "&queryType=2") == Ids{"1"}, boost::test_tools::per_element());
  BOOST_TEST(ids_on(page(items, "43", folders_at(1, 1))) == Ids{"1"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_key_word_narrows_the_list_and_its_pages) {
  const Items items = folders(21);
  BOOST_TEST(ids(items, "42", all_folders + "&keyWord=n1") ==
                 (Ids{"1", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19"}),
             boost::test_tools::per_element());
  BOOST_TEST(ids(items, "42", "/koodrive/ose/v1/sharefolder/list?offset=9&limit=5&keyWord=n1") == (Ids{"18", "19"}),
             boost::test_tools::per_element());
  BOOST_TEST(ids(items, "42", all_folders + "&keyWord=N1").empty());
  BOOST_TEST(ids(items, "42", all_folders + "&keyWord=").size() == 21);
}

BOOST_AUTO_TEST_CASE(only_manual_albums_show_name_and_cover) {
  Items items;
  std::string members;
  append_member(members, "scopeDir", [&] { members += "[\"7\"]"; });
  append_member(members, "scopeKind", [&] { members += "1"; });
  ItemView collection = album("1", "42", 1, 1);
  collection.members = members;
  items.add(collection);
  items.add(album("2", "42", 1, 2));
  BOOST_TEST(page(items, "42", reading_of("/koodrive/ose/v1/album/list?albumKind=1&albumType=1")) ==
             R"({"albumList":[{"id":"1","albumType":1,"albumKind":1,"scopeDir":["7"]}],"total":1})");
  BOOST_TEST(page(items, "42", reading_of(manual_albums)) ==
             R"({"albumList":[{"id":"2","name":"an album","coverImg":"","albumType":2,"albumKind":1,"scopeDir":[]}],)"
             R"("total":1})");
}

BOOST_AUTO_TEST_CASE(albums_come_in_numbered_pages_with_their_total) {
  Items items;
  for (int i = 1; i <= 200; ++i) items.add(album(std::to_string(i), "42", 1, 2));
  BOOST_TEST((ids(items, "42", manual_albums) == numbered(1, 10)));
  BOOST_TEST((ids(items, "42", manual_albums + "&pageNum=20") == numbered(191, 200)));
  BOOST_TEST((ids(items, "42", manual_albums + "&pageSize=100&pageNum=2") == numbered(101, 200)));
  BOOST_TEST(ids(items, "42", manual_albums + "&pageSize=100&pageNum=3").empty());
  BOOST_TEST(total_of(page(items, "42", reading_of(manual_albums + "&pageSize=100&pageNum=3"))) == 200);
  BOOST_TEST(total_of(page(items, "43", reading_of(manual_albums))) == 0);
}

BOOST_AUTO_TEST_CASE(albums_of_a_group_can_be_asked_for) {
  Items items;
  std::string members;
  append_member(members, "groupId", [&] { members += "7"; });
  ItemView grouped = album("1", "42", 2, 2);
  grouped.members = members;
  items.add(grouped);
  items.add(album("2", "42", 2, 2));
  const std::string shared = "/koodrive/ose/v1/album/list?albumKind=2&albumType=2";
  BOOST_TEST(ids(items, "42", shared) == (Ids{"1", "2"}), boost::test_tools::per_element());
  BOOST_TEST(ids(items, "42", shared + "&groupId=7") == Ids{"1"}, boost::test_tools::per_element());
  BOOST_TEST(ids(items, "42", shared + "&groupId=9007199254740993") == Ids{"2"}, boost::test_tools::per_element());
  BOOST_TEST(total_of(page(items, "42", reading_of(shared + "&groupId=8"))) == 0);
  BOOST_TEST(ids(items, "42", shared + "&groupId=") == (Ids{"1", "2"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(oddities_show_on_the_page_and_nowhere_else) {
  const Items items = folders(5);
  const auto odd = [&](std::size_t offset, std::size_t limit, const PageOddity& oddity) {
    return ids_on(page(items, "42", folders_at(offset, limit), oddity));
  };
  BOOST_TEST(odd(0, 4, {.cut = true}) == (Ids{"1", "2"}), boost::test_tools::per_element());
  BOOST_TEST(odd(4, 4, {.cut = true}).empty());
  BOOST_TEST(odd(0, 4, {.empty = true}).empty());
  BOOST_TEST(odd(4, 4, {.back = 2}) == (Ids{"3", "4", "5"}), boost::test_tools::per_element());
  BOOST_TEST(odd(4, 4, {.endless = true}) == (Ids{"5", "1", "2", "3"}), boost::test_tools::per_element());
  BOOST_TEST(odd(1000, 7, {.endless = true}) == (Ids{"1", "2", "3", "4", "5", "1", "2"}),
             boost::test_tools::per_element());
  BOOST_TEST(ids_on(page(Items(), "42", folders_at(0, 4), {.endless = true})).empty());
  BOOST_TEST(page(items, "42", folders_at(0, 1), {.numbers = true})
                 .starts_with(R"({"folders":[{"id":1,"name":"n1","ownerId":42,)"));
  Items albums;
  albums.add(album("1795607640592646273", "42", 1, 2));
  const Reading reading = reading_of(manual_albums);
  BOOST_TEST(total_of(page(albums, "42", reading, {.total_by = 2})) == 3);
  BOOST_TEST(total_of(page(albums, "42", reading, {.total_by = -2})) == 0);
  BOOST_TEST(page(albums, "42", reading, {.numbers = true}).starts_with(R"({"albumList":[{"id":1795607640592646273,)"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
