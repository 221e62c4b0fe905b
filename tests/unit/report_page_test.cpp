#include "koobatch/report/page.hpp"

#include "contains.hpp"
#include "report_samples.hpp"

#include <simdjson.h>

using namespace koobatch;
using namespace koobatch::report;
using namespace std::chrono_literals;
using koobatch::test::contains;

namespace {

/// A run and its page, made as the command makes it.
class Page {
 public:
  explicit Page(const RunRecord& run = samples::run()) {
    show([&](RecordVisitor& visitor) { return visitor.on_run(run); });
  }
  Page& add(const ResultRecord& result) {
    return show([&](RecordVisitor& visitor) { return visitor.on_result(result); });
  }
  Page& end(const EndRecord& record) {
    return show([&](RecordVisitor& visitor) { return visitor.on_end(record); });
  }
  std::string html() const { return page_html(builder_.build("r.ndjson"), details_); }
  std::string data() const { return chart_data(details_); }

 private:
  template <class Show>
  Page& show(Show show) {
    BOOST_REQUIRE(show(builder_).has_value());
    BOOST_REQUIRE(show(details_).has_value());
    return *this;
  }

  SummaryBuilder builder_;
  Details details_;
};

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// The page without its built-in scripts and style.
std::string visible(std::string html) {
  for (const auto& [open, close] : {std::pair("<style>", "</style>"), std::pair("<script>", "</script>")}) {
    for (std::size_t from; (from = html.find(open)) != std::string::npos;) {
      html.erase(from, html.find(close, from) - from);
    }
  }
  return html;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_page)

BOOST_AUTO_TEST_CASE(a_page_shows_what_ran_and_its_outcome) {
  auto refused = samples::result(17, Status::rejected);
  refused.http = 400;
  refused.code = 13000405;
  refused.msg = "name already used";
  const auto html = visible(Page(samples::run(1, 2)).add(samples::result(1)).add(refused).end(samples::end()).html());
  for (const char* part :
       {"<title>1 of 2 operations did not succeed – rename.ndjson</title>", "https://service.example", "17",
        "HTTP 400, code 13000405: name already used", "the name is taken: choose another one",
        "0101010101010101010000000000000000000000000001000100000001", "2026-11-21 17:00:00 UTC",
        "<dt>connections</dt><dd>16</dd>", R"(data-chart="throughput")", R"(data-chart="latency")"}) {
    BOOST_TEST(contains(html, part), part << " is missing in " << html);
  }
}

BOOST_AUTO_TEST_CASE(missing_data_is_explained) {
  const auto html = visible(Page(samples::run(1, 3)).html());
  BOOST_TEST(contains(html, "Unfinished, or still running: 0 of 3 operations done"));
  BOOST_TEST(contains(html, "No operation has its result yet."));
  BOOST_TEST(contains(html, "No attempt had to be repeated."));
  BOOST_TEST(contains(html, "koobatch resume r.ndjson"));
  BOOST_TEST(!contains(html, "<canvas"));
  const auto empty = visible(Page(samples::run(1, 0)).end(samples::end()).html());
  BOOST_TEST(contains(empty, "The job has no operations."));
}

BOOST_AUTO_TEST_CASE(if_the_error_says_how_to_continue_the_page_gives_no_other_advice) {
  auto end = samples::end(1, "aborted");
  end.error = "continue with 'koobatch resume r.ndjson --max-errors N'";
  end.next_step = NextStep{.command = CommandName::resume, .settings = {{SettingName::max_errors, "N"}}};
  const auto html = visible(Page(samples::run(1, 3)).end(end).html());
  BOOST_TEST(contains(html, "--max-errors N"));
  BOOST_TEST(!contains(html, "Resume the run"));
}

BOOST_AUTO_TEST_CASE(foreign_text_is_never_markup) {
  const std::string evil = "</script><img src=x onerror=alert(1)>\"'<!--\x1b\u202e";
  auto run = samples::run(1, 5);
  run.job.path = run.endpoint = run.run_id = run.version = evil;
  run.parent = {evil, evil, 1};
  run.settings = R"({"<img src=x>":"</script><img onerror=x>","fault":["</dd><img src=y>"]})";
  auto refused = samples::result(1, Status::rejected);
  refused.id = refused.op = refused.msg = evil;
  auto end = samples::end(1, "aborted");
  end.error = evil;
  const auto html = visible(Page(run).add(refused).end(end).html());
  BOOST_TEST(count(html, "<img") == 0U);
  BOOST_TEST(count(html, "&lt;img") >= 9U);
  BOOST_TEST(!contains(html, "\x1b"));
  BOOST_TEST(!contains(html, "\u202e"));
  // The data, and the two scripts whose content was removed.
  BOOST_TEST(count(html, "</script>") == 3U);
}

BOOST_AUTO_TEST_CASE(a_page_is_self_contained) {
  const auto html = Page().add(samples::result(1)).html();
  const auto seen = visible(html);
  for (const char* part : {"<link", "src=", "href=", "@import", "<iframe", "style=\"", "onclick", "onload"}) {
    BOOST_TEST(!contains(seen, part), part);
  }
  BOOST_TEST(contains(html, "default-src &#39;none&#39;"));
  BOOST_TEST(!contains(html, "unsafe-"));
  BOOST_TEST(contains(html, "Chart.js Contributors"));
  BOOST_TEST(contains(html, "The above copyright notice and this permission notice shall be"));
}

BOOST_AUTO_TEST_CASE(charts_get_their_data_as_json) {
  auto slow = samples::result(2, Status::unknown);
  slow.at += 3ms;
  slow.latency = 40ms;
  const std::vector<AttemptRecord> history = {{1, 503, {}, "", samples::noon() + 1ms, 1ms},
                                              {2, 0, {}, "timeout", samples::noon() + 3ms, 1ms}};
  slow.history = history;
  const auto data = Page().add(samples::result(1)).add(slow).data();
  BOOST_TEST(
      data ==
      R"({"width_ms":1,"length_ms":3,"segments_ms":[0],"limits":[],)"
      R"("finished":{"succeeded":[1,0,0,0],"unknown":[0,0,0,1]},"repeated":{"throttled":[0,1,0,0]},)"
      R"("latency":{"p50":[3.214,null,null,40],"p90":[3.214,null,null,40],"p99":[3.214,null,null,40]},)"
      R"("distribution":{"first":5,"counts":[1,0,0,0,0,0,0,0,0,0,0,1],"p50":3.2276,"p90":40.0000,"p99":40.0000}})");
}

BOOST_AUTO_TEST_CASE(a_page_does_not_grow_with_the_run) {
  Page page;
  for (std::uint32_t line = 1; line <= 200'000; ++line) {
    auto r = samples::result(line, line % 3 == 0 ? Status::rejected : Status::succeeded);
    r.at += std::chrono::milliseconds(line * 17);
    r.latency = std::chrono::microseconds(line);
    r.code = line % 500;
    const std::string msg = "no " + std::string(200, static_cast<char>('a' + line % 26));
    r.msg = msg;
    page.add(r);
  }
  BOOST_TEST(page.html().size() < 400'000U);
}

BOOST_AUTO_TEST_SUITE_END()
