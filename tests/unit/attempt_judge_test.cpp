#include "engine/attempt_judge.hpp"

#include "engine_support.hpp"
#include "koobatch/http/date.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>

using namespace koobatch;
using namespace koobatch::engine;
using namespace std::chrono_literals;
using engine_support::FakeRenewal;
using Action = AttemptJudge::Action;
using koodrive::Verdict;

namespace {

constexpr TimePoint start{1h};
const WallTime noon(1'795'000'000s);

koodrive::Operation rename_of(std::string_view id) {
  koodrive::Fields fields;
  fields.row = koodrive::service_catalogue().find("rename_shared_folder");
  fields.values[0] = {.present = true, .text = id};
  fields.values[1] = {.present = true, .text = "name"};
  koodrive::Operation operation;
  koodrive::OperationBuilder::build(fields, 1, "7", "", operation);
  return operation;
}

http::Answer answer_of(int http, std::string body, const std::string& date) {
  http::Answer answer;
  answer.delivery = http::Delivery::answered;
  answer.http = http;
  answer.body = std::move(body);
  answer.content_type = "application/json";
  answer.date = date;
  return answer;
}

/// One operation, which is sent and judged as often as a test needs.
struct Desk {
  std::unique_ptr<auth::Credentials> credentials = auth::Credentials::simulated();
  FakeRenewal renewal;
  SharedTokenPolicy policy{*credentials, renewal};
  koodrive::ClockProof proof;
  AttemptJudge judge{policy, proof};
  koodrive::Operation operation = rename_of("1");
  koodrive::ClockRepeats repeats;
  SentRequest sent;
  koodrive::Outcome outcome;
  unsigned corrected = 0;
  TimePoint now = start;

  /// Sends a request when our clock shows `wall`, and judges the answer, whose Date is `service`.
  AttemptJudge::Judgement attempt(int http, std::string body, WallTime wall = noon, WallTime service = noon) {
    judge.equip("7", now, wall, corrected == 0 ? nullptr : &repeats, sent);
    auto answer = answer_of(http, std::move(body), http::format_date(service));
    auto judgement = judge.judge(answer, {operation, corrected, repeats, now, wall}, sent, outcome);
    if (outcome.verdict == Verdict::repeat) ++corrected;
    now += 1ms;
    return judgement;
  }
};

constexpr const char* success = R"({"code":0,"msg":"success"})";
constexpr const char* parameter_check = R"({"code":13000102,"msg":"Parameter check failed."})";

}  // namespace

BOOST_FIXTURE_TEST_SUITE(attempt_judge, Desk)

BOOST_AUTO_TEST_CASE(a_success_stands_and_proves_the_credentials) {
  BOOST_TEST(attempt(200, success).action == Action::complete);
  BOOST_TEST(outcome.verdict == Verdict::succeeded);
  BOOST_TEST(renewal.told_accepted == 1);
}

BOOST_AUTO_TEST_CASE(a_gateways_answer_proves_nothing_about_the_credentials) {
  for (const int http : {429, 500, 502, 503}) attempt(http, "");
  BOOST_TEST(renewal.told_accepted == 0);
}

BOOST_AUTO_TEST_CASE(an_answer_in_place_of_the_service_proves_neither_clock_nor_credentials) {
  auto answer = answer_of(200, "<html><title>Log in</title></html>", http::format_date(noon + 5h));
  answer.content_type = "text/html";
  judge.equip("7", now, noon, nullptr, sent);
  const WallTime before = sent.dated.x_date;
  judge.judge(answer, {operation, 0, repeats, now, noon}, sent, outcome);
  BOOST_TEST(outcome.foreign);
  BOOST_TEST(renewal.told_accepted == 0);
  judge.equip("7", now, noon, nullptr, sent);
  BOOST_TEST((sent.dated.x_date == before));
}

BOOST_AUTO_TEST_CASE(a_refusal_that_our_clock_explains_is_repeated_by_the_services_clock) {
  const auto first = attempt(400, parameter_check, noon - 24h);
  BOOST_TEST(first.action == Action::complete);
  BOOST_TEST(first.answered == Verdict::rejected, "metrics show the original answer");
  BOOST_TEST(outcome.verdict == Verdict::repeat);
  BOOST_TEST(attempt(200, success, noon - 24h).action == Action::complete);
  BOOST_TEST(outcome.verdict == Verdict::succeeded);
  BOOST_TEST((noon - sent.dated.x_date < koodrive::ServerClock::window));
}

BOOST_AUTO_TEST_CASE(a_refusal_of_the_operation_itself_is_believed) {
  attempt(200, success);
  BOOST_TEST(attempt(400, R"({"code":13000405,"msg":"name already used"})").action == Action::complete);
  BOOST_TEST(outcome.verdict == Verdict::rejected);
  BOOST_TEST(renewal.told_accepted == 1);
}

BOOST_AUTO_TEST_CASE(a_refused_token_is_repeated_with_another_one) {
  attempt(200, success);
  renewal.helps = true;
  BOOST_TEST(attempt(401, "").action == Action::complete);
  BOOST_TEST(outcome.verdict == Verdict::repeat);
  BOOST_TEST(renewal.asked_refused == 1);
}

BOOST_AUTO_TEST_CASE(a_token_refused_for_good_abandons_the_operation_and_gives_the_reason) {
  attempt(200, success);
  const auto judgement = attempt(401, "");
  BOOST_TEST(judgement.action == Action::abandon);
  BOOST_TEST(std::holds_alternative<CredentialsRefused>(judgement.reason.value()));
}

BOOST_AUTO_TEST_CASE(a_connection_that_could_not_be_opened_sent_nothing) {
  http::Answer answer;
  answer.error = "connection refused";
  judge.judge_unopened(answer, noon, outcome);
  BOOST_TEST(outcome.verdict == Verdict::not_applied);
  BOOST_TEST(outcome.error == "connection refused");
}

// Attempts that are dated too early on purpose.

BOOST_AUTO_TEST_CASE(a_refusal_of_a_stale_attempt_is_never_the_operations) {
  for (const int http : {400, 401, 403, 404}) {
    sent.stale = true;
    const auto judgement = attempt(http, R"({"code":13000999,"msg":"no"})");
    BOOST_TEST(judgement.action == Action::complete);
    BOOST_TEST(!judgement.reason.has_value());
    BOOST_TEST((judgement.answered == Verdict::rejected || judgement.answered == Verdict::unauthorized ||
                judgement.answered == Verdict::suspicious));
    BOOST_TEST(outcome.verdict == Verdict::repeat);
  }
  BOOST_TEST(renewal.asked_refused == 0);
}

BOOST_AUTO_TEST_CASE(nothing_about_the_clock_is_learned_from_a_stale_attempt) {
  judge.equip("7", now, noon, nullptr, sent);
  sent.stale = true;
  sent.dated.x_date -= 16min;
  sent.dated.offset -= 16min;
  auto answer = answer_of(200, success, http::format_date(noon));
  judge.judge(answer, {operation, 0, repeats, now, noon}, sent, outcome);
  BOOST_TEST(outcome.verdict == Verdict::succeeded);
  BOOST_TEST(!proof.accepted().has_value());
}

BOOST_AUTO_TEST_SUITE_END()
