#include "koobatch/koodrive/operation.hpp"

#include "koobatch/koodrive/route.hpp"

#include <boost/test/unit_test.hpp>

#include <set>

using namespace koobatch::koodrive;

namespace {

Fields rename_folder(std::string_view id, std::string_view name) {
  Fields fields;
  fields.row = service_catalogue().find("rename_shared_folder");
  fields.values[0] = {.present = true, .text = id};
  fields.values[1] = {.present = true, .text = name};
  return fields;
}

Fields album(std::string_view id) {
  Fields fields;
  fields.row = service_catalogue().find("update_album");
  fields.values[0] = {.present = true, .text = id};
  return fields;
}

Operation build(const Fields& fields) {
  Operation operation;
  OperationBuilder::build(fields, 17, "", "", operation);
  return operation;
}

std::string target_of(std::string_view album_id) {
  return std::string(build(album(album_id)).target());
}

std::string path_value(std::string_view target) {
  const auto match = match_route(service_catalogue(), "POST", target);
  return match ? match->path_value : "(no match)";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(operation)

BOOST_AUTO_TEST_CASE(a_rename_is_rendered_as_the_service_documents_it) {
  const auto operation = build(rename_folder("1757156480072657793", "newName123456"));
  BOOST_TEST(operation.row().method == "POST");
  BOOST_TEST(operation.target() == "/koodrive/ose/v1/sharefolder/rename");
  BOOST_TEST(operation.body() == R"({"id":"1757156480072657793","fileName":"newName123456"})");
  BOOST_TEST(operation.id() == "1757156480072657793");
  BOOST_TEST(operation.line() == 17U);
}

BOOST_AUTO_TEST_CASE(an_album_update_has_its_id_in_the_path_and_only_the_given_fields_in_the_body_in_table_order) {
  auto fields = album("1795607640592646273");
  fields.list_items = {"not of this field", "d1", "d\"2"};
  fields.values[3] = {.present = true, .list_from = 1, .list_size = 2};
  fields.values[4] = {.present = true, .integer = 2};
  fields.values[1] = {.present = true, .text = "albumName22"};
  const auto operation = build(fields);
  BOOST_TEST(operation.target() == "/koodrive/ose/v1/1795607640592646273/update");
  BOOST_TEST(operation.body() == R"({"name":"albumName22","scopeDirList":["d1","d\"2"],"scopeKind":2})");
  BOOST_TEST(operation.id() == "1795607640592646273");
}

BOOST_AUTO_TEST_CASE(an_empty_list_is_sent_as_one) {
  auto fields = album("1");
  fields.values[3] = {.present = true};
  BOOST_TEST(build(fields).body() == R"({"scopeDirList":[]})");
}

BOOST_AUTO_TEST_CASE(the_path_field_is_percent_encoded_exactly_once) {
  BOOST_TEST(target_of("AZaz09-._~") == "/koodrive/ose/v1/AZaz09-._~/update");
  BOOST_TEST(target_of("a/b") == "/koodrive/ose/v1/a%2Fb/update");
  BOOST_TEST(target_of("100%25") == "/koodrive/ose/v1/100%2525/update");
  BOOST_TEST(target_of("a b+c?d#e") == "/koodrive/ose/v1/a%20b%2Bc%3Fd%23e/update");
  BOOST_TEST(target_of("相册") == "/koodrive/ose/v1/%E7%9B%B8%E5%86%8C/update");
}

BOOST_AUTO_TEST_CASE(a_route_gives_back_the_id_that_was_encoded) {
  using namespace std::string_view_literals;
  for (const auto id : {"1795607640592646273"sv, "a/b"sv, "100%25"sv, "a b+c?d#e"sv, "相册"sv, "nul\0l"sv}) {
    BOOST_TEST(path_value(target_of(id)) == id);
  }
}

BOOST_AUTO_TEST_CASE(a_text_is_escaped_in_the_body) {
  BOOST_TEST(build(rename_folder("1", "a\\b\x01©")).body() == "{\"id\":\"1\",\"fileName\":\"a\\\\b\\u0001©\"}");
}

BOOST_AUTO_TEST_CASE(the_key_is_the_same_for_one_resource_and_differs_between_kinds_and_ids) {
  std::set<std::uint64_t> keys;
  for (const auto id : {"1", "2", "folder:1"}) {
    keys.insert(build(rename_folder(id, "a")).key_hash());
    keys.insert(build(album(id)).key_hash());
  }
  BOOST_TEST(keys.size() == 6U);
  BOOST_TEST(build(rename_folder("1", "a")).key_hash() == build(rename_folder("1", "b")).key_hash());
}

BOOST_AUTO_TEST_CASE(its_own_user_and_language_take_precedence_over_the_defaults) {
  auto fields = rename_folder("1", "a");
  Operation operation;
  OperationBuilder::build(fields, 1, "everyone", "en-US", operation);
  BOOST_TEST(operation.user() == "everyone");
  BOOST_TEST(operation.language() == "en-US");
  fields.user_id = "anna";
  fields.language = "de-DE";
  OperationBuilder::build(fields, 1, "everyone", "en-US", operation);
  BOOST_TEST(operation.user() == "anna");
  BOOST_TEST(operation.language() == "de-DE");
}

BOOST_AUTO_TEST_CASE(an_empty_ref_is_a_ref_and_an_absent_one_is_none) {
  auto fields = rename_folder("1", "a");
  BOOST_TEST(!build(fields).ref().has_value());
  fields.ref = "";
  BOOST_TEST(build(fields).ref().value() == "");
  fields.ref = "TICKET-1";
  BOOST_TEST(build(fields).ref().value() == "TICKET-1");
}

BOOST_AUTO_TEST_CASE(an_operation_that_is_reused_keeps_its_memory_and_nothing_of_the_last_one) {
  Operation operation;
  auto first = rename_folder("1757156480072657793", "a name that takes some room");
  first.user_id = "anna";
  first.ref = "TICKET-1";
  OperationBuilder::build(first, 1, "", "", operation);
  const auto footprint = operation.footprint();
  OperationBuilder::build(rename_folder("2", "b"), 2, "", "", operation);
  BOOST_TEST(operation.footprint() == footprint);
  BOOST_TEST(operation.body() == R"({"id":"2","fileName":"b"})");
  BOOST_TEST(operation.user() == "");
  BOOST_TEST(!operation.ref().has_value());
}

BOOST_AUTO_TEST_CASE(an_operation_that_was_moved_still_reads_right) {
  auto from = build(rename_folder("1", "a"));  // short enough for the string's own buffer to move with it
  const Operation to = std::move(from);
  BOOST_TEST(to.id() == "1");
  BOOST_TEST(to.body() == R"({"id":"1","fileName":"a"})");
}

BOOST_AUTO_TEST_CASE(clearing_fields_leaves_nothing_of_the_previous_record) {
  auto fields = rename_folder("1", "a");
  fields.values[1].malformed = true;
  fields.list_items = {"x"};
  fields.user_id = fields.language = fields.ref = "x";
  fields.clear();
  BOOST_TEST(fields.row == nullptr);
  BOOST_TEST((!fields.values[0].present && !fields.values[1].present && !fields.values[1].malformed));
  BOOST_TEST(fields.list_items.empty());
  BOOST_TEST((!fields.user_id && !fields.language && !fields.ref));
}

BOOST_AUTO_TEST_SUITE_END()
