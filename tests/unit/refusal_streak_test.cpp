#include "koobatch/flow/refusal_streak.hpp"

#include "koobatch/koodrive/classifier.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::flow;
using Activity = RefusalStreak::Activity;
using Fate = RefusalStreak::Decision::Fate;

namespace {

koodrive::Outcome refusal(int http, std::string page = "text/html, 'Access denied'") {
  koodrive::Outcome it;
  it.verdict = koodrive::Verdict::rejected;
  it.http = http;
  it.page = std::move(page);
  return it;
}

koodrive::Outcome refusal_in_json(int http, std::string msg, std::optional<std::int64_t> code = std::nullopt) {
  koodrive::Outcome it = refusal(http, "");
  it.msg = std::move(msg);
  it.code = code;
  return it;
}

koodrive::Outcome redirect(const std::string& target) {
  koodrive::Outcome it = refusal(302, "");
  it.error = "redirected to '" + target + "'; redirects are not followed";
  return it;
}

koodrive::Outcome redirect_to(const std::string& service) {
  koodrive::Outcome it = redirect(service + "/koodrive");
  it.leads_to = service;
  return it;
}

/// Refuses so many alike; returns the last decision.
RefusalStreak::Decision refuse(RefusalStreak& streak, std::size_t times,
                               const koodrive::Outcome& outcome = refusal(403)) {
  RefusalStreak::Decision last;
  for (std::size_t i = 0; i < times; ++i) last = streak.refused(0, outcome);
  return last;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(refusal_streak)

BOOST_AUTO_TEST_CASE(so_many_refused_alike_stop_the_run_and_none_of_them_is_final) {
  RefusalStreak streak(true, 1);
  for (std::uint64_t i = 1; i < RefusalStreak::limit; ++i) {
    const auto decision = streak.refused(0, refusal(403));
    BOOST_TEST(decision.fate == Fate::hold);
    BOOST_TEST(decision.ticket == i);
    BOOST_TEST(!decision.released);
  }
  const auto last = streak.refused(0, refusal(403));
  BOOST_TEST(last.fate == Fate::stop);
  BOOST_TEST(last.recorded == 0U);
  BOOST_TEST(!streak.released(1));
}

BOOST_AUTO_TEST_CASE(what_comes_after_the_stop_makes_nothing_final) {
  RefusalStreak streak(true, 1);
  refuse(streak, RefusalStreak::limit);
  BOOST_TEST(!streak.answered());
  BOOST_TEST(!streak.set_at_rest(0, Activity::ended));
  BOOST_TEST(refuse(streak, 1).fate == Fate::hold);
  BOOST_TEST(refuse(streak, 1, refusal(407)).fate == Fate::hold);
  BOOST_TEST(!streak.open());
  BOOST_TEST(!streak.released(1));
}

BOOST_AUTO_TEST_CASE(an_answer_of_the_service_makes_the_refusals_before_it_final) {
  RefusalStreak streak(true, 1);
  BOOST_TEST(streak.open(), "the first answer proves that the service is at work");
  BOOST_TEST(!streak.answered());
  BOOST_TEST(!streak.open());
  const auto last = refuse(streak, RefusalStreak::limit - 1);
  BOOST_TEST(streak.open());
  BOOST_TEST(streak.answered());
  BOOST_TEST(streak.released(last.ticket));
  BOOST_TEST(!streak.open());
  const auto next = refuse(streak, RefusalStreak::limit - 1);
  BOOST_TEST(next.fate == Fate::hold, "counted from the start");
  BOOST_TEST(!streak.released(last.ticket + 1));
}

BOOST_AUTO_TEST_CASE(a_refusal_of_another_kind_makes_those_before_it_final_and_begins_a_streak_itself) {
  RefusalStreak streak(true, 1);
  const auto before = refuse(streak, RefusalStreak::limit - 1);
  const auto other = streak.refused(0, refusal(407));
  BOOST_TEST(other.fate == Fate::hold);
  BOOST_TEST(other.released);
  BOOST_TEST(streak.released(before.ticket));
  BOOST_TEST(!streak.released(other.ticket));
  BOOST_TEST(refuse(streak, RefusalStreak::limit - 1, refusal(407)).fate == Fate::stop);
}

BOOST_AUTO_TEST_CASE(pages_of_one_status_are_alike_whatever_they_say) {
  RefusalStreak streak(true, 1);
  refuse(streak, 1, refusal(403, "text/html, 'Access denied - support ID abc'"));
  BOOST_TEST(!streak.refused(0, refusal(403, "text/plain, 'blocked'")).released);
}

BOOST_AUTO_TEST_CASE(redirects_of_one_status_are_alike_wherever_they_lead) {
  RefusalStreak streak(true, 1);
  refuse(streak, 1, redirect("https://login/?to=a"));
  BOOST_TEST(!streak.refused(0, redirect("https://login/?to=b")).released);
}

BOOST_AUTO_TEST_CASE(a_first_answer_that_leads_to_another_service_stops_the_run_at_once) {
  for (const char* target : {"http://other.example", "https://koo.example", "http://koo.example:8080"}) {
    RefusalStreak streak(true, 1, "http://koo.example");
    const auto decision = streak.refused(0, redirect_to(target));
    BOOST_TEST(decision.fate == Fate::stop, target);
    BOOST_TEST(decision.count == 1U);
    BOOST_TEST(decision.recorded == 0U);
    BOOST_TEST(!streak.set_at_rest(0, Activity::ended));
    BOOST_TEST(!streak.released(decision.ticket));
  }
}

BOOST_AUTO_TEST_CASE(a_redirect_within_the_service_or_after_it_has_answered_is_one_refusal_of_many) {
  RefusalStreak within(true, 1, "http://koo.example");
  BOOST_TEST(within.refused(0, redirect_to("")).fate == Fate::hold);
  BOOST_TEST(within.refused(0, redirect_to("http://KOO.example")).fate == Fate::hold);
  RefusalStreak later(true, 1, "http://koo.example");
  later.answered();
  BOOST_TEST(refuse(later, RefusalStreak::limit - 1, redirect_to("https://koo.example")).fate == Fate::hold);
  const auto last = later.refused(0, redirect_to("https://koo.example"));
  BOOST_TEST(last.fate == Fate::stop);
  BOOST_TEST(last.count == RefusalStreak::limit);
  RefusalStreak overruled(false, 1, "http://koo.example");
  BOOST_TEST(overruled.refused(0, redirect_to("https://koo.example")).fate == Fate::hold, "--max-errors decides");
}

BOOST_AUTO_TEST_CASE(refusals_in_json_are_alike_if_their_words_are_apart_from_numbers) {
  RefusalStreak streak(true, 1);
  refuse(streak, 1, refusal_in_json(404, "no route for /albums/17, id 42"));
  BOOST_TEST(!streak.refused(0, refusal_in_json(404, "no route for /albums/18, id 43")).released);
  BOOST_TEST(streak.refused(0, refusal_in_json(404, "no such album")).released);
  BOOST_TEST(streak.refused(0, refusal_in_json(404, "no such album", 7)).released);
  BOOST_TEST(streak.refused(0, refusal_in_json(400, "no such album", 7)).released);
}

BOOST_AUTO_TEST_CASE(a_documented_code_is_the_services_whatever_the_status) {
  BOOST_TEST(!RefusalStreak::is_refusal(refusal_in_json(403, "No permission.", 13000410)));
  BOOST_TEST(koodrive::proves_service(refusal_in_json(403, "No permission.", 13000410)));
  BOOST_TEST(RefusalStreak::is_refusal(refusal_in_json(403, "?", 13000999)));
  BOOST_TEST(RefusalStreak::is_refusal(redirect("https://login/")));
}

BOOST_AUTO_TEST_CASE(only_what_the_service_alone_can_say_proves_it) {
  koodrive::Outcome it;
  it.http = 200;
  for (const koodrive::Verdict verdict :
       {koodrive::Verdict::undecidable, koodrive::Verdict::throttled, koodrive::Verdict::not_applied,
        koodrive::Verdict::unclear, koodrive::Verdict::stale, koodrive::Verdict::unauthorized,
        koodrive::Verdict::suspicious, koodrive::Verdict::rejected}) {
    it.verdict = verdict;
    BOOST_TEST(!koodrive::proves_service(it));
  }
  it.verdict = koodrive::Verdict::succeeded;
  BOOST_TEST(koodrive::proves_service(it));
  BOOST_TEST(!RefusalStreak::is_refusal(it));
}

BOOST_AUTO_TEST_CASE(a_user_who_said_how_many_errors_are_too_many_is_not_overruled) {
  RefusalStreak streak(false, 1);
  const auto held = refuse(streak, RefusalStreak::limit - 1);
  BOOST_TEST(held.fate == Fate::hold);
  BOOST_TEST(streak.held().count == RefusalStreak::limit - 1, "they count, and are not final");
  BOOST_TEST(streak.held().answer == "HTTP 403, text/html, 'Access denied'");
  const auto next = streak.refused(0, refusal(403));
  BOOST_TEST(next.fate == Fate::record);
  BOOST_TEST(next.released);
  BOOST_TEST(streak.released(held.ticket));
  BOOST_TEST(refuse(streak, 3 * RefusalStreak::limit).fate == Fate::record);
  BOOST_TEST(streak.held().count == 0U);
  BOOST_TEST(!streak.answered());
  BOOST_TEST(streak.refused(0, refusal(403)).fate == Fate::hold, "a new streak");
}

BOOST_AUTO_TEST_CASE(what_is_held_back_when_the_run_stops_for_another_reason_never_becomes_final) {
  RefusalStreak streak(false, 1);
  const auto held = refuse(streak, 3);
  streak.stop();
  BOOST_TEST(!streak.open());
  BOOST_TEST(!streak.answered());
  BOOST_TEST(!streak.set_at_rest(0, Activity::ended));
  BOOST_TEST(refuse(streak, RefusalStreak::limit).fate == Fate::hold);
  BOOST_TEST(!streak.released(held.ticket));
}

// When nothing else is left to do.

BOOST_AUTO_TEST_CASE(at_the_end_the_held_refusals_become_final_one_by_one_in_order) {
  RefusalStreak streak(true, 1);
  refuse(streak, 2);
  BOOST_TEST(streak.set_at_rest(0, Activity::ended));
  BOOST_TEST(streak.released(1));
  BOOST_TEST(!streak.released(2), "what waited behind the first may show that the second is not final");
  BOOST_TEST(streak.set_at_rest(0, Activity::ended));
  BOOST_TEST(streak.released(2));
  BOOST_TEST(!streak.set_at_rest(0, Activity::ended));
}

BOOST_AUTO_TEST_CASE(nothing_becomes_final_while_somebody_has_something_to_do) {
  RefusalStreak streak(true, 2);
  refuse(streak, 1);
  BOOST_TEST(!streak.set_at_rest(0, Activity::ended), "the other one is busy");
  BOOST_TEST(streak.set_at_rest(1, Activity::ended), "whoever holds it");
  BOOST_TEST(streak.released(1));
}

BOOST_AUTO_TEST_CASE(who_holds_what_is_released_has_something_to_do) {
  RefusalStreak streak(true, 2);
  refuse(streak, 2);
  streak.set_at_rest(0, Activity::ended);
  BOOST_TEST(streak.set_at_rest(1, Activity::ended));
  BOOST_TEST(!streak.set_at_rest(1, Activity::ended), "the first one is still to record it");
  BOOST_TEST(streak.set_at_rest(0, Activity::ended));
}

BOOST_AUTO_TEST_CASE(a_job_that_is_still_read_may_bring_more) {
  RefusalStreak streak(true, 2);
  refuse(streak, 1);
  streak.set_at_rest(0, Activity::ended);
  BOOST_TEST(!streak.set_at_rest(1, Activity::starved));
  BOOST_TEST(streak.set_at_rest(0, Activity::full), "nothing more is read before it has room");
}

BOOST_AUTO_TEST_CASE(who_is_given_more_is_busy_again) {
  RefusalStreak streak(true, 2);
  refuse(streak, 1);
  streak.set_at_rest(1, Activity::ended);
  streak.set_busy(1);
  BOOST_TEST(!streak.set_at_rest(0, Activity::ended));
}

BOOST_AUTO_TEST_CASE(refusals_that_had_to_become_final_count_on) {
  RefusalStreak streak(true, 1);
  RefusalStreak::Decision last;
  for (std::size_t i = 0; i < RefusalStreak::limit; ++i) {
    last = streak.refused(0, refusal(403));
    if (i < 60) streak.set_at_rest(0, Activity::full);
  }
  BOOST_TEST(last.fate == Fate::stop);
  BOOST_TEST(last.recorded == 60U);
}

BOOST_AUTO_TEST_SUITE_END()
