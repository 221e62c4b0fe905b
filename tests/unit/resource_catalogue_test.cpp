#include "koobatch/koodrive/resource_catalogue.hpp"

#include <boost/test/unit_test.hpp>

#include <string_view>
#include <vector>

using namespace koobatch::koodrive;

namespace {

bool is_sound_with(std::vector<ResourceField> fields) {
  const ResourceKind kind{.name = "thing", .fields = fields};
  return is_sound(kind, service_catalogue());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(resource_catalogue)

BOOST_AUTO_TEST_CASE(every_kind_of_the_service_is_sound) {
  for (const auto& kind : service_resources().kinds()) {
    BOOST_TEST(is_sound(kind, service_catalogue()), kind.name);
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

BOOST_AUTO_TEST_SUITE_END()
