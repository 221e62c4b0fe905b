// Metrics, as Prometheus scrapes them and as the node exporter reads them from a file.
#include "handed_over.hpp"
#include "http_get.hpp"
#include "real_server.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <regex>
#include <string>
#include <vector>

using namespace koobatch::test;

namespace fs = std::filesystem;

namespace {

using Flags = std::vector<std::string>;

/// The value of the metric, labels included; nothing if it is absent.
std::optional<double> value(const std::string& text, const std::string& metric) {
  const auto found = ("\n" + text).find("\n" + metric + " ");
  if (found == std::string::npos) return std::nullopt;
  return std::stod(text.substr(found + metric.size() + 1));
}

#define CHECK_VALUE(text, metric, expected) \
  BOOST_TEST(value(text, metric).value_or(-1) == double(expected), (metric) << " is not so in " << (text))

/// .ci/install installs promtool. Where it is missing, this fails rather than checking less.
Finished promtool(const Flags& arguments, const std::string& input = {}) {
  Flags command = {"/usr/bin/env", "promtool"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return Process(command, {}, {}, input).wait();
}

/// promtool finds nothing wrong.
void check_clean(const Workspace& workspace, const std::string& text) {
  const auto finished = promtool({"check", "metrics"}, workspace.write("checked.prom", text));
  BOOST_TEST(finished.status == 0, finished.out << finished.err << text);
  BOOST_TEST(finished.out + finished.err == "");
}

struct Fixture {
  Workspace workspace;
  const std::string report = workspace.path("r");
  const std::string file = workspace.path("koobatch.prom");
  const unsigned port = free_port();
  const std::string address = fmt::format("127.0.0.1:{}", port);

  std::string scrape() const { return http_get("http://" + address, "/metrics"); }
  std::string text() const { return workspace.read("koobatch.prom"); }

  Flags run_flags(std::size_t operations, const std::string& url, const Flags& more = {}) const {
    Flags flags = {"run",
                   workspace.write("job.ndjson", renames(operations)),
                   "--endpoint",
                   url,
                   "--token-env",
                   "TOKEN",
                   "--user-id",
                   "7",
                   "--connections",
                   "1",
                   "--retry-base",
                   "1ms",
                   "--progress",
                   "none",
                   "--report",
                   report,
                   "--metrics-file",
                   file};
    flags.insert(flags.end(), more.begin(), more.end());
    return flags;
  }
  Finished run(std::size_t operations, const std::string& url, const Flags& more = {}) const {
    return run_koobatch(run_flags(operations, url, more), {{"TOKEN", "secret"}});
  }
};

/// Connects to a port of this machine, and never sends anything.
class SilentClient {
 public:
  explicit SilentClient(unsigned port) {
    socket_.connect({boost::asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)});
    socket_.non_blocking(true);
  }
  /// Whether the other side has not hung up yet.
  bool is_connected() const {
    char byte = 0;
    boost::system::error_code error;
    socket_.read_some(boost::asio::buffer(&byte, 1), error);
    return error == boost::asio::error::would_block;
  }

 private:
  boost::asio::io_context context_;
  mutable boost::asio::ip::tcp::socket socket_{context_};
};

void collect_expressions(simdjson::dom::element element, Flags& found) {
  if (simdjson::dom::array list; element.get(list) == simdjson::SUCCESS) {
    for (const auto item : list) collect_expressions(item, found);
  }
  if (simdjson::dom::object object; element.get(object) == simdjson::SUCCESS) {
    for (const auto& [name, member] : object) {
      if (std::string_view text; name == "expr" && member.get(text) == simdjson::SUCCESS) found.emplace_back(text);
      collect_expressions(member, found);
    }
  }
}

}  // namespace

BOOST_AUTO_TEST_SUITE(metrics)

BOOST_FIXTURE_TEST_CASE(every_request_and_result_is_counted_by_its_outcome, Fixture) {
  HandedOver<std::string> scraped;
  const Reply refused{.bytes = http_answer(400, R"({"code":13000201,"msg":"no"})")};
  const Reply sick{.bytes = http_answer(500, "{}")};
  const Reply busy{.bytes = http_answer(503, "{}")};
  const Reply last{.bytes = success(), .before = [&] { scraped.put(scrape()); }};
  ScriptedServer server({{.bytes = success()}, refused, sick, busy, {.then = Reply::Then::reset}, last});
  const auto finished = run(3, server.url(), {"--metrics-addr", address});
  BOOST_TEST(finished.status == 1, finished.err);

  const auto in_mid_run = scraped.get();
  CHECK_VALUE(in_mid_run, "koobatch_operations", 3);
  CHECK_VALUE(in_mid_run, "koobatch_in_flight_requests", 1);
  CHECK_VALUE(in_mid_run, "koobatch_requests_total{outcome=\"unanswered\"}", 1);
  CHECK_VALUE(in_mid_run, "koobatch_service_up", 1);
  BOOST_TEST(!value(in_mid_run, "koobatch_exit_status"));
  BOOST_TEST(!value(in_mid_run, "koobatch_rate_limit"));
  check_clean(workspace, in_mid_run);

  const auto at_the_end = text();
  const auto lines = read_report(report);
  for (const char* status : {"succeeded", "rejected", "failed", "unknown", "invalid"}) {
    CHECK_VALUE(at_the_end, fmt::format("koobatch_operations_total{{status=\"{}\"}}", status),
                std::count_if(lines.results.begin(), lines.results.end(),
                              [&](const ReportedResult& result) { return result.status == status; }));
  }
  const std::size_t requests = server.requests();
  for (const char* outcome : {"rejected", "failed", "throttled", "unanswered"}) {
    CHECK_VALUE(at_the_end, fmt::format("koobatch_requests_total{{outcome=\"{}\"}}", outcome), 1);
  }
  CHECK_VALUE(at_the_end, "koobatch_requests_total{outcome=\"succeeded\"}", requests - 4);
  CHECK_VALUE(at_the_end, "koobatch_request_duration_seconds_count", requests);
  CHECK_VALUE(at_the_end, "koobatch_request_duration_seconds_bucket{le=\"+Inf\"}", requests);
  CHECK_VALUE(at_the_end, "koobatch_retries_total", requests - 3);
  CHECK_VALUE(at_the_end, "koobatch_in_flight_requests", 0);
  CHECK_VALUE(at_the_end, "koobatch_exit_status", 1);
  BOOST_TEST(value(at_the_end, "koobatch_end_time_seconds").has_value());
  BOOST_TEST(!value(at_the_end, "koobatch_last_success_timestamp_seconds"));
  BOOST_TEST(at_the_end.find("run_id=\"" + member(lines.run[0], "run_id") + "\"") != std::string::npos);
  check_clean(workspace, at_the_end);
}

BOOST_FIXTURE_TEST_CASE(a_learned_rate_and_new_tokens_are_shown_and_no_secret_is, Fixture) {
  const auto secret = [&](const char* name, const char* text) {
    const auto path = workspace.write(name, text);
    ::chmod(path.c_str(), 0600);
    return path;
  };
  const auto token = secret("token", "canary-access");
  const auto refresh = secret("refresh", "canary-refresh");
  Service service({"--token-file", secret("service-token", "canary-access"), "--refresh-token-file",
                   secret("service-refresh", "canary-refresh"), "--token-requests", "50", "--throttle", "200/s"});
  const auto finished =
      run_koobatch({"run", workspace.write("job.ndjson", renames(300)), "--endpoint", service.url(), "--token-file",
                    token, "--refresh-token-file", refresh, "--user-id", "7", "--progress", "none", "--report", report,
                    "--metrics-file", file, "--metrics-label", "task=nightly"});
  BOOST_TEST(finished.status == 0, finished.err);
  const auto metrics = text();
  const auto refreshes = std::stod(member(service.get("/_sim/stats"), "refreshes"));
  BOOST_TEST(refreshes > 3);
  CHECK_VALUE(metrics, "koobatch_token_refreshes_total{task=\"nightly\"}", refreshes);
  BOOST_TEST(value(metrics, "koobatch_requests_total{outcome=\"unauthorized\",task=\"nightly\"}").value_or(0) > 0);
  BOOST_TEST(value(metrics, "koobatch_requests_total{outcome=\"throttled\",task=\"nightly\"}").value_or(0) > 0);
  BOOST_TEST(value(metrics, "koobatch_rate_limit{task=\"nightly\"}").value_or(0) > 0);
  BOOST_TEST(value(metrics, "koobatch_last_success_timestamp_seconds{task=\"nightly\"}").has_value());
  BOOST_TEST(metrics.find("canary") == std::string::npos);
  check_clean(workspace, metrics);
}

BOOST_FIXTURE_TEST_CASE(a_service_that_is_waited_for_is_shown_as_down, Fixture) {
  HandedOver<std::string> in_the_outage;
  std::vector<Reply> replies(10, Reply{.then = Reply::Then::reset});
  replies.front() = {.bytes = success()};
  // By then the breaker is open: this is a probe.
  replies.back().before = [&] { in_the_outage.put(scrape()); };
  ScriptedServer server(replies);
  const auto finished = run(3, server.url(), {"--metrics-addr", address});
  BOOST_TEST(finished.status == 0, finished.err);
  CHECK_VALUE(in_the_outage.get(), "koobatch_service_up", 0);
  CHECK_VALUE(text(), "koobatch_service_up", 1);
}

BOOST_FIXTURE_TEST_CASE(an_interrupted_run_leaves_its_final_values, Fixture) {
  std::atomic<const Process*> running{nullptr};
  ScriptedServer server({{.bytes = success(), .before = [&] {
                            running.wait(nullptr);
                            running.load()->signal(SIGTERM);
                          }}});
  Process process(
      [&] {
        Flags command = {KOOBATCH_BINARY};
        const Flags flags = run_flags(100, server.url(), {"--rate", "10/s"});
        command.insert(command.end(), flags.begin(), flags.end());
        return command;
      }(),
      {{"TOKEN", "secret"}});
  running = &process;
  running.notify_all();
  const auto finished = process.wait();
  BOOST_TEST(finished.status == 143, finished.err);
  const auto lines = read_report(report);
  CHECK_VALUE(text(), "koobatch_exit_status", 143);
  CHECK_VALUE(text(), "koobatch_operations_total{status=\"succeeded\"}", lines.results.size());
  CHECK_VALUE(text(), "koobatch_rate_limit", 10);
}

BOOST_FIXTURE_TEST_CASE(a_run_that_fails_leaves_its_final_values_and_the_last_success_of_another, Fixture) {
  ScriptedServer healthy;
  BOOST_TEST(run(2, healthy.url()).status == 0);
  const auto succeeded = value(text(), "koobatch_last_success_timestamp_seconds");
  BOOST_REQUIRE(succeeded.has_value());
  BOOST_TEST(*succeeded == value(text(), "koobatch_end_time_seconds").value_or(0));

  // There is a report of that name already, so the run cannot even begin.
  BOOST_TEST(run(2, healthy.url()).status == 2);
  CHECK_VALUE(text(), "koobatch_exit_status", 2);
  CHECK_VALUE(text(), "koobatch_last_success_timestamp_seconds", *succeeded);
  BOOST_TEST(!value(text(), "koobatch_operations"));
  check_clean(workspace, text());

  fs::remove(report);
  const Reply refused{.bytes = http_answer(401, "{}")};
  ScriptedServer refusing({refused, refused, refused});
  BOOST_TEST(run(2, refusing.url()).status == 5);
  CHECK_VALUE(text(), "koobatch_exit_status", 5);
  CHECK_VALUE(text(), "koobatch_requests_total{outcome=\"unauthorized\"}", refusing.requests());
  CHECK_VALUE(text(), "koobatch_last_success_timestamp_seconds", *succeeded);
}

BOOST_FIXTURE_TEST_CASE(a_resumed_run_includes_the_counts_of_earlier_segments, Fixture) {
  const Reply refused{.bytes = http_answer(401, "{}")};
  ScriptedServer refusing({{.bytes = success()}, refused});
  BOOST_TEST(run(3, refusing.url()).status == 5);
  CHECK_VALUE(text(), "koobatch_operations_total{status=\"succeeded\"}", 1);
  const auto resumed =
      run_koobatch({"resume", report, "--metrics-file", file, "--progress", "none"}, {{"TOKEN", "secret"}});
  BOOST_TEST(resumed.status == 0, resumed.err);
  CHECK_VALUE(text(), "koobatch_operations_total{status=\"succeeded\"}", 3);
  CHECK_VALUE(text(), "koobatch_requests_total{outcome=\"succeeded\"}", 2);
  BOOST_TEST(text().find("segment=\"2\"") != std::string::npos, text());
}

BOOST_FIXTURE_TEST_CASE(retry_and_bench_have_metrics_too, Fixture) {
  ScriptedServer failing({{.bytes = success()}, {.bytes = http_answer(500, "{}")}});
  BOOST_TEST(run(2, failing.url(), {"--max-attempts", "1"}).status == 1);
  const auto retried =
      run_koobatch({"retry", report, "--metrics-file", file, "--progress", "none"}, {{"TOKEN", "secret"}});
  BOOST_TEST(retried.status == 0, retried.err);
  CHECK_VALUE(text(), "koobatch_operations", 1);
  CHECK_VALUE(text(), "koobatch_exit_status", 0);
  const auto bench = run_koobatch({"bench", "--operations", "50", "--metrics-file", file, "--metrics-addr", address});
  BOOST_TEST(bench.status == 0, bench.err);
  CHECK_VALUE(text(), "koobatch_requests_total{outcome=\"succeeded\"}", 50);
}

BOOST_FIXTURE_TEST_CASE(a_silent_client_keeps_no_other_from_scraping, Fixture) {
  HandedOver<std::string> scraped;
  HandedOver<bool> silent_is_waited_for;
  ScriptedServer server({{.bytes = success(), .before = [&] {
                            const SilentClient first(port);
                            const SilentClient second(port);
                            scraped.put(scrape());
                            silent_is_waited_for.put(first.is_connected() && second.is_connected());
                          }}});
  const auto finished = run(1, server.url(), {"--metrics-addr", address});
  BOOST_TEST(finished.status == 0, finished.err);
  CHECK_VALUE(scraped.get(), "koobatch_operations", 1);
  BOOST_TEST(silent_is_waited_for.get(), "it was served after them, not beside them");
}

BOOST_FIXTURE_TEST_CASE(the_address_in_use_is_logged_if_any_port_will_do, Fixture) {
  ScriptedServer server;
  const auto finished = run(1, server.url(), {"--metrics-addr", "127.0.0.1:0"});
  BOOST_TEST(finished.status == 0, finished.err);
  const std::regex told("info: metrics: http://127\\.0\\.0\\.1:[1-9][0-9]*/metrics");
  BOOST_TEST(std::regex_search(finished.err, told), finished.err);
}

BOOST_FIXTURE_TEST_CASE(without_a_place_to_listen_nothing_is_sent, Fixture) {
  const ScriptedServer occupied;
  ScriptedServer server;
  for (const auto& [bad, why] :
       {std::pair{fmt::format("127.0.0.1:{}", occupied.port()), "already in use; choose another port"},
        std::pair{std::string("192.0.2.1:9464"), "choose an address of this machine"}}) {
    const auto finished = run(1, server.url(), {"--metrics-addr", bad});
    BOOST_TEST(finished.status == 2, finished.err);
    BOOST_TEST(finished.err.find("--metrics-addr " + bad + ": cannot listen there: ") != std::string::npos,
               finished.err);
    BOOST_TEST(finished.err.find(why) != std::string::npos, finished.err);
  }
  BOOST_TEST(server.requests() == 0U);
  BOOST_TEST(!fs::exists(report));
}

BOOST_FIXTURE_TEST_CASE(no_other_file_is_overwritten_with_metrics, Fixture) {
  ScriptedServer server;
  workspace.write("koobatch.prom", "precious\n");
  const auto finished = run(1, server.url());
  BOOST_TEST(finished.status == 2, finished.err);
  BOOST_TEST(finished.err.find("is not overwritten") != std::string::npos, finished.err);
  BOOST_TEST(text() == "precious\n");
  BOOST_TEST(server.requests() == 0U);
}

BOOST_FIXTURE_TEST_CASE(without_a_folder_for_the_file_nothing_is_sent, Fixture) {
  ScriptedServer server;
  const auto finished = run(1, server.url(), {"--metrics-file", workspace.path("nowhere/a.prom")});
  BOOST_TEST(finished.status == 2, finished.err);
  BOOST_TEST(finished.err.find("nowhere/a.prom: its folder cannot be written to: No such file or directory") !=
                 std::string::npos,
             finished.err);
  BOOST_TEST(server.requests() == 0U);
}

BOOST_FIXTURE_TEST_CASE(a_run_does_not_end_because_its_metrics_cannot_be_written, Fixture) {
  const auto folder = workspace.path("metrics");
  fs::create_directory(folder);
  ScriptedServer server({{.bytes = success(), .before = [&] { fs::remove_all(folder); }}});
  const auto finished = run(1, server.url(), {"--metrics-file", folder + "/a.prom"});
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(finished.err.find("warning: --metrics-file") != std::string::npos, finished.err);
  BOOST_TEST(finished.err.find("No such file or directory; the run continues") != std::string::npos, finished.err);
}

BOOST_FIXTURE_TEST_CASE(prometheus_understands_every_expression_of_the_dashboard, Fixture) {
  simdjson::dom::parser parser;
  Flags expressions;
  collect_expressions(parser.load(project_file("docs/grafana-dashboard.json")).value(), expressions);
  BOOST_TEST(expressions.size() > 10U);
  std::string rules = "groups:\n- name: dashboard\n  rules:\n";
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    // What Grafana substitutes.
    auto expression = std::regex_replace(expressions[i], std::regex(R"(\$__rate_interval)"), "1m");
    expression = std::regex_replace(expression, std::regex(R"(\$(job|instance))"), ".*");
    BOOST_TEST(expression.find('$') == std::string::npos, expression);
    rules += fmt::format("  - record: expression:{}\n    expr: '{}'\n", i, expression);
  }
  const auto finished = promtool({"check", "rules", workspace.write("rules.yml", rules)});
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
}

BOOST_AUTO_TEST_SUITE_END()
