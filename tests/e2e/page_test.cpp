// A report for people: the page in a real browser, and the rows for a spreadsheet.
#include "browser.hpp"
#include "koobatch/report/record.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::test;

namespace {

/// The record of a run that needs no service.
report::RunRecord run_of(std::uint64_t operations) {
  report::RunRecord run;
  run.run_id = "r-1";
  run.version = "1";
  run.started = *parse_timestamp("2026-11-21T17:00:00.000Z");
  run.trace_prefix = 1;
  run.job = {"/jobs/x.ndjson", "ndjson", 1, operations, 1};
  run.endpoint = "https://service.example";
  run.settings = "{}";
  return run;
}

report::ResultRecord result_of(const report::RunRecord& run, std::uint32_t line) {
  report::ResultRecord result;
  result.line = line;
  result.op = "rename_shared_folder";
  result.id = "12";
  result.status = Status::succeeded;
  result.http = 200;
  result.code = 0;
  result.attempts = 1;
  result.trace_id = TraceId{1, line, 1};
  result.at = run.started + std::chrono::milliseconds(line);
  result.latency = std::chrono::microseconds(100 + line % 1000);
  return result;
}

/// Makes the page of a report and opens it.
Shown page_of(const Workspace& workspace, const std::string& report, const std::vector<std::string>& flags = {}) {
  const auto page = workspace.path("page.html");
  const auto finished = run_koobatch({"report", report, "--html", page, "-q"});
  BOOST_REQUIRE_MESSAGE(finished.status == 0, finished.err);
  return show_page(page, flags);
}

void check_shown(const Shown& shown, std::string_view charts) {
  const std::string marker = "data-charts=\"" + std::string(charts) + "\"";
  BOOST_TEST(shown.dom.find(marker) != std::string::npos, marker << " is missing in " << shown.dom.substr(0, 200));
  const std::vector<std::string> none;
  BOOST_TEST(shown.console == none, boost::test_tools::per_element());
  BOOST_TEST(shown.requests == none, boost::test_tools::per_element());
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(page)

BOOST_AUTO_TEST_CASE(a_run_with_trouble_draws_every_chart) {
  const Workspace workspace;
  const auto report = workspace.path("r");
  const auto run =
      run_koobatch({"run", project_file("jobs/demo.ndjson"), "--simulate", "--fault", "status=400,rate=0.05", "--fault",
                    "status=503,rate=0.05", "--fault", "reset,rate=0.02", "--report", report, "-q"});
  BOOST_REQUIRE_MESSAGE(run.status == 1, run.err);
  const auto shown = page_of(workspace, report);
  check_shown(shown, "4 of 4");
  BOOST_TEST(shown.dom.find("did not succeed") != std::string::npos);
  check_shown(show_page(workspace.path("page.html"), {"--blink-settings=preferredColorScheme=0"}), "4 of 4");
  check_shown(show_page(workspace.path("page.html"), {"--window-size=320,640"}), "4 of 4");
}

BOOST_AUTO_TEST_CASE(runs_with_few_results_show_those) {
  const auto run = run_of(2);
  std::string text;
  append_line(text, run);
  const Workspace workspace, one_result;
  check_shown(page_of(workspace, workspace.write("none", text)), "0 of 0");
  append_line(text, result_of(run, 1));
  check_shown(page_of(one_result, one_result.write("one", text)), "3 of 3");
}

BOOST_AUTO_TEST_CASE(hostile_names_are_only_text) {
  const std::string evil = "</script><img src=\"http://evil.example/\" onerror=\"document.title='evil'\">";
  auto run = run_of(1);
  run.job.path = "/jobs/" + evil;
  run.endpoint = evil;
  auto result = result_of(run, 1);
  result.status = Status::rejected;
  result.http = 400;
  result.id = result.msg = evil;
  std::string text;
  append_line(text, run);
  append_line(text, result);
  const Workspace workspace;
  const auto shown = page_of(workspace, workspace.write("r", text));
  check_shown(shown, "3 of 3");
  BOOST_TEST(shown.dom.find("<img") == std::string::npos);
  BOOST_TEST(shown.dom.find("<title>evil") == std::string::npos);
  BOOST_TEST(shown.dom.find("&lt;img") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(injected_markup_neither_runs_nor_loads) {
  const Workspace workspace;
  std::string text;
  append_line(text, run_of(1));
  BOOST_REQUIRE(page_of(workspace, workspace.write("r", text)).console.empty());
  const auto tampered = workspace.write("tampered.html", workspace.read("page.html") +
                                                             "<script>document.title = 'ran'</script>"
                                                             "<img src='http://127.0.0.1:9/x.png'>");
  const auto shown = show_page(tampered);
  BOOST_TEST(shown.dom.find("<title>ran") == std::string::npos);
  BOOST_TEST(shown.requests.empty());
  BOOST_TEST(shown.console.size() >= 2U);
  // Without the page's policy, the image is requested: these tests would see it.
  const auto open = show_page(workspace.write("open.html", "<img src='http://127.0.0.1:9/x.png'>"));
  BOOST_TEST(!open.requests.empty());
}

BOOST_AUTO_TEST_CASE(a_long_run_makes_a_small_page) {
  constexpr std::uint32_t operations = 300'000;
  const auto run = run_of(operations);
  const Workspace workspace;
  const auto report = workspace.path("r");
  {
    std::ofstream file(report, std::ios::binary);
    std::string text;
    append_line(text, run);
    for (std::uint32_t line = 1; line <= operations; ++line) {
      append_line(text, result_of(run, line));
      if (text.size() < 1'000'000 && line != operations) continue;
      file << text;
      text.clear();
    }
  }
  check_shown(page_of(workspace, report), "3 of 3");
  BOOST_TEST(workspace.read("page.html").size() < 500'000U);
}

BOOST_AUTO_TEST_CASE(csv_has_a_row_for_each_result) {
  const Workspace workspace;
  const auto report = workspace.path("r"), csv = workspace.path("r.csv");
  const auto run = run_koobatch({"run", project_file("jobs/demo.ndjson"), "--simulate", "--report", report, "-q"});
  BOOST_REQUIRE_MESSAGE(run.status == 0, run.err);
  const auto finished = run_koobatch({"report", report, "--csv", csv});
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(finished.err.find("1,000 results") != std::string::npos, finished.err);
  const auto rows = lines_of(read_file(csv));
  BOOST_REQUIRE(rows.size() == 1001U);
  BOOST_TEST(rows.front() == "line,status,op,id,http,code,msg,error,attempts,trace_id,at,latency_ms,ref\r");
  std::vector<std::string> numbers, expected;
  for (std::size_t i = 1; i < rows.size(); ++i) numbers.push_back(rows[i].substr(0, rows[i].find(',')));
  for (const auto& result : read_report(report).results) expected.push_back(std::to_string(result.line));
  BOOST_TEST(numbers == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(existing_files_are_never_overwritten_and_no_partial_file_is_left) {
  const Workspace workspace;
  std::string text;
  append_line(text, run_of(1));
  const auto report = workspace.write("r", text);
  for (const char* option : {"--html", "--csv"}) {
    const auto taken = workspace.write("taken", "mine");
    const auto refused = run_koobatch({"report", report, option, taken});
    BOOST_TEST(refused.status == 2);
    BOOST_TEST(refused.err.find("exists already") != std::string::npos, refused.err);
    BOOST_TEST(read_file(taken) == "mine");
    const auto broken = workspace.write("broken", text.substr(0, text.size() / 2));
    const auto made = workspace.path("made");
    BOOST_TEST(run_koobatch({"report", broken, option, made}).status == 2);
    BOOST_TEST(!std::filesystem::exists(made));
  }
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(workspace.path(""))) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  BOOST_TEST(names == (std::vector<std::string>{"broken", "r", "taken"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
