#include "koobatch/observe/metrics.hpp"

#include "engine/request_outcome.hpp"

#include <simdjson.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <regex>
#include <set>
#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::observe;
using namespace std::chrono_literals;

namespace {

WallTime at(std::int64_t unix_time) {
  return WallTime(std::chrono::seconds(unix_time));
}

/// Of a run that is over, so that nothing is absent.
Metrics complete() {
  Metrics metrics;
  metrics.version = "0.1.0";
  metrics.started = at(1795323456);
  metrics.end = Metrics::End{at(1795323466), 1};
  metrics.last_success = 1795000000;
  RunMetrics run;
  run.run_id = "0123456789abcdef";
  run.segment = 2;
  run.progress.operations = 10;
  run.progress.by_status = {5, 1, 2, 0, 1};
  run.progress.requests = 12;
  run.progress.retries = 3;
  run.progress.throttled = 2;
  run.progress.in_flight = 4;
  run.progress.http = HttpVersion::http2;
  RequestCounters counters;
  counters.add(RequestOutcome::succeeded, 3ms);
  counters.add(RequestOutcome::unanswered, 40s);
  counters.add_to(run.requests);
  run.progress.pace.rate = 12.5;
  run.token_refreshes = 7;
  metrics.run = run;
  return metrics;
}

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

#define CHECK_LINE(text, line) BOOST_TEST(has_line(text, line), (line) << " is missing in " << (text))

/// The names under which values are exported.
std::set<std::string> exported_names() {
  std::set<std::string> names;
  auto metrics = complete();
  metrics.last_plan = 1795000000;
  metrics.plan = PlanMetrics{{{"shared_folder", 1000, {{"name", 3}}}}, 2, 40, 1, true, 12.5};
  for (const auto& family : metric_families(metrics)) {
    if (family.type != prometheus::MetricType::Histogram) names.insert(family.name);
    for (const char* part : {"_bucket", "_sum", "_count"}) {
      if (family.type == prometheus::MetricType::Histogram) names.insert(family.name + part);
    }
  }
  return names;
}

void collect_expressions(simdjson::dom::element value, std::vector<std::string>& found) {
  if (simdjson::dom::array list; value.get(list) == simdjson::SUCCESS) {
    for (const auto item : list) collect_expressions(item, found);
  }
  if (simdjson::dom::object object; value.get(object) == simdjson::SUCCESS) {
    for (const auto& [name, member] : object) {
      if (std::string_view text; name == "expr" && member.get(text) == simdjson::SUCCESS) found.emplace_back(text);
      collect_expressions(member, found);
    }
  }
}

/// The text before braces is a metric.
std::vector<std::string> metrics_in(const std::string& expression) {
  static const std::regex metric("([a-zA-Z_:][a-zA-Z0-9_:]*)\\{");
  std::vector<std::string> names;
  for (std::sregex_iterator i(expression.begin(), expression.end(), metric), end; i != end; ++i) {
    names.push_back((*i)[1]);
  }
  return names;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_AUTO_TEST_CASE(a_finished_run_has_every_metric) {
  const auto text = metrics_text(complete());
  for (const char* line : {"koobatch_build_info{version=\"0.1.0\"} 1",
                           "koobatch_start_time_seconds 1795323456",
                           "koobatch_end_time_seconds 1795323466",
                           "koobatch_exit_status 1",
                           "koobatch_last_success_timestamp_seconds 1795000000",
                           "koobatch_run_info{run_id=\"0123456789abcdef\",segment=\"2\"} 1",
                           "koobatch_operations 10",
                           "koobatch_operations_total{status=\"succeeded\"} 5",
                           "koobatch_operations_total{status=\"rejected\"} 1",
                           "koobatch_operations_total{status=\"failed\"} 2",
                           "koobatch_operations_total{status=\"unknown\"} 0",
                           "koobatch_operations_total{status=\"invalid\"} 1",
                           "koobatch_requests_total{outcome=\"succeeded\"} 1",
                           "koobatch_requests_total{outcome=\"unanswered\"} 1",
                           "koobatch_requests_total{outcome=\"failed\"} 0",
                           "koobatch_retries_total 3",
                           "koobatch_in_flight_requests 4",
                           "koobatch_rate_limit 12.5",
                           "koobatch_service_up 1",
                           "koobatch_paused 0",
                           "koobatch_http_info{http_version=\"2\"} 1",
                           "# TYPE koobatch_retries_total counter",
                           "# TYPE koobatch_request_duration_seconds histogram",
                           "koobatch_request_duration_seconds_count 2",
                           "koobatch_request_duration_seconds_sum 40.003",
                           "koobatch_request_duration_seconds_bucket{le=\"0.0025\"} 0",
                           "koobatch_request_duration_seconds_bucket{le=\"0.005\"} 1",
                           "koobatch_request_duration_seconds_bucket{le=\"30\"} 1",
                           "koobatch_request_duration_seconds_bucket{le=\"+Inf\"} 2"}) {
    CHECK_LINE("\n" + text, line);
  }
  BOOST_TEST(text.ends_with("\nkoobatch_token_refreshes_total 7\n"), text);
}

BOOST_AUTO_TEST_CASE(what_is_not_known_is_absent) {
  Metrics metrics = complete();
  metrics.end.reset();
  metrics.last_success.reset();
  metrics.run->progress.pace.rate = 0;
  metrics.run->progress.http = HttpVersion::none;
  const auto under_way = metrics_text(metrics);
  for (const char* name : {"koobatch_end_time_seconds", "koobatch_exit_status",
                           "koobatch_last_success_timestamp_seconds", "koobatch_http_info", "koobatch_rate_limit",
                           "koobatch_learned_rate_limit", "koobatch_learned_in_flight_limit"}) {
    BOOST_TEST(under_way.find(name) == std::string::npos, name);
  }
  BOOST_TEST(under_way.find("koobatch_operations_total") != std::string::npos);
  metrics.run.reset();
  const auto before_it_began = metrics_text(metrics);
  BOOST_TEST(before_it_began.find("koobatch_operations") == std::string::npos, before_it_began);
  BOOST_TEST(before_it_began.find("koobatch_start_time_seconds") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_limits_found_have_metrics) {
  Metrics metrics = complete();
  metrics.run->progress.pace.found = {.limit = 8.5, .in_flight = 6, .noise = 0.25};
  const auto text = metrics_text(metrics);
  CHECK_LINE(text, "koobatch_rate_limit 8.5");
  CHECK_LINE(text, "koobatch_learned_rate_limit 8.5");
  CHECK_LINE(text, "koobatch_learned_in_flight_limit 6");
  CHECK_LINE(text, "koobatch_noise_ratio 0.25");
}

BOOST_AUTO_TEST_CASE(a_service_that_is_waited_for_is_not_up) {
  Metrics metrics = complete();
  metrics.run->progress.pace.down = true;
  CHECK_LINE(metrics_text(metrics), "koobatch_service_up 0");
}

BOOST_AUTO_TEST_CASE(a_pause_is_the_users_and_not_the_services) {
  Metrics metrics = complete();
  metrics.run->progress.pace.paused = true;
  CHECK_LINE(metrics_text(metrics), "koobatch_paused 1");
  CHECK_LINE(metrics_text(metrics), "koobatch_service_up 1");
}

BOOST_AUTO_TEST_CASE(every_value_carries_the_users_labels_and_they_are_escaped) {
  Metrics metrics = complete();
  metrics.labels = {{"task", "a \"b\"\\\n"}};
  const auto text = metrics_text(metrics);
  CHECK_LINE(text, R"(koobatch_operations{task="a \"b\"\\\n"} 10)");
  CHECK_LINE(text, R"(koobatch_operations_total{status="succeeded",task="a \"b\"\\\n"} 5)");
  for (const auto& family : metric_families(metrics)) {
    for (const auto& value : family.metric) {
      BOOST_TEST((!value.label.empty() && value.label.back().name == "task"), family.name);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_duration_counts_in_the_first_bucket_it_does_not_exceed) {
  RequestCounters counters;
  for (const Duration limit : request_duration_limits) counters.add(RequestOutcome::succeeded, limit);
  counters.add(RequestOutcome::succeeded, request_duration_limits.back() + 1ns);
  counters.add(RequestOutcome::rejected, -1ns);
  RequestTotals sum;
  counters.add_to(sum);
  BOOST_TEST(sum.by_duration.front() == 2U);
  for (std::size_t i = 1; i < sum.by_duration.size(); ++i) BOOST_TEST(sum.by_duration[i] == 1U);
  BOOST_TEST(sum.by_outcome[0] == request_duration_limits.size() + 1);
  counters.add_to(sum);
  BOOST_TEST(sum.by_outcome[1] == 2U, "what several threads counted adds up");
}

BOOST_AUTO_TEST_CASE(an_outcome_follows_from_the_answer) {
  using koodrive::Verdict;
  const auto shown = [](int http, Verdict verdict) {
    return request_outcome_names[static_cast<std::size_t>(engine::request_outcome(verdict, http))];
  };
  BOOST_TEST(shown(200, Verdict::succeeded) == "succeeded");
  BOOST_TEST(shown(400, Verdict::rejected) == "rejected");
  BOOST_TEST(shown(400, Verdict::suspicious) == "rejected");
  BOOST_TEST(shown(429, Verdict::throttled) == "throttled");
  BOOST_TEST(shown(401, Verdict::unauthorized) == "unauthorized");
  BOOST_TEST(shown(500, Verdict::unclear) == "failed");
  BOOST_TEST(shown(200, Verdict::undecidable) == "failed");
  BOOST_TEST(shown(0, Verdict::unclear) == "unanswered");
  BOOST_TEST(shown(0, Verdict::stale) == "unanswered");
}

BOOST_AUTO_TEST_CASE(a_text_is_known_again_and_its_last_success_found) {
  Metrics metrics = complete();
  BOOST_TEST(is_metrics_text(metrics_text(metrics)));
  BOOST_TEST(last_success_in(metrics_text(metrics)).value() == 1795000000);
  metrics.labels = {{"task", "a 1"}};
  BOOST_TEST(last_success_in(metrics_text(metrics)).value() == 1795000000);
  metrics.last_success.reset();
  BOOST_TEST(!last_success_in(metrics_text(metrics)));
  BOOST_TEST(!last_success_in("\nkoobatch_last_success_timestamp_seconds nonsense\n"));
  BOOST_TEST(!is_metrics_text(R"({"op":"rename_shared_folder"})"));
}

BOOST_AUTO_TEST_CASE(a_plan_shows_what_differs) {
  Metrics metrics;
  metrics.labels = {{"task", "nightly"}};
  metrics.last_plan = 1795000000;
  metrics.plan = PlanMetrics{{{"shared_folder", 1000, {{"name", 3}}}, {"album", 5}}, 2, 40, 1, true, 12.5};
  const auto text = metrics_text(metrics);
  CHECK_LINE(text, R"(koobatch_plan_items{type="shared_folder",task="nightly"} 1000)");
  CHECK_LINE(text, R"(koobatch_plan_items{type="album",task="nightly"} 5)");
  CHECK_LINE(text, R"(koobatch_plan_differences{type="shared_folder",field="name",task="nightly"} 3)");
  CHECK_LINE(text, R"(koobatch_plan_missing{task="nightly"} 2)");
  CHECK_LINE(text, R"(koobatch_plan_extra{task="nightly"} 40)");
  CHECK_LINE(text, R"(koobatch_plan_conflicts{task="nightly"} 1)");
  CHECK_LINE(text, R"(koobatch_plan_complete{task="nightly"} 1)");
  CHECK_LINE(text, R"(koobatch_plan_read_seconds{task="nightly"} 12.5)");
  CHECK_LINE(text, R"(koobatch_plan_last_success_timestamp_seconds{task="nightly"} 1795000000)");
  BOOST_TEST(last_plan_in(text).value_or(0) == 1795000000);
  BOOST_TEST(!last_success_in(text).has_value(), "a plan is no run");
  BOOST_TEST(!last_plan_in(metrics_text(complete())).has_value());
}

// The dashboard.

BOOST_AUTO_TEST_CASE(every_expression_of_the_dashboard_names_metrics_that_are_exported) {
  simdjson::dom::parser parser;
  std::vector<std::string> expressions;
  collect_expressions(parser.load(std::string(KOOBATCH_SOURCE_DIR) + "/docs/grafana-dashboard.json").value(),
                      expressions);
  BOOST_TEST(expressions.size() > 10U);
  const auto exported = exported_names();
  std::set<std::string> shown;
  for (const auto& expression : expressions) {
    const auto names = metrics_in(expression);
    BOOST_TEST(!names.empty(), expression);
    for (const auto& name : names) BOOST_TEST(exported.contains(name), name << " in " << expression);
    shown.insert(names.begin(), names.end());
  }
  // The exit status shows that a run has ended: it is present from then on.
  for (const auto& name : exported) {
    if (name != "koobatch_end_time_seconds") BOOST_TEST(shown.contains(name), name << " is shown nowhere");
  }
}

BOOST_AUTO_TEST_SUITE_END()
