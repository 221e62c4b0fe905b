#include "koobatch/koodrive/resource_catalogue.hpp"

#include <boost/test/unit_test.hpp>

#include <string_view>
#include <vector>

using namespace koobatch::koodrive;

namespace {

bool is_sound_with(std::vector<ResourceField> fields) {
  const ResourceKind kind{.name = "thing", .fields = fields};
  return is_sound(kind, service_catalogue().rows());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(resource_catalogue)

BOOST_AUTO_TEST_CASE(every_kind_of_the_service_is_sound) {
  for (const auto& kind : service_resources().kinds()) {
    BOOST_TEST(is_sound(kind, service_catalogue().rows()), kind.name);
    BOOST_TEST(service_resources().find(kind.name) == &kind);
  }
  BOOST_TEST(service_resources().find("folder") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_field_is_read_under_one_name_and_set_under_another) {
  const auto* const folder = service_resources().find("shared_folder");
  BOOST_REQUIRE(folder != nullptr);
  const auto& name = folder->fields[folder->find("name")];
  BOOST_TEST(name.operation == service_catalogue().find("rename_shared_folder"));
  BOOST_TEST(name.target().name == "fileName");
  BOOST_TEST(folder->fields[name.scope].name == "ownerId");
  BOOST_TEST(!folder->fields[folder->find("createTime")].is_compared());
  BOOST_TEST(folder->find("fileName") == folder->fields.size());
}

BOOST_AUTO_TEST_CASE(a_value_has_the_type_of_the_field_that_sets_it) {
  const auto* const album = service_resources().find("album");
  BOOST_REQUIRE(album != nullptr);
  BOOST_TEST(album->fields[album->find("scopeDir")].type == FieldType::text_list);
  BOOST_TEST(album->fields[album->find("scopeKind")].type == FieldType::integer);
  BOOST_TEST(!album->fields[album->find("name")].is_unique());
}

BOOST_AUTO_TEST_CASE(what_a_kind_names_must_be_there) {
  BOOST_TEST(is_sound_with({{.name = "name", .at = "/name", .set_by = "rename_shared_folder.fileName"}}));
  BOOST_TEST(!is_sound_with({{.name = "name", .at = "/name", .set_by = "rename_shared_folder.name"}}));
  BOOST_TEST(!is_sound_with({{.name = "name", .at = "/name", .set_by = "rename.fileName"}}));
  BOOST_TEST(!is_sound_with({{.name = "name", .at = "/name", .set_by = "fileName"}}));
  BOOST_TEST(!is_sound_with({{.name = "id", .at = "/id", .set_by = "rename_shared_folder.id"}}), "the key");
  BOOST_TEST(!is_sound_with({{.name = "id", .at = "/id", .set_by = "update_album.albumId"}}), "in the path");
  BOOST_TEST(!is_sound_with({{.name = "name", .at = "/name", .unique_in = "/ownerId"}}));
  BOOST_TEST(!is_sound_with({{.name = "name", .at = "/name"}, {.name = "name", .at = "/other"}}));
  BOOST_TEST(!is_sound_with({{.name = "a", .at = "/a", .set_by = "update_album.name"},
                             {.name = "b", .at = "/b", .set_by = "update_album.name"}}));
}

BOOST_AUTO_TEST_CASE(what_is_read_has_a_request_for_it) {
  const auto with_list = [](const ResourceList& list) {
    const ResourceKind kind{.name = "thing", .fields = {}, .lists = {&list, 1}};
    return is_sound(kind, service_catalogue().rows());
  };
  BOOST_TEST(with_list({.target = "/a?b=1", .items = "/x"}));
  BOOST_TEST(!with_list({.target = "", .items = "/x"}));
  BOOST_TEST(!with_list({.target = "/a/{id}", .items = "/x"}));
  BOOST_TEST(!with_list({.target = "/a", .items = ""}));
  BOOST_TEST(!with_list({.target = "/a", .size = 0, .items = "/x"}));
  BOOST_TEST(!with_list({.target = "/a", .size = max_page_size + 1, .items = "/x"}));
  BOOST_TEST(!with_list({.target = "/a", .paging = Paging::cursor, .items = "/x", .next = ""}));
  const auto with_show = [](std::string_view target) {
    const ResourceKind kind{.name = "thing", .fields = {}, .show = {.target = target}};
    return is_sound(kind, service_catalogue().rows());
  };
  BOOST_TEST(with_show("/a/{id}"));
  BOOST_TEST(!with_show("/a"));
  BOOST_TEST(!with_show("/a/{id}/{id}"));
}

BOOST_AUTO_TEST_CASE(the_service_has_one_list_of_folders_and_four_of_albums) {
  const auto* const folder = service_resources().find("shared_folder");
  BOOST_TEST(folder->lists.size() == 1U);
  BOOST_TEST(folder->lists[0].size == 1000U);
  BOOST_TEST(!folder->show.target.empty());
  const auto* const album = service_resources().find("album");
  BOOST_TEST(album->lists.size() == 4U);
  BOOST_TEST(album->lists[3].target == "/koodrive/ose/v1/album/list?albumKind=2&albumType=2");
  BOOST_TEST(album->show.target.empty(), "an album cannot be asked for");
}

BOOST_AUTO_TEST_CASE(pagings_are_named) {
  for (const auto paging : {Paging::offset, Paging::number, Paging::cursor}) {
    BOOST_TEST((paging_named(to_string(paging)) == paging));
  }
  BOOST_TEST(!paging_named("scroll"));
}

BOOST_AUTO_TEST_SUITE_END()
