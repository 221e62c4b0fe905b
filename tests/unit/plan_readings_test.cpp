#include "koobatch/plan/readings.hpp"

#include "contains.hpp"
#include "koobatch/state/csv_writer.hpp"
#include "plan_support.hpp"

#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace plan_support;
using namespace std::string_literals;
using koobatch::test::contains;

namespace {

const std::string long_id = "1757156480072657793";

koobatch::state::Item folder(const std::string& id, const std::string& name) {
  return state_support::item("shared_folder", id, {{"name", name}, {"ownerId", "42"s}}, "7");
}
std::string line_of(const koobatch::state::Item& item) {
  return state_support::line_of(item) + "\n";
}

/// An exported CSV of one folder, with a wish.
std::string csv_of(const koobatch::state::Item& item, const std::string& wish) {
  const koobatch::state::CsvWriter writer({item.kind});
  std::string text;
  writer.append_header(text);
  std::string row;
  writer.append_row(row, item);
  // The wishes come last before the check, and the first of them is the name.
  const auto check = row.rfind(',');
  row.insert(check, wish);
  return text + row;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plan_readings)

BOOST_AUTO_TEST_CASE(faults_are_counted_and_the_first_ones_listed) {
  std::string desired = folder_line("1", "x");
  for (int i = 0; i < 5; ++i) desired += "{\"type\":\"shared_folder\",\"id\":\"0\",\"name\":null}\n";
  const auto made = make(desired, folder_line("1", "a"), {}, false, 3);
  BOOST_TEST(made.error == "");
  BOOST_TEST(made.faults.records == 6U);
  BOOST_TEST(made.faults.invalid == 5U);
  BOOST_TEST(made.faults.count >= 5U);
  BOOST_REQUIRE(made.faults.first.size() == 3U);
  BOOST_TEST(made.faults.first[0].starts_with("2: "), made.faults.first[0]);
}

BOOST_AUTO_TEST_CASE(what_is_wrong_is_said_before_the_present_state_is_read) {
  const auto made = make("nonsense\n", "nonsense\n");
  BOOST_TEST(made.error == "");
  BOOST_TEST(made.faults.invalid == 1U);
}

BOOST_AUTO_TEST_CASE(a_damaged_state_is_an_error_that_names_its_line) {
  const auto made = make(folder_line("1", "x"), folder_line("1", "a") + "nonsense\n");
  BOOST_TEST(made.error.starts_with("state:2: "), made.error);
  BOOST_TEST(contains(made.error, "export it again"), made.error);
  const auto cut = make(folder_line("1", "x"), R"({"state":1,"items":3,"users":1,"from":"2026-11-29T17:00:00.000Z",)"
                                               R"("to":"2026-11-29T17:00:00.000Z","complete":true})"
                                               "\n");
  BOOST_TEST(contains(cut.error, "state: the state holds 0 items, but its last line says 3"), cut.error);
}

BOOST_AUTO_TEST_CASE(the_exported_csv_with_a_wish_is_planned) {
  const auto item = folder(long_id, "a");
  const auto made = make(csv_of(item, "x"), line_of(item), {}, true);
  BOOST_TEST(made.error == "");
  BOOST_TEST(lines_of_plan(*made.maker) == std::vector<std::string>{"1 " + long_id + " name \"a\">\"x\""},
             boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_row_that_a_spreadsheet_has_mangled_is_named_with_the_id_that_it_had) {
  const auto item = folder(long_id, "a");
  auto csv = csv_of(item, "x");
  boost::replace_all(csv, long_id, "1757156480072650000");
  const auto made = make(csv, line_of(folder("2", "b")) + line_of(item), {}, true);
  BOOST_REQUIRE(made.faults.first.size() == 1U);
  BOOST_TEST(contains(made.faults.first[0], "its id was probably \"" + long_id + "\""), made.faults.first[0]);
  const auto unknown = make(csv, line_of(folder("2", "b")), {}, true);
  BOOST_REQUIRE(unknown.faults.first.size() == 1U);
  BOOST_TEST(!contains(unknown.faults.first[0], "probably"), unknown.faults.first[0]);
}

BOOST_AUTO_TEST_CASE(what_changed_since_the_export_is_left_alone) {
  const auto made = make(csv_of(folder(long_id, "a"), "x"), line_of(folder(long_id, "changed")), {}, true);
  BOOST_TEST(made.error == "");
  const auto overview = overview_of(*made.maker);
  BOOST_TEST(overview.lines == 0U);
  BOOST_TEST(overview.conflicts() == 1U);
  BOOST_REQUIRE(overview.causes.size() == 1U);
  BOOST_TEST((overview.causes[0].reason == koobatch::plan::Finding::Reason::changed_since));
}

BOOST_AUTO_TEST_SUITE_END()
