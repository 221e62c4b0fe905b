#include "koobatch/koodrive/operation_catalogue.hpp"

#include "job_support.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/sim/operations.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::koodrive;

namespace {

constexpr FieldRow note_fields[] = {
    {"noteId", FieldType::text, FieldPlace::path, true, FieldRule::path_segment},
    {"note", FieldType::text, FieldPlace::body, true, FieldRule::none},
};

OperationRow note_row() {
  return {.name = "update_note",
          .method = "POST",
          .target = "/notes/{noteId}",
          .fields = note_fields,
          .key_field = 0,
          .key_prefix = "note:",
          .idempotent = true,
          .needs_optional = false,
          .answers_id = false};
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

BOOST_AUTO_TEST_SUITE_END()
