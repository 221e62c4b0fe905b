#include "sim_items.hpp"

#include "sim/members.hpp"

#include <algorithm>
#include <utility>

namespace koobatch::sim {
namespace {

using Ids = std::vector<std::string>;

Ids listed(const Items& items, std::string_view user, Listing listing) {
  Ids ids;
  for (const auto number : items.listed(user, listing)) ids.emplace_back(items.view(number).id);
  return ids;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_items)

BOOST_AUTO_TEST_CASE(an_item_is_found_by_its_key_and_shows_what_it_was_added_with) {
  Items items;
  std::string members;
  append_member(members, "createTime", [&] { members += "17"; });
  ItemView item = folder("1757156480072657793", "42", "Plans");
  item.members = members;
  BOOST_TEST(items.add(item));
  const auto number = find(items, "folder:1757156480072657793");
  BOOST_TEST_REQUIRE(number.has_value());
  const ItemView view = items.view(*number);
  BOOST_TEST(view.id == "1757156480072657793");
  BOOST_TEST(view.owner == "42");
  BOOST_TEST(view.name.value() == "Plans");
  BOOST_TEST(find_member(view.members, "createTime").value() == "17");
  BOOST_TEST(!find_member(view.members, "create").has_value());
  BOOST_TEST(!find(items, "album:1757156480072657793").has_value());
  BOOST_TEST(!find(items, "folder:1757156480072657794").has_value());
}

BOOST_AUTO_TEST_CASE(an_id_exists_once_per_kind) {
  Items items;
  BOOST_TEST(items.add(folder("1", "42", "a")));
  BOOST_TEST(!items.add(folder("1", "43", "b")));
  BOOST_TEST(items.add(album("1", "42", 1, 2)));
  BOOST_TEST(items.count() == 2);
  BOOST_TEST(items.view(*find(items, "folder:1")).name.value() == "a");
}

BOOST_AUTO_TEST_CASE(each_list_of_a_user_holds_what_belongs_there_in_order) {
  Items items;
  const std::vector<std::string_view> other = {"43", "44"};
  items.add(folder("3", "42", "a"));
  items.add(folder("1", "42", "a"), other);
  items.add(folder("2", "42", "a"), {}, {.own = 0});
  items.add(folder("4", "43", "a"));
  items.add(folder("5", "42", "a"), {}, {.own = 2});
  BOOST_TEST(listed(items, "42", Listing::created_folders) == (Ids{"2", "3", "5", "1"}),
             boost::test_tools::per_element());
  BOOST_TEST(listed(items, "43", Listing::created_folders) == Ids{"4"}, boost::test_tools::per_element());
  BOOST_TEST(listed(items, "43", Listing::joined_folders) == Ids{"1"}, boost::test_tools::per_element());
  BOOST_TEST(listed(items, "44", Listing::joined_folders) == Ids{"1"}, boost::test_tools::per_element());
  BOOST_TEST(listed(items, "42", Listing::joined_folders).empty());
  BOOST_TEST(listed(items, "45", Listing::created_folders).empty());
}

BOOST_AUTO_TEST_CASE(albums_are_listed_by_kind_and_type_also_for_those_who_joined) {
  Items items;
  const std::vector<std::string_view> other = {"43"};
  items.add(album("1", "42", 1, 1));
  items.add(album("2", "42", 1, 2));
  items.add(album("3", "42", 2, 1));
  items.add(album("4", "42", 2, 2), other);
  BOOST_TEST(listed(items, "42", Listing::personal_collections) == Ids{"1"}, boost::test_tools::per_element());
  BOOST_TEST(listed(items, "42", Listing::personal_manual) == Ids{"2"}, boost::test_tools::per_element());
  BOOST_TEST(listed(items, "42", Listing::shared_collections) == Ids{"3"}, boost::test_tools::per_element());
  BOOST_TEST(listed(items, "42", Listing::shared_manual) == Ids{"4"}, boost::test_tools::per_element());
  BOOST_TEST(listed(items, "43", Listing::shared_manual) == Ids{"4"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_deleted_folder_is_found_but_in_no_list) {
  Items items;
  const std::vector<std::string_view> other = {"43"};
  ItemView item = folder("1", "42", "a");
  item.status = 1;
  items.add(item, other);
  BOOST_TEST(find(items, "folder:1").has_value());
  BOOST_TEST(listed(items, "42", Listing::created_folders).empty());
  BOOST_TEST(listed(items, "43", Listing::joined_folders).empty());
}

BOOST_AUTO_TEST_CASE(operations_set_what_the_service_shows_under_other_names) {
  Items items;
  items.add(folder("1", "42", "a"));
  items.add(album("2", "42", 1, 1));
  const ReadOperation rename("rename_shared_folder", R"({"id":"1","fileName":"a longer name than before"})");
  items.apply(*find(items, "folder:1"), rename.fields, wanted_name(rename.fields));
  const ReadOperation update("update_album", R"({"scopeDirList":["x","y\"z"],"scopeKind":2,"coverImageUrl":"u"})");
  BOOST_TEST(!wanted_name(update.fields).has_value());
  items.apply(*find(items, "album:2"), update.fields, wanted_name(update.fields));
  BOOST_TEST(dumped(items) ==
             R"({"key":"folder:1","type":"shared_folder","id":"1","user_id":"42","name":"a longer name than before"})"
             "\n"
             R"({"key":"album:2","type":"album","id":"2","user_id":"42","name":"an album","albumKind":1,"albumType":1,)"
             R"("scopeDir":["x","y\"z"],"scopeKind":2,"coverImg":"u"})"
             "\n");
  const ReadOperation again("update_album", R"({"name":"new","scopeDirList":[]})");
  items.apply(*find(items, "album:2"), again.fields, wanted_name(again.fields));
  const ItemView view = items.view(*find(items, "album:2"));
  BOOST_TEST(view.name.value() == "new");
  BOOST_TEST(find_member(view.members, "scopeDir").value() == "[]");
  BOOST_TEST(find_member(view.members, "scopeKind").value() == "2");
  BOOST_TEST(find_member(view.members, "coverImg").value() == "\"u\"");
}

BOOST_AUTO_TEST_CASE(an_item_has_its_places_in_the_lists_of_owner_and_joined_users) {
  Items items;
  const std::vector<std::string_view> other = {"43"};
  items.add(folder("1", "42", "a"), other);
  items.add(folder("2", "42", "a"), other, {.joined = 0});
  items.add(folder("3", "42", "a"), other, {.own = 0, .joined = 1});
  BOOST_TEST(listed(items, "42", Listing::created_folders) == (Ids{"3", "1", "2"}), boost::test_tools::per_element());
  BOOST_TEST(listed(items, "43", Listing::joined_folders) == (Ids{"2", "3", "1"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_change_is_counted) {
  Items items;
  std::uint64_t before = items.changes();
  const auto changed = [&] { return std::exchange(before, items.changes()) != items.changes(); };
  items.add(folder("1", "42", "a"));
  BOOST_TEST(changed());
  items.rename(0, "b");
  BOOST_TEST(changed());
  const ReadOperation rename("rename_shared_folder", R"({"id":"1","fileName":"c"})");
  items.apply(0, rename.fields, "c");
  BOOST_TEST(changed());
  items.remove(0);
  BOOST_TEST(changed());
  items.remove(0);
  BOOST_TEST(!changed());
}

BOOST_AUTO_TEST_CASE(a_removed_item_is_gone_from_every_list_and_its_number_is_not_reused) {
  Items items;
  const std::vector<std::string_view> other = {"43"};
  items.add(folder("1", "42", "a"), other);
  items.add(folder("2", "42", "b"), other);
  items.remove(*find(items, "folder:1"));
  BOOST_TEST(!find(items, "folder:1").has_value());
  BOOST_TEST(listed(items, "42", Listing::created_folders) == Ids{"2"}, boost::test_tools::per_element());
  BOOST_TEST(listed(items, "43", Listing::joined_folders) == Ids{"2"}, boost::test_tools::per_element());
  BOOST_TEST(items.count() == 1);
  BOOST_TEST(items.size() == 2);
  BOOST_TEST(dumped(items) ==
             R"({"key":"folder:2","type":"shared_folder","id":"2","user_id":"42","joined":["43"],"name":"b"})"
             "\n");
}

BOOST_AUTO_TEST_CASE(a_dump_in_pieces_equals_a_dump_in_one) {
  const Items items = folders(1000);
  std::string pieces, piece;
  std::size_t count = 0;
  for (std::size_t at = 0; at < items.size(); ++count) {
    piece.clear();
    at = items.dump(at, items.size(), 256, piece);
    BOOST_TEST_REQUIRE(piece.size() < 512);
    pieces += piece;
  }
  BOOST_TEST(count > 100);
  BOOST_TEST((pieces == dumped(items)));
}

BOOST_AUTO_TEST_CASE(names_of_folders_are_counted_by_owner_through_every_change) {
  Items items;
  items.add(folder("1", "42", "a"));
  items.add(folder("2", "42", "a"));
  items.add(album("3", "42", 1, 2));
  ItemView deleted = folder("5", "42", "of a deleted one");
  deleted.status = 1;
  items.add(deleted);
  items.count_names();
  BOOST_TEST(!items.has_folder("42", "of a deleted one"));
  items.remove(*find(items, "folder:5"));
  BOOST_TEST(!items.has_folder("42", "of a deleted one"));
  BOOST_TEST(items.has_folder("42", "a"));
  BOOST_TEST(!items.has_folder("43", "a"));
  BOOST_TEST(!items.has_folder("42", "an album"));
  items.rename(*find(items, "folder:1"), "b");
  BOOST_TEST(items.has_folder("42", "a"));
  BOOST_TEST(items.has_folder("42", "b"));
  items.remove(*find(items, "folder:2"));
  BOOST_TEST(!items.has_folder("42", "a"));
  items.add(folder("4", "43", "c"));
  BOOST_TEST(items.has_folder("43", "c"));
  const ReadOperation rename("rename_shared_folder", R"({"id":"4","fileName":"d"})");
  items.apply(*find(items, "folder:4"), rename.fields, "d");
  BOOST_TEST(!items.has_folder("43", "c"));
  BOOST_TEST(items.has_folder("43", "d"));
}

BOOST_AUTO_TEST_CASE(a_member_whose_name_has_escapes_is_kept_as_it_is) {
  std::string members;
  append_member(members, R"(a\"b)", [&] { members += "1"; });
  append_member(members, "c", [&] { members += "\"\\\"\""; });
  BOOST_TEST(find_member(members, R"(a\"b)").value() == "1");
  BOOST_TEST(find_member(members, "c").value() == R"("\"")");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
