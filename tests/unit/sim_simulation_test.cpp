#include "sim/simulation.hpp"

#include "job_support.hpp"
#include "sim_requests.hpp"

#include "koobatch/job/tokens_file.hpp"

#include <sys/stat.h>

namespace koobatch::sim {
namespace {

using namespace std::chrono_literals;

class Waiting final : public InFlight::Ticket {
 public:
  bool abandoned() override { return false; }
};

/// A simulation with one connection to it, at the time of the documentation's examples.
struct Desk {
  TimePoint start = TimePoint(1h);
  Simulation simulation;
  Waiting ticket;
  Exchange exchange;

  explicit Desk(const SimulatorSettings& settings = {}) : simulation(settings, RequestLog(), {start, example_now()}) {
    exchange.connection = 1;
    exchange.ticket = &ticket;
    exchange.arrived = {start, example_now()};
  }

  Ending serve(const Request& request, std::string& out) {
    simulation.arrive(request, exchange);
    return simulation.conclude(request, exchange, exchange.arrived.wall, out);
  }
  std::string answer(const Request& request) {
    std::string out;
    BOOST_TEST(serve(request, out) == Ending::keep);
    return out;
  }
  std::string state() {
    std::string out;
    for (std::optional at = DumpPlace{}; at;) at = simulation.dump(*at, out);
    return out;
  }
  const Stats& stats() { return simulation.stats(); }
};

SimulatorSettings with_fault(std::string_view text) {
  SimulatorSettings settings;
  settings.faults.push_back(parse_fault(text).value());
  return settings;
}

SimulatorSettings with_throttle(std::string_view text) {
  SimulatorSettings settings;
  settings.throttle = parse_throttle(text).value();
  return settings;
}

SimulatorSettings with_clock(std::string_view text) {
  SimulatorSettings settings;
  settings.clock_faults.push_back(parse_clock_fault(text).value());
  return settings;
}

constexpr std::string_view renamed = "{\"key\":\"folder:1757156480072657793\",\"fileName\":\"newName123456\"}\n";
constexpr std::string_view good_head =
    "HTTP/1.1 200 OK\r\nDate: Mon, 03 Nov 2025 07:01:40 GMT\r\nContent-Type: application/json\r\n"
    "Connection: keep-alive\r\n";

std::string_view body_of(std::string_view answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_simulation)

BOOST_AUTO_TEST_CASE(a_good_request_is_applied_and_answered) {
  Desk desk;
  BOOST_TEST(desk.answer(rename_request()) ==
             std::string(good_head) +
                 "Content-Length: 53\r\n\r\n{\"id\":\"1757156480072657793\",\"code\":0,\"msg\":\"success\"}");
  BOOST_TEST(desk.state() == renamed);
  BOOST_TEST(desk.stats().requests == 1);
  BOOST_TEST(desk.stats().applied == 1);
  BOOST_TEST(desk.stats().answers[200] == 1);
}

BOOST_AUTO_TEST_CASE(nothing_is_applied_before_the_answer_is_due) {
  Desk desk;
  const Request request = rename_request();
  desk.simulation.arrive(request, desk.exchange);
  BOOST_TEST(desk.state().empty());
  desk.simulation.abandon(request, desk.exchange);
  BOOST_TEST(desk.state().empty());
  BOOST_TEST(desk.stats().abandoned == 1);
  BOOST_TEST(desk.stats().overlapping_keys == 0);
  (void)desk.answer(request);
  BOOST_TEST(desk.stats().overlapping_keys == 0);
}

BOOST_AUTO_TEST_CASE(a_refused_request_changes_nothing_and_no_fault_hides_it) {
  Desk desk(with_fault("status=503,rate=1"));
  Request request = rename_request();
  request.user_id.reset();
  const std::string answer = desk.answer(request);
  BOOST_TEST(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"));
  BOOST_TEST(body_of(answer) == R"({"code":13000102,"msg":"X-User-Id: missing"})");
  BOOST_TEST(desk.state().empty());
  BOOST_TEST(desk.stats().refused == 1);
  BOOST_TEST(desk.stats().faults[0] == 0);
}

BOOST_AUTO_TEST_CASE(a_wrong_clock_affects_the_date_and_judges_only_if_configured) {
  Desk shown(with_clock("date=-1h,rate=1"));
  const std::string accepted = shown.answer(rename_request());
  BOOST_TEST(accepted.starts_with("HTTP/1.1 200 OK\r\nDate: Mon, 03 Nov 2025 06:01:40 GMT\r\n"));
  Desk judging(with_clock("date=-1h,rate=1,judge=node"));
  const std::string refused = judging.answer(rename_request());
  BOOST_TEST(refused.starts_with("HTTP/1.1 400 Bad Request\r\nDate: Mon, 03 Nov 2025 06:01:40 GMT\r\n"));
  BOOST_TEST(refused.find("X-Date: ") != std::string::npos);
  BOOST_TEST(
      Desk(with_clock("date=none,rate=1")).answer(rename_request()).starts_with("HTTP/1.1 200 OK\r\nContent-Type"));
  BOOST_TEST(Desk(with_clock("date=garbage,rate=1")).answer(rename_request()).find("Date: in the") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_request_for_anything_else_is_not_an_operation) {
  Desk desk;
  Request request = rename_request();
  request.target = "/elsewhere";
  BOOST_TEST(desk.answer(request).starts_with("HTTP/1.1 404 Not Found\r\n"));
  BOOST_TEST(desk.stats().requests == 0);
  BOOST_TEST(desk.stats().unrouted == 1);
}

BOOST_AUTO_TEST_CASE(requests_over_the_rate_are_throttled_as_the_gateway_does) {
  Desk desk(with_throttle("10/s"));
  (void)desk.answer(rename_request());
  const std::string answer = desk.answer(rename_request());
  BOOST_TEST(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
  BOOST_TEST(body_of(answer) == R"({"error_code":"APIG.0308","error_msg":"The throttling threshold has been reached: )"
                                R"(policy service over ratelimit,limit:10,time:1 second"})");
  desk.exchange.arrived.steady += 100ms;
  BOOST_TEST(desk.answer(rename_request()).starts_with("HTTP/1.1 200"));
  BOOST_TEST(desk.stats().throttled == 1);
  BOOST_TEST(desk.stats().applied == 2);
}

BOOST_AUTO_TEST_CASE(a_user_over_the_limit_is_throttled_alone_and_told_for_how_long) {
  SimulatorSettings settings;
  settings.throttle_per_user = 10;
  Desk desk(settings);
  Request request = rename_request();
  BOOST_TEST(desk.answer(request).starts_with("HTTP/1.1 200"));
  const std::string answer = desk.answer(request);
  BOOST_TEST(answer.starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
  BOOST_TEST(answer.find("\r\nRetry-After: 1\r\n") != std::string::npos);
  BOOST_TEST(body_of(answer) == R"({"error_code":"APIG.0308","error_msg":"The throttling threshold has been reached: )"
                                R"(policy user over ratelimit,limit:10,time:1 second"})");
  request.user_id = "another";
  BOOST_TEST(desk.answer(request).starts_with("HTTP/1.1 200"));
  BOOST_TEST(desk.stats().throttled == 1);
}

BOOST_AUTO_TEST_CASE(a_refusal_has_the_status_and_the_retry_after_of_its_throttle) {
  Desk desk(with_throttle("1/s,window,status=503,retry-after=5s"));
  BOOST_TEST(desk.answer(rename_request()).find("Retry-After") == std::string::npos);
  const std::string answer = desk.answer(rename_request());
  BOOST_TEST(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  BOOST_TEST(answer.find("\r\nRetry-After: 5\r\n") != std::string::npos);
  BOOST_TEST(body_of(answer) == R"({"error_code":"APIG.0202","error_msg":"Backend unavailable"})");
  BOOST_TEST(desk.stats().throttled == 1);
  BOOST_TEST(desk.stats().applied == 1);
}

BOOST_AUTO_TEST_CASE(windows_follow_the_wall_clock) {
  Desk desk(with_throttle("1/s,window"));
  desk.exchange.arrived.steady += 999ms;
  BOOST_TEST(desk.answer(rename_request()).starts_with("HTTP/1.1 200"));
  BOOST_TEST(desk.answer(rename_request()).starts_with("HTTP/1.1 429"));
  desk.exchange.arrived.steady += 1ms;
  BOOST_TEST(desk.answer(rename_request()).starts_with("HTTP/1.1 200"));
}

BOOST_AUTO_TEST_CASE(a_declared_quota_is_in_every_answer_and_not_in_the_text_of_refusals) {
  Desk desk(with_throttle("2/s,window,declare=ratelimit"));
  const auto fields = [](int left) {
    return fmt::format("\r\nRateLimit-Limit: 2\r\nRateLimit-Remaining: {}\r\nRateLimit-Reset: 1\r\n", left);
  };
  BOOST_TEST(desk.answer(rename_request()).find(fields(1)) != std::string::npos);
  Request broken = rename_request();
  broken.user_id.reset();
  const std::string refused = desk.answer(broken);
  BOOST_TEST(refused.starts_with("HTTP/1.1 400"));
  BOOST_TEST(refused.find(fields(0)) != std::string::npos);
  const std::string throttled = desk.answer(rename_request());
  BOOST_TEST(throttled.starts_with("HTTP/1.1 429"));
  BOOST_TEST(throttled.find(fields(0)) != std::string::npos);
  BOOST_TEST(throttled.find("limit:") == std::string::npos);
  Request elsewhere = rename_request();
  elsewhere.target = "/elsewhere";
  BOOST_TEST(desk.answer(elsewhere).find("RateLimit") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_declared_quota_is_in_answers_caused_by_faults_too) {
  auto settings = with_throttle("2/s,window,declare=ietf");
  settings.faults.push_back(parse_fault("status=500,rate=1").value());
  Desk desk(settings);
  const std::string answer = desk.answer(rename_request());
  BOOST_TEST(answer.starts_with("HTTP/1.1 500"));
  BOOST_TEST(answer.find("\r\nRateLimit: \"service\";r=1;t=1\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_request_is_in_flight_until_answered_abandoned_or_disconnected) {
  Desk desk(with_throttle("concurrency=1"));
  Waiting other_ticket;
  Exchange other;
  other.ticket = &other_ticket;
  other.arrived = desk.exchange.arrived;
  const Request request = rename_request();
  const auto refuses = [&] { return desk.answer(request).starts_with("HTTP/1.1 429"); };
  std::string out;
  desk.simulation.arrive(request, other);
  BOOST_TEST(refuses());
  desk.simulation.conclude(request, other, example_now(), out);
  BOOST_TEST(!refuses());
  desk.simulation.arrive(request, other);
  desk.simulation.abandon(request, other);
  BOOST_TEST(!refuses());
  desk.simulation.arrive(request, other);
  desk.simulation.forget(other);
  BOOST_TEST(!refuses());
}

BOOST_AUTO_TEST_CASE(a_stalled_request_is_in_flight_until_its_client_disconnects) {
  auto settings = with_throttle("concurrency=1");
  settings.faults.push_back(parse_fault("stall,rate=1").value());
  Desk desk(settings);
  std::string out;
  BOOST_TEST(desk.serve(rename_request(), out) == Ending::stall);
  Waiting other_ticket;
  Exchange other;
  other.ticket = &other_ticket;
  other.arrived = desk.exchange.arrived;
  desk.simulation.arrive(rename_request(), other);
  BOOST_TEST(other.refused_by.has_value());
  desk.simulation.forget(other);
  desk.simulation.forget(desk.exchange);
  desk.simulation.arrive(rename_request(), other);
  BOOST_TEST(!other.refused_by.has_value());
  desk.simulation.forget(other);
}

BOOST_AUTO_TEST_CASE(a_reused_trace_id_is_counted_but_served) {
  Desk desk;
  Request request = rename_request();
  const std::string one(58, '1'), zero(58, '0');
  for (const std::string& id : {one, zero, one}) {
    request.trace_id = id;
    BOOST_TEST(desk.answer(request).starts_with("HTTP/1.1 200"));
  }
  BOOST_TEST(desk.stats().duplicate_trace_ids == 1);
}

BOOST_AUTO_TEST_CASE(two_requests_on_one_key_at_once_are_counted_but_served) {
  Desk desk;
  Waiting other_ticket;
  Exchange other;
  other.ticket = &other_ticket;
  other.arrived = desk.exchange.arrived;
  const Request request = rename_request();
  desk.simulation.arrive(request, other);
  (void)desk.answer(update_album_request());
  BOOST_TEST(desk.stats().overlapping_keys == 0);
  (void)desk.answer(request);
  BOOST_TEST(desk.stats().overlapping_keys == 1);
  desk.simulation.forget(other);
}

BOOST_AUTO_TEST_CASE(a_status_fault_answers_without_applying) {
  Desk desk(with_fault("status=503,rate=1,retry-after=7"));
  const std::string answer = desk.answer(rename_request());
  BOOST_TEST(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"));
  BOOST_TEST(answer.find("\r\nRetry-After: 7\r\n") != std::string::npos);
  BOOST_TEST(body_of(answer) == R"({"error_code":"APIG.0202","error_msg":"Backend unavailable"})");
  BOOST_TEST(desk.state().empty());
  BOOST_TEST(desk.stats().faults[0] == 1);
  BOOST_TEST(desk.stats().answers[503] == 1);
}

BOOST_AUTO_TEST_CASE(a_status_fault_of_200_is_a_refusal_by_code) {
  Desk desk(with_fault("status=200,rate=1"));
  BOOST_TEST(body_of(desk.answer(rename_request())) == R"({"code":13000201,"msg":"Operation failed."})");
  BOOST_TEST(desk.state().empty());
}

BOOST_AUTO_TEST_CASE(a_redirect_names_a_target_and_101_ends_the_connection_without_a_body) {
  Desk redirect(with_fault("status=302,rate=1"));
  BOOST_TEST(redirect.answer(rename_request()).find("\r\nLocation: /koodrive/moved\r\n") != std::string::npos);
  Desk upgrade(with_fault("status=101,rate=1"));
  std::string out;
  BOOST_TEST(upgrade.serve(rename_request(), out) == Ending::close);
  BOOST_TEST(out.starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  BOOST_TEST(out.ends_with("\r\n\r\n"));
}

BOOST_AUTO_TEST_CASE(truncation_applies_and_sends_the_head_and_half_the_body) {
  Desk desk(with_fault("truncate,rate=1"));
  std::string out;
  BOOST_TEST(desk.serve(rename_request(), out) == Ending::cut);
  BOOST_TEST(out == std::string(good_head) + "Content-Length: 53\r\n\r\n{\"id\":\"1757156480072657793");
  BOOST_TEST(desk.state() == renamed);
}

BOOST_AUTO_TEST_CASE(garbage_applies_and_answers_200_without_json) {
  Desk desk(with_fault("garbage,rate=1"));
  const std::string answer = desk.answer(rename_request());
  BOOST_TEST(answer.starts_with(good_head));
  BOOST_TEST(body_of(answer).front() == '<');
  BOOST_TEST(desk.state() == renamed);
}

BOOST_AUTO_TEST_CASE(truncated_and_garbled_answers_have_the_status_of_the_operations_own_success) {
  static constexpr std::uint16_t created[] = {201};
  static constexpr koodrive::FieldRow fields[] = {{.name = "id", .required = true}, {.name = "text"}};
  for (const char* fault : {"truncate,rate=1", "garbage,rate=1"}) {
    SimulatorSettings settings = with_fault(fault);
    settings.operations = std::make_shared<const koodrive::OperationCatalogue>(
        std::vector<koodrive::OperationRow>{{.name = "add_note",
                                             .method = "POST",
                                             .target = "/koodrive/ose/v1/note",
                                             .fields = fields,
                                             .key_field = 0,
                                             .key_prefix = "note:",
                                             .success_http = created}});
    Desk desk(settings);
    Request request = rename_request();
    request.target = "/koodrive/ose/v1/note";
    request.body = R"({"id":"1","text":"a"})";
    std::string out;
    desk.serve(request, out);
    BOOST_TEST(out.starts_with("HTTP/1.1 201 Created\r\n"), fault << ": " << out);
    BOOST_TEST(desk.stats().answers[201] == 1, fault);
    BOOST_TEST(desk.state() == "{\"key\":\"note:1\",\"text\":\"a\"}\n", fault);
  }
}

BOOST_AUTO_TEST_CASE(a_stall_applies_sends_nothing_and_stays_in_flight) {
  Desk desk(with_fault("stall,rate=1"));
  std::string out;
  BOOST_TEST(desk.serve(rename_request(), out) == Ending::stall);
  BOOST_TEST(out.empty());
  BOOST_TEST(desk.state() == renamed);

  Waiting other_ticket;
  Exchange other;
  other.ticket = &other_ticket;
  other.arrived = desk.exchange.arrived;
  desk.simulation.arrive(rename_request(), other);
  BOOST_TEST(desk.stats().overlapping_keys == 1);
  desk.simulation.forget(other);
  desk.simulation.forget(desk.exchange);
}

BOOST_AUTO_TEST_CASE(a_drop_does_not_apply_and_a_reset_does_by_chance) {
  Desk drop(with_fault("drop,rate=1"));
  std::string out;
  BOOST_TEST(drop.serve(rename_request(), out) == Ending::cut);
  BOOST_TEST(out.empty());
  BOOST_TEST(drop.state().empty());

  Desk reset(with_fault("reset,rate=1"));
  for (int i = 0; i < 100; ++i) BOOST_TEST_REQUIRE(reset.serve(rename_request(), out) == Ending::reset);
  BOOST_TEST(out.empty());
  BOOST_TEST(reset.stats().applied > 20);
  BOOST_TEST(reset.stats().applied < 80);
}

BOOST_AUTO_TEST_CASE(a_client_that_wants_to_close_is_told_so) {
  Desk desk;
  Request request = rename_request();
  request.keep_alive = false;
  std::string out;
  BOOST_TEST(desk.serve(request, out) == Ending::close);
  BOOST_TEST(out.find("\r\nConnection: close\r\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(statistics_are_one_json_object) {
  Desk desk(with_fault("status=503,rate=1"));
  (void)desk.answer(rename_request());
  std::string out;
  append_stats(out, desk.stats(), desk.simulation.keys());
  BOOST_TEST(
      out ==
      R"({"requests":1,"applied":0,"keys":0,"status":{"503":1},)"
      R"("faults":{"status":1,"reset":0,"drop":0,"truncate":0,"garbage":0,"stall":0},)"
      R"("refused":0,"throttled":0,"abandoned":0,"duplicate_trace_ids":0,"overlapping_keys":0,)"
      R"("pipelined":0,"malformed":0,"refreshes":0,"refused_refreshes":0,"unrouted":0,"reads":0,"connections":0})");
}

BOOST_AUTO_TEST_CASE(a_log_line_records_the_request_and_its_outcome) {
  Service service{""};
  Request request = update_album_request();
  request.trace_id = "0101";
  request.user_id = "us\xc3\xa9r";
  request.body = R"({"name":"n","scopeKind":2,"scopeDirList":["a"]})";
  Judgement judgement;
  service.judge(request, example_now(), judgement);
  const LogEntry entry{.time = example_now() + 1234567ns * 100,
                       .since_start = 5s + 1ns,
                       .connection = 3,
                       .status = 0,
                       .applied = false,
                       .fault = "drop"};
  std::string out;
  append_log_line(out, entry, request, judgement);
  BOOST_TEST(
      out ==
      R"({"time":"2025-11-03T07:01:40.123456Z","t_ns":5000000001,"connection":3,"key":"album:1795607640592646273",)"
      R"("value":{"name":"n","scopeDirList":["a"],"scopeKind":2},"user":"us??r","trace_id":"0101","status":0,)"
      R"("applied":false,"fault":"drop","refused":"X-User-Id: contains a character that is not visible ASCII"})"
      "\n");
}

BOOST_AUTO_TEST_CASE(a_log_line_of_an_unreadable_request_still_has_every_member) {
  Service service{""};
  Request request = rename_request();
  request.user_id.reset();
  request.body = "{";
  Judgement judgement;
  service.judge(request, example_now(), judgement);
  std::string out;
  append_log_line(
      out, {.time = example_now(), .since_start = 0s, .connection = 1, .status = 400, .applied = false, .fault = {}},
      request, judgement);
  BOOST_TEST(out ==
             R"({"time":"2025-11-03T07:01:40.000000Z","t_ns":0,"connection":1,"key":null,"value":{},"user":null,)"
             R"("trace_id":null,"status":400,"applied":false,"refused":"X-User-Id: missing"})"
             "\n");
}

BOOST_AUTO_TEST_CASE(a_replaced_tokens_file_applies_from_the_next_request_on) {
  const job_support::TemporaryFolder folder;
  SimulatorSettings settings;
  settings.tokens_file = folder.path() / "tokens";
  const auto place = [&](std::string_view content, mode_t mode = 0600) {
    const auto path = folder.write("new", content);
    ::chmod(path.c_str(), mode);
    std::filesystem::rename(path, settings.tokens_file);
  };
  place("user_id,token\nuser-1,example-token\n");
  Waiting ticket;
  Simulation simulation(settings, RequestLog(), {TimePoint(1h), example_now()},
                        *job::read_tokens_file(settings.tokens_file));
  const auto status = [&] {
    Exchange exchange;
    exchange.ticket = &ticket;
    exchange.arrived = {TimePoint(1h), example_now()};
    std::string out;
    simulation.arrive(rename_request(), exchange);
    simulation.conclude(rename_request(), exchange, exchange.arrived.wall, out);
    return exchange.judgement.status;
  };
  BOOST_TEST(status() == 200);
  place("user_id,token\nuser-1,another-token\n");
  BOOST_TEST(status() == 401);
  place("user_id,token\nuser-1,example-token\n", 0644);
  BOOST_TEST(status() == 401, "an unusable file changes nothing");
  place("user_id,token\nuser-1,example-token\n");
  BOOST_TEST(status() == 200);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
