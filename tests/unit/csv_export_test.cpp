#include "koobatch/report/csv_export.hpp"

#include "koobatch/core/csv.hpp"
#include "report_samples.hpp"

using namespace koobatch;
using namespace koobatch::report;

namespace {

std::string row(const ResultRecord& result) {
  std::string out;
  append_csv_row(out, result);
  return out;
}

std::string text_cell(std::string_view text) {
  std::string out;
  append_csv_text(out, text);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(csv_export)

BOOST_AUTO_TEST_CASE(a_result_is_a_row_with_a_cell_for_each_column) {
  auto r = samples::result(17, Status::rejected);
  r.http = 400;
  r.code = 13000405;
  r.msg = "name already used";
  r.ref = "ticket 815";
  BOOST_TEST(
      row(r) ==
      "17,rejected,rename_shared_folder,1757156480072657793,400,13000405,name already used,,1,"
      "0101010101010101010000000000000000000000000001000100000001,2026-11-21T17:00:00.123Z,3.214,ticket 815\r\n");
  std::string header;
  append_csv_header(header);
  const std::string cells = row(r);
  BOOST_TEST(std::count(header.begin(), header.end(), ',') == std::count(cells.begin(), cells.end(), ','));
}

BOOST_AUTO_TEST_CASE(absent_values_are_empty_cells) {
  auto r = samples::result(3, Status::invalid);
  r.id = "";
  r.http = 0;
  r.code.reset();
  r.msg = "";
  r.error = "fileName: contains '*'";
  r.attempts = 0;
  r.trace_id.reset();
  r.latency.reset();
  BOOST_TEST(row(r) == "3,invalid,rename_shared_folder,,,,,fileName: contains '*',0,,2026-11-21T17:00:00.123Z,,\r\n");
}

BOOST_AUTO_TEST_CASE(cells_are_quoted_only_if_they_must_be) {
  BOOST_TEST(text_cell("plain text") == "plain text");
  BOOST_TEST(text_cell("a,b") == "\"a,b\"");
  BOOST_TEST(text_cell("say \"no\"") == "\"say \"\"no\"\"\"");
  BOOST_TEST(text_cell("two\nlines") == "\"two\nlines\"");
  BOOST_TEST(text_cell("").empty());
}

BOOST_AUTO_TEST_CASE(no_text_becomes_a_formula) {
  BOOST_TEST(text_cell("=1+1") == "'=1+1");
  BOOST_TEST(text_cell("+49 30") == "'+49 30");
  BOOST_TEST(text_cell("-1") == "'-1");
  BOOST_TEST(text_cell("@SUM(A1)") == "'@SUM(A1)");
  BOOST_TEST(text_cell("  =1") == "'  =1");
  BOOST_TEST(text_cell("\t=1") == "'\t=1");
  BOOST_TEST(text_cell("\r=1") == "\"'\r=1\"");
  BOOST_TEST(text_cell("＝1") == "'＝1");
  BOOST_TEST(text_cell("=HYPERLINK(\"http://x\",\"y\")") == "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\"");
  BOOST_TEST(text_cell("a=b") == "a=b");
  BOOST_TEST(text_cell("   ") == "   ");
}

BOOST_AUTO_TEST_CASE(results_are_written_in_the_order_of_the_report) {
  const samples::Folder folder;
  auto csv = CsvExport::create(folder / "x.csv");
  BOOST_REQUIRE(csv.has_value());
  std::string expected;
  append_csv_header(expected);
  // More than fits into one write.
  for (std::uint32_t line = 5000; line > 0; --line) {
    BOOST_REQUIRE(csv->on_result(samples::result(line)).has_value());
    append_csv_row(expected, samples::result(line));
  }
  BOOST_TEST(!std::filesystem::exists(folder / "x.csv"));
  BOOST_REQUIRE(csv->finish().has_value());
  BOOST_TEST(csv->rows() == 5000U);
  BOOST_TEST((samples::content(folder / "x.csv") == expected));
}

BOOST_AUTO_TEST_SUITE_END()
