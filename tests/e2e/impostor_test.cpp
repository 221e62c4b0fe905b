// What answers in place of the service: a login page or a firewall that takes every request (an outage), or refuses
// every request (the run stops), from the start or from the middle of a run on. No operation is charged for either.
#include "fault_gate.hpp"
#include "scripted_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include "koobatch/flow/breaker.hpp"
#include "koobatch/flow/refusal_streak.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <csignal>
#include <map>

using namespace koobatch::test;
using koobatch::flow::RefusalStreak;

namespace {

constexpr std::size_t operations = 600;
/// The number of requests that the service answers before something else does.
constexpr std::size_t good = 200;
/// More pages than a run that keeps its promise can receive.
constexpr std::size_t for_ever = 5'000;

const Process::Environment token = {{"TOKEN", "s3cret"}};

std::string answer(int status, std::string_view headers, std::string_view body) {
  return fmt::format("HTTP/1.1 {} Scripted\r\nContent-Length: {}\r\n{}\r\n{}", status, body.size(), headers, body);
}

std::string page(int status, std::string_view title = "Sign in", std::string_view headers = {}) {
  return answer(status, fmt::format("Content-Type: text/html; charset=utf-8\r\n{}", headers),
                fmt::format("<!DOCTYPE html><html><head><title>{}</title></head></html>", title));
}

const std::string no_content = "HTTP/1.1 204 No Content\r\n\r\n";
const std::string to_the_login = page(302, "Moved", "Location: https://login.example/?state=1\r\n");

/// The service, then `odd` that many times, then the service again.
std::vector<Reply> from(std::size_t first, std::size_t times, const std::string& odd) {
  std::vector<Reply> replies(first, Reply{.bytes = success()});
  replies.insert(replies.end(), times, Reply{.bytes = odd});
  return replies;
}

/// How the run sends.
struct Way {
  unsigned connections;
  unsigned threads;
};
const std::vector<Way> ways = {{1, 1}, {64, 1}, {64, 2}};

/// False if answers may be judged in another order than the server's: on several connections a refusal may be read
/// before a success that was sent ahead of it, and of two threads one may be delayed while holding a success, so that
/// the other judges the later refusals first.
bool in_order(std::size_t successes_first, const Way& way) {
  return successes_first == 0 || way.connections == 1;
}

std::ostream& operator<<(std::ostream& out, const Way& way) {
  return out << way.connections << " connections, " << way.threads << " threads";
}

std::string events(std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += fmt::format("{{\"op\":\"post_event\",\"id\":\"{}\",\"text\":\"x\"}}\n", i);
  return text;
}

/// Renames of that many folders, in turn.
std::string renames_of(std::size_t folders, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += fmt::format("{{\"op\":\"rename_shared_folder\",\"id\":\"{}\",\"fileName\":\"name{}\"}}\n", i % folders, i);
  }
  return text;
}

struct Fixture {
  std::vector<std::string> command(const std::string& url, Way way, const std::vector<std::string>& flags) {
    std::vector<std::string> all = {"run",           job,
                                    "--endpoint",    url,
                                    "--user-id",     "7",
                                    "--report",      report,
                                    "--progress",    "none",
                                    "--connections", std::to_string(way.connections),
                                    "--threads",     std::to_string(way.threads),
                                    "--retry-base",  "1ms",
                                    "--token-env",   "TOKEN"};
    all.insert(all.end(), flags.begin(), flags.end());
    return all;
  }

  Finished run(const ScriptedServer& server, Way way = {64, 1}, const std::vector<std::string>& flags = {}) {
    ::unlink(report.c_str());
    return run_koobatch(command(server.url(), way, flags), token);
  }

  /// Resumes the run with a healthy service, and checks that every operation has one result, and succeeded.
  void check_that_the_rest_succeeds(std::size_t all = operations) const {
    const ScriptedServer service;
    const auto finished = run_koobatch({"resume", report, "--endpoint", service.url(), "--progress", "none"}, token);
    BOOST_TEST(finished.status == 0, finished.err);
    check_results({{"succeeded", all}});
  }

  /// For answers that may have been judged in another order than sent, so that refusals before the last success
  /// were final.
  void check_that_the_rest_succeeds_but_what_was_recorded() const {
    const std::size_t rejected = count("rejected");
    const ScriptedServer service;
    const auto finished = run_koobatch({"resume", report, "--endpoint", service.url(), "--progress", "none"}, token);
    BOOST_TEST(finished.status == (rejected == 0 ? 0 : 1), finished.err);
    std::map<std::string, std::size_t> expected = {{"succeeded", operations - rejected}};
    if (rejected != 0) expected["rejected"] = rejected;
    check_results(expected);
  }

  /// No operation has two results.
  void check_results(const std::map<std::string, std::size_t>& expected) const {
    std::map<std::string, std::size_t> counts;
    std::map<std::uint32_t, unsigned> lines;
    for (const auto& result : read_report(report).results) {
      ++counts[result.status];
      BOOST_TEST(++lines[result.line] == 1U, result.text);
    }
    BOOST_TEST((counts == expected), describe(counts));
  }

  std::size_t count(std::string_view status) const {
    const auto results = read_report(report).results;
    return static_cast<std::size_t>(
        std::count_if(results.begin(), results.end(), [&](const auto& result) { return result.status == status; }));
  }

  static std::string describe(const std::map<std::string, std::size_t>& counts) {
    std::string text;
    for (const auto& [status, number] : counts) text += fmt::format("{} {} ", number, status);
    return text;
  }

  Workspace workspace;
  std::string job = workspace.write("job.ndjson", renames(operations));
  const std::string report = workspace.path("r");
};

bool says(const Finished& finished, std::string_view words) {
  return finished.err.find(words) != std::string::npos;
}

void wait_for_requests(const ScriptedServer& server, std::size_t count) {
  while (server.requests() < count) ::usleep(5'000);
}

/// Too few attempts and too little time to last through an outage.
const std::vector<std::string> impatient = {"--max-attempts", "1", "--deadline", "500ms"};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(impostor, Fixture)

// Takes every request -------------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(a_page_from_the_start_gets_one_probe_at_a_time_is_quoted_and_costs_no_operation_anything) {
  const std::map<std::string, std::string> pages = {
      {page(200), "HTTP 200, text/html, 'Sign in'"},
      {answer(200, "", ""), "HTTP 200, no body"},
      {answer(200, "Content-Type: text/plain\r\n", "blocked"), "HTTP 200, text/plain, 'blocked'"},
      {no_content, "HTTP 204, no body"}};
  for (const auto& [bytes, quoted] : pages) {
    for (const Way way : ways) {
      BOOST_TEST_CONTEXT(quoted << ", " << way) {
        const ScriptedServer server(from(0, 3, bytes));
        const auto finished = run(server, way, impatient);
        BOOST_TEST(finished.status == 0, finished.err);
        check_results({{"succeeded", operations}});
        BOOST_TEST(server.requests() == operations + 3);
        BOOST_TEST(says(finished, "something else answers in place of the service (" + quoted + ")"), finished.err);
        BOOST_TEST(says(finished, "the service answers again"), finished.err);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_page_from_the_middle_on_is_an_outage_that_no_operation_is_charged_for) {
  for (const Way way : ways) {
    BOOST_TEST_CONTEXT(way) {
      const ScriptedServer service;
      const ScriptedServer impostor(from(0, for_ever, page(200)));
      FaultGate gate(service.url());
      ::unlink(report.c_str());
      // Each change breaks single connections, perhaps of the same operation, and perhaps on its way to a new one. That
      // is not an outage, so there are more attempts; fewer than the outage would take.
      auto arguments = command(gate.url(), way, {"--rate", "500/s", "--max-attempts", "5", "--deadline", "1s"});
      arguments.insert(arguments.begin(), KOOBATCH_BINARY);
      Process process(arguments, token);
      wait_for_requests(service, good);
      gate.redirect(impostor.url());
      wait_for_requests(impostor, koobatch::flow::Breaker::failures_to_open + 2);
      gate.redirect(service.url());
      const auto finished = process.wait();
      BOOST_TEST(finished.status == 0, finished.err);
      check_results({{"succeeded", operations}});
      BOOST_TEST(impostor.requests() <= way.connections + koobatch::flow::Breaker::failures_to_open + 4U);
      BOOST_TEST(finished.out.find("1 outage") != std::string::npos, finished.out);
      // With several connections what the change broke may be the outage's first failures, and what is quoted.
      if (way.connections == 1) {
        BOOST_TEST(says(finished, "something else answers in place of the service (HTTP 200, text/html, 'Sign in')"),
                   finished.err);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_page_that_stays_ends_the_run_after_the_longest_outage_and_loses_nothing) {
  for (const std::size_t first : {std::size_t{0}, good}) {
    for (const Way way : ways) {
      BOOST_TEST_CONTEXT(first << " answered, " << way) {
        const ScriptedServer server(from(first, for_ever, page(200)));
        // A success that is judged after pages shows that there was no outage yet, and so those count as attempts.
        const bool ordered = in_order(first, way);
        const auto finished = run(server, way, {"--max-outage", "1s", "--max-attempts", ordered ? "1" : "5"});
        BOOST_TEST(finished.status == 5, finished.err);
        BOOST_TEST(says(finished, "(--max-outage): HTTP 200, text/html, 'Sign in': not an answer of the service"),
                   finished.err);
        // Those in flight when the pages begin, and a probe now and then; from the start, probes alone.
        // A late success makes the service seem to answer again, and the connections are busy once more.
        const std::size_t in_flight = first == 0 ? 0 : way.connections + koobatch::flow::Breaker::failures_to_open;
        BOOST_TEST(server.requests() <= first + in_flight * (ordered ? 1 : 2) + 10);
        BOOST_TEST(count("succeeded") == read_report(report).results.size());
        check_that_the_rest_succeeds();
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_job_on_one_folder_is_not_charged_for_pages_either) {
  workspace.write("job.ndjson", renames_of(1, 30));
  const ScriptedServer server(from(10, 8, page(200)));
  const auto finished = run(server, {4, 1}, impatient);
  BOOST_TEST(finished.status == 0, finished.err);
  check_results({{"succeeded", 30}});
}

BOOST_AUTO_TEST_CASE(single_pages_amid_good_answers_are_retried_and_are_not_an_outage) {
  std::vector<Reply> replies;
  for (std::size_t i = 0; i < operations; ++i) replies.push_back({.bytes = i % 10 == 3 ? page(200) : success()});
  for (const Way way : ways) {
    BOOST_TEST_CONTEXT(way) {
      const ScriptedServer server(replies);
      // One in ten: of 600 operations, one has five of them in a row now and then.
      const auto finished = run(server, way, {"--max-attempts", "12"});
      BOOST_TEST(finished.status == 0, finished.err);
      check_results({{"succeeded", operations}});
      BOOST_TEST(!says(finished, "in place of the service"), finished.err);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_event_answered_by_a_page_may_have_arrived_and_is_never_sent_twice) {
  workspace.write("job.ndjson", events(50));
  const ScriptedServer server(from(0, 3, page(200)));
  const auto finished = run(server);
  BOOST_TEST(finished.status == 1, finished.err);
  check_results({{"succeeded", 47}, {"unknown", 3}});
  BOOST_TEST(server.requests() == 50U);
}

BOOST_AUTO_TEST_CASE(a_page_with_503_is_waited_out) {
  for (const std::size_t first : {std::size_t{0}, good}) {
    for (const Way way : ways) {
      BOOST_TEST_CONTEXT(first << " answered, " << way) {
        const ScriptedServer server(from(first, 20, page(503, "Maintenance")));
        const auto finished = run(server, way, {"--max-attempts", "1"});
        BOOST_TEST(finished.status == 0, finished.err);
        check_results({{"succeeded", operations}});
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_pages_text_can_do_nothing_to_the_terminal_and_reveals_no_secret) {
  const ScriptedServer server(from(0, 2, page(200, "\x1b[2J\x07 s3cret " + std::string(5'000, 'x'))));
  const auto finished = run(server);
  BOOST_TEST(finished.status == 0, finished.err);
  BOOST_TEST(says(finished, "'\\u{1b}[2J\\u{7} *** xxx"), finished.err);
  BOOST_TEST(!says(finished, "s3cret"));
  BOOST_TEST(!says(finished, "\x1b"));
  BOOST_TEST(finished.err.size() < 2'000U);
}

// Refuses every request -----------------------------------------------------------------------------------------------

BOOST_AUTO_TEST_CASE(refusals_alike_stop_the_run_at_any_time_and_none_of_them_is_recorded) {
  const std::map<std::string, std::string> pages = {
      {page(403, "Access denied - support ID 123"), "HTTP 403, text/html, 'Access denied - support ID 123'"},
      {to_the_login, "HTTP 302: redirected to 'https://login.example/?state=1'"},
      {page(407, "Proxy"), "HTTP 407, text/html, 'Proxy'"},
      {page(400, "Bad Request"), "HTTP 400, text/html, 'Bad Request'"},
      {http_answer(404, R"({"error_code":"APIG.0101","error_msg":"The API does not exist"})"),
       "HTTP 404: The API does not exist"}};
  for (const auto& [bytes, quoted] : pages) {
    for (const std::size_t first : {std::size_t{0}, good}) {
      // One is enough then.
      if (first == 0 && bytes == to_the_login) continue;
      for (const Way way : ways) {
        BOOST_TEST_CONTEXT(quoted << " after " << first << ", " << way) {
          const ScriptedServer server(from(first, for_ever, bytes));
          const auto finished = run(server, way);
          BOOST_TEST(finished.status == 4, finished.err);
          BOOST_TEST(says(finished, "the last 100 operations were all refused alike"), finished.err);
          BOOST_TEST(says(finished, quoted), finished.err);
          BOOST_TEST(says(finished, "They have no result yet"), finished.err);
          BOOST_TEST(says(finished, fmt::format("run 'koobatch resume {}'", report)), finished.err);
          BOOST_TEST(server.requests() >= first + RefusalStreak::limit);
          const auto lines = read_report(report);
          BOOST_TEST(member(lines.end.at(0), "reason") == "aborted");
          BOOST_TEST(member(lines.end.at(0), "unsettled") == "[]");
          if (!in_order(first, way)) {
            check_that_the_rest_succeeds_but_what_was_recorded();
            continue;
          }
          BOOST_TEST(server.requests() <= first + RefusalStreak::limit + 2 * way.connections);
          BOOST_TEST(count("succeeded") == lines.results.size());
          check_that_the_rest_succeeds();
        }
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_first_answer_that_leads_to_another_service_stops_the_run_and_names_the_endpoint_to_use) {
  for (const Way way : ways) {
    BOOST_TEST_CONTEXT(way) {
      const ScriptedServer server(from(0, for_ever, page(301, "Moved", "Location: https://new.example:8443/x\r\n")));
      const auto finished = run(server, way);
      BOOST_TEST(finished.status == 4, finished.err);
      BOOST_TEST(server.requests() == 1U);
      BOOST_TEST(says(finished, "redirected to 'https://new.example:8443/x'"), finished.err);
      BOOST_TEST(says(finished,
                      "It has no result yet; if the service is at https://new.example:8443 now, run 'koobatch "
                      "resume " +
                          report + " --endpoint https://new.example:8443'"),
                 finished.err);
      BOOST_TEST(read_report(report).results.empty());
      check_that_the_rest_succeeds();
    }
  }
}

BOOST_AUTO_TEST_CASE(redirects_are_recorded_if_errors_are_allowed) {
  workspace.write("job.ndjson", renames(20));
  const ScriptedServer server(from(0, for_ever, to_the_login));
  const auto finished = run(server, {4, 1}, {"--max-errors", "100%"});
  BOOST_TEST(finished.status == 1, finished.err);
  check_results({{"rejected", 20}});
}

BOOST_AUTO_TEST_CASE(answers_that_are_not_http_are_not_mistaken_for_silence) {
  const ScriptedServer server(from(0, 3, "HTTP/1.1 200 OK\nContent-Length: 10\n\n{\"code\":0}"));
  const auto finished = run(server);
  BOOST_TEST(finished.status == 0, finished.err);
  check_results({{"succeeded", operations}});
  BOOST_TEST(says(finished,
                  "the service answers, but what it sends cannot be read: nothing is sent but a probe now and "
                  "then, until it can: the answer is not valid HTTP: bad line ending"),
             finished.err);
}

BOOST_AUTO_TEST_CASE(pages_that_differ_in_their_words_count_as_alike) {
  std::vector<Reply> replies = from(good, 0, "");
  for (int i = 0; i < 500; ++i) replies.push_back({.bytes = page(403, fmt::format("Blocked. ID {}", i))});
  const ScriptedServer server(replies);
  const auto finished = run(server);
  BOOST_TEST(finished.status == 4, finished.err);
  check_that_the_rest_succeeds();
}

BOOST_AUTO_TEST_CASE(fewer_refusals_alike_are_recorded_when_the_service_answers_again) {
  for (const Way way : ways) {
    BOOST_TEST_CONTEXT(way) {
      const ScriptedServer server(from(good, 20, page(403)));
      const auto finished = run(server, way);
      BOOST_TEST(finished.status == 1, finished.err);
      check_results({{"succeeded", operations - 20}, {"rejected", 20}});
      BOOST_TEST(server.requests() == operations);
      BOOST_TEST(workspace.read("r").find(R"("error":"text/html, 'Sign in'")") != std::string::npos);
    }
  }
}

BOOST_AUTO_TEST_CASE(refusals_at_the_end_of_the_job_are_recorded) {
  for (const Way way : ways) {
    BOOST_TEST_CONTEXT(way) {
      const ScriptedServer server(from(operations - 30, for_ever, page(403)));
      const auto finished = run(server, way);
      BOOST_TEST(finished.status == 1, finished.err);
      check_results({{"succeeded", operations - 30}, {"rejected", 30}});
      BOOST_TEST(server.requests() == operations);
    }
  }
}

BOOST_AUTO_TEST_CASE(single_refusals_do_not_hold_up_the_folder_they_are_about) {
  workspace.write("job.ndjson", renames_of(3, 120));
  std::vector<Reply> replies;
  for (std::size_t i = 0; i < 120; ++i) replies.push_back({.bytes = i % 10 == 9 ? page(404, "Not found") : success()});
  for (const Way way : {Way{1, 1}, Way{4, 1}, Way{4, 2}}) {
    BOOST_TEST_CONTEXT(way) {
      const ScriptedServer server(replies);
      const auto finished = run(server, way);
      BOOST_TEST(finished.status == 1, finished.err);
      check_results({{"succeeded", 108}, {"rejected", 12}});
      BOOST_TEST(server.requests() == 120U);
    }
  }
}

BOOST_AUTO_TEST_CASE(with_fewer_folders_than_a_streak_is_long_the_run_stops_too_and_says_what_it_recorded) {
  constexpr std::size_t folders = 40;
  workspace.write("job.ndjson", renames_of(folders, operations));
  for (const Way way : ways) {
    BOOST_TEST_CONTEXT(way) {
      const ScriptedServer server(from(good, for_ever, page(403)));
      const auto finished = run(server, way);
      BOOST_TEST(finished.status == 4, finished.err);
      const std::size_t rejected = count("rejected");
      BOOST_TEST(rejected >= RefusalStreak::limit - folders);
      if (!in_order(good, way)) continue;
      BOOST_TEST(rejected < RefusalStreak::limit);
      BOOST_TEST(says(finished, fmt::format("{} of them are recorded as rejected", rejected)), finished.err);
    }
  }
}

BOOST_AUTO_TEST_CASE(every_refusal_is_recorded_if_errors_are_allowed) {
  for (const Way way : ways) {
    BOOST_TEST_CONTEXT(way) {
      const ScriptedServer server(from(good, for_ever, page(403)));
      const auto stopped = run(server, way);
      BOOST_TEST(stopped.status == 4, stopped.err);
      const std::size_t succeeded = count("succeeded");
      const auto finished = run_koobatch({"resume", report, "--max-errors", "100%", "--progress", "none"}, token);
      BOOST_TEST(finished.status == 1, finished.err);
      check_results({{"succeeded", succeeded}, {"rejected", operations - succeeded}});
    }
  }
}

BOOST_AUTO_TEST_CASE(a_limit_on_errors_stops_the_run_before_any_of_the_last_refusals_is_recorded) {
  for (const Way way : ways) {
    for (const std::string limit : {"20", "5%"}) {
      BOOST_TEST_CONTEXT(way << ", " << limit) {
        const ScriptedServer server(from(good, for_ever, page(403)));
        const auto finished = run(server, way, {"--max-errors", limit});
        BOOST_TEST(finished.status == 4, finished.err);
        BOOST_TEST(says(finished, "more than --max-errors " + limit + " allows (the last "), finished.err);
        BOOST_TEST(says(finished, "have no result yet: HTTP 403, text/html, 'Sign in')"), finished.err);
        if (!in_order(good, way)) {
          check_that_the_rest_succeeds_but_what_was_recorded();
          continue;
        }
        BOOST_TEST(count("succeeded") == read_report(report).results.size());
        check_that_the_rest_succeeds();
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(a_run_that_ends_while_refusals_are_held_back_loses_none_of_them) {
  for (const std::string& text : {renames(operations), events(operations)}) {
    for (const int signal : {SIGINT, SIGKILL}) {
      for (const unsigned threads : {1U, 2U}) {
        // An event that was noted in the report when the process died can never be sent again.
        if (signal == SIGKILL && text.find("post_event") != std::string::npos) continue;
        BOOST_TEST_CONTEXT("signal " << signal << ", " << threads << " threads, " << text.substr(0, 20)) {
          workspace.write("job.ndjson", text);
          ::unlink(report.c_str());
          // Slow enough to be ended long before there are too many.
          const ScriptedServer server(from(5, for_ever, page(403)));
          auto arguments = command(server.url(), {8, threads}, {"--rate", "20/s", "--burst", "1"});
          arguments.insert(arguments.begin(), KOOBATCH_BINARY);
          Process process(arguments, token);
          wait_for_requests(server, 20);
          process.signal(signal);
          const auto finished = process.wait();
          BOOST_TEST(finished.status == (signal == SIGINT ? 130 : 137), finished.err);
          BOOST_TEST(count("succeeded") == read_report(report).results.size());
          const ScriptedServer service;
          const auto resumed = run_koobatch(
              {"resume", report, "--endpoint", service.url(), "--rate", "none", "--progress", "none"}, token);
          BOOST_TEST(resumed.status == 0, resumed.err);
          check_results({{"succeeded", operations}});
        }
      }
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()
