#include "koobatch/koodrive/operation_catalogue.hpp"

#include "job_support.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/sim/operations.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::koodrive;

namespace {

constexpr FieldRow note_fields[] = {
    {.name = "noteId", .place = FieldPlace::path, .required = true, .rule = {.kind = FieldKind::identifier}},
    {.name = "note", .required = true},
};

OperationRow note_row() {
  return {.name = "update_note",
          .method = "POST",
          .target = "/notes/{noteId}",
          .fields = note_fields,
          .key_field = 0,
          .key_prefix = "note:",
          .idempotent = true};
}

/// The service's operations, and one appended behind those of the simulator.
OperationCatalogue with_an_operation_at_the_end() {
  const auto known = sim::operations().rows();
  std::vector<OperationRow> rows(known.begin(), known.end());
  rows.push_back(note_row());
  return OperationCatalogue(std::move(rows));
}

std::string violations_of(std::string_view name, std::string_view job, const OperationCatalogue& catalogue) {
  const job_support::TemporaryFolder folder;
  job::ReaderSettings settings;
  settings.format = job::format_of(name).value();
  settings.require_user = false;
  settings.catalogue = &catalogue;
  const auto reader = job::open_job(folder.write(std::string(name), job), settings);
  if (!reader) return reader.error().message;
  const auto item = (*reader)->skip();
  return item.value() == job::Reader::Item::operation ? "" : job_support::joined((*reader)->violations());
}

}  // namespace

BOOST_AUTO_TEST_SUITE(operation_catalogue)

BOOST_AUTO_TEST_CASE(every_operation_is_found_by_its_name_and_no_other_is) {
  for (const auto& row : service_catalogue().rows()) BOOST_TEST(service_catalogue().find(row.name) == &row);
  BOOST_TEST(service_catalogue().find("rename") == nullptr);
  BOOST_TEST(service_catalogue().find("") == nullptr);
  BOOST_TEST(service_catalogue().find("UPDATE_ALBUM") == nullptr);
}

BOOST_AUTO_TEST_CASE(the_simulator_knows_all_that_the_service_does_and_an_event) {
  for (const auto& row : service_catalogue().rows()) BOOST_TEST(sim::operations().find(row.name) != nullptr, row.name);
  BOOST_TEST(service_catalogue().find("post_event") == nullptr);
  BOOST_TEST(!sim::operations().find("post_event")->idempotent);
}

BOOST_AUTO_TEST_CASE(an_operation_appended_at_the_end_is_read_from_both_formats) {
  const auto catalogue = with_an_operation_at_the_end();
  BOOST_TEST(violations_of("a.ndjson", R"({"op":"update_note","noteId":"7","note":"hello"})", catalogue) == "");
  BOOST_TEST(violations_of("a.csv", "op,noteId,note\nupdate_note,7,hello\n", catalogue) == "");
}

BOOST_AUTO_TEST_CASE(hints_name_an_operation_appended_at_the_end_and_its_fields) {
  const auto catalogue = with_an_operation_at_the_end();
  const auto operation = violations_of("a.ndjson", R"({"op":"update_nothing"})", catalogue);
  BOOST_TEST(operation.find("update_note") != std::string::npos, operation);
  const auto column = violations_of("a.csv", "op,noteNo\nupdate_note,7\n", catalogue);
  BOOST_TEST(column.find("noteId") != std::string::npos, column);
}

BOOST_AUTO_TEST_CASE(a_row_is_sound_only_if_key_and_path_can_be_relied_on) {
  BOOST_TEST(is_sound(note_row()));
  auto no_placeholder = note_row();
  no_placeholder.target = "/notes";
  BOOST_TEST(!is_sound(no_placeholder));
  auto other_placeholder = note_row();
  other_placeholder.target = "/notes/{id}";
  BOOST_TEST(!is_sound(other_placeholder));
  auto no_key = note_row();
  no_key.key_field = 2;
  BOOST_TEST(!is_sound(no_key));
}

BOOST_AUTO_TEST_CASE(each_operation_of_the_service_keeps_its_documented_limits) {
  struct Case {
    std::string members, broken;
  };
  const auto times = [](std::string_view text, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += text;
    return out;
  };
  const std::string file = R"("op":"rename_file","fileId":"1","containerId":"c","name":)";
  const std::string share = R"("op":"update_share","shareId":"1","validDays":)";
  const std::string space = R"("op":"update_space","ownerId":"1",)";
  const std::string user = R"("op":"update_user","userId":"1",)";
  const std::string group = R"("op":"update_user_group","groupId":"1","sourceType":1,"groupName":)";
  const std::string edit = R"("op":"edit_permission_template","id":1,"name":)";
  const std::string not_allowed = "which is not allowed (< > | : \" * ? / \\)";
  const std::vector<Case> cases = {
      {file + '"' + times("a", 250) + '"', ""},
      {file + '"' + times("a", 251) + '"', "name: is 251 characters long, at most 250 are allowed"},
      {file + R"("Anna's ä \t😀")", ""},
      {file + R"("a\\b")", "name: contains '\\', " + not_allowed},
      {file + R"("a\"b")", "name: contains '\"', " + not_allowed},
      {file + R"("..")", "name: is \"..\", which is not allowed (. or ..)"},
      {file + R"("")", "name: is empty"},
      {file + R"("n","renameMode":4)", "renameMode: is 4; allowed are 2 (append the time) and 3 (refuse)"},
      {file + R"("n","shareFolderId":"a b")",
       "shareFolderId: contains U+0020 (SPACE), which is not allowed (visible ASCII characters only)"},
      {R"("op":"rename_file","fileId":"1","name":"n","containerId":")" + times("c", 65) + '"',
       "containerId: is 65 characters long, at most 64 are allowed"},
      {R"("op":"rename_file","fileId":"1","name":"n")", "containerId: is missing"},
      {space + R"("capacity":0)", ""},
      {space + R"("capacity":-1)", "capacity: is -1, at least 0 is needed"},
      {space + R"("status":2)", "status: is 2; allowed are 0 and 1"},
      {space + R"("type":1)", "changes nothing; give at least one of status, capacity"},
      {user + R"("status":7)", ""},
      {user + R"("status":2)", "status: is 2; allowed are 0 (enabled), 1 (disabled) and 7 (frozen)"},
      {user + R"("deptId":1757156480072657793,"role":5)", ""},
      {user + R"("role":3)",
       "role: is 3; allowed are 0 (department administrator), 1 (user), 2 (system administrator) and 5 (manageable)"},
      {R"("op":"update_user_info","userId":"1")", "changes nothing; give at least one of firstname, surname, email"},
      {R"("op":"update_department","department_id":"1","name":"n")", "parentId: is missing"},
      {group + R"("n","top":1)", ""},
      {group + R"("n😀")", "groupName: contains the emoji U+1F600 (GRINNING FACE); emoji are not allowed"},
      {group + R"("n","top":2)", "top: is 2; allowed are 0 and 1"},
      {share + "0", ""},
      {share + R"(365,"extractCode":"aB345678")", ""},
      {share + "366", "validDays: is 366, at most 365 is allowed"},
      {share + "-1", "validDays: is -1, at least 0 is needed"},
      {share + R"(1,"extractCode":"1234567")", "extractCode: is 7 characters long, at least 8 are needed"},
      {share + R"(1,"extractCode":"123456789")", "extractCode: is 9 characters long, at most 8 are allowed"},
      {share + R"(1,"extractCode":"1234-678")",
       "extractCode: contains '-'; only 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz are allowed"},
      {edit + '"' + times("权", 8) + R"(","capabilities":{"a":true})", ""},
      {edit + '"' + times("a", 24) + '"', ""},
      {edit + '"' + times("权", 9) + '"', "name: is 27 bytes long, at most 24 are allowed"},
      {edit + R"("n","description":")" + times("d", 51) + '"',
       "description: is 51 characters long, at most 50 are allowed"},
      {R"("op":"edit_permission_template_status","id":1,"status":2)", "status: is 2; allowed are 0 and 1"},
  };
  for (const auto& [members, broken] : cases) {
    BOOST_TEST(violations_of("a.ndjson", "{" + members + "}", service_catalogue()) == broken, members);
  }
}

BOOST_AUTO_TEST_CASE(booleans_and_objects_are_read_from_csv) {
  const auto row = [](std::string_view cell) {
    return violations_of("a.csv", fmt::format("op,id,name,capabilities\nedit_permission_template,7,n,{}\n", cell),
                         service_catalogue());
  };
  BOOST_TEST(row(R"("{""edit"":true,""view"":false}")") == "");
  BOOST_TEST(row("edit") ==
             "capabilities: expected an object of strings, integers and booleans, such as {\"edit\":true}, found "
             "\"edit\"");
}

BOOST_AUTO_TEST_SUITE_END()
