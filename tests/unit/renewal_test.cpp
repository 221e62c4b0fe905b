#include "koobatch/auth/renewal.hpp"

#include <boost/test/unit_test.hpp>

using koobatch::Duration;
using koobatch::TimePoint;
using koobatch::auth::Renewal;
using namespace std::chrono_literals;

namespace {

const TimePoint start{std::chrono::hours(1)};

/// A policy whose token was taken at `start`.
struct Policy : Renewal {
  explicit Policy(bool renewable = true, bool refreshes = true)
      : Renewal({.renewable = renewable, .refreshes = refreshes, .patience = 10min}, start) {
    accepted(start);
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(renewal)

BOOST_AUTO_TEST_CASE(a_refusal_begins_one_renewal_for_everybody) {
  Policy policy;
  BOOST_TEST(policy.refused());
  BOOST_TEST(policy.under_way());
  BOOST_TEST(policy.refused(), "who is refused meanwhile waits for it");
  BOOST_TEST(policy.suspected(start + 1s));
  policy.renewed(start + 2s, std::nullopt);
  BOOST_TEST(!policy.under_way());
}

BOOST_AUTO_TEST_CASE(a_renewed_token_that_is_refused_before_it_was_ever_accepted_is_hopeless) {
  Policy policy;
  policy.refused();
  policy.renewed(start + 2s, std::nullopt);
  BOOST_TEST(!policy.refused());
}

BOOST_AUTO_TEST_CASE(a_renewed_token_that_was_accepted_is_renewed_again_when_it_is_refused) {
  Policy policy;
  for (int i = 0; i < 50; ++i) {
    BOOST_TEST(policy.refused());
    policy.renewed(start + 2s, std::nullopt);
    policy.accepted(start + 3s);
  }
}

BOOST_AUTO_TEST_CASE(what_the_owner_put_in_place_may_be_refused_and_renewed) {
  Policy policy;
  policy.refused();
  policy.replaced(start + 2s);
  BOOST_TEST(!policy.under_way());
  BOOST_TEST(policy.refused());
}

BOOST_AUTO_TEST_CASE(without_a_source_that_can_give_another_a_refusal_is_final) {
  Policy policy(false, false);
  BOOST_TEST(!policy.refused());
  BOOST_TEST(!policy.suspected(start + 1s));
  BOOST_TEST((policy.due() == TimePoint::max()));
}

BOOST_AUTO_TEST_CASE(a_suspicion_renews_once_a_minute_at_most) {
  Policy policy;
  BOOST_TEST(policy.suspected(start + 1s));
  BOOST_TEST(policy.cause() == Renewal::Cause::suspected);
  policy.given_up();
  BOOST_TEST(!policy.suspected(start + 60s));
  BOOST_TEST(policy.suspected(start + 61s));
}

BOOST_AUTO_TEST_CASE(a_refusal_while_a_suspicion_is_examined_makes_it_certain) {
  Policy policy;
  policy.suspected(start + 1s);
  policy.refused();
  BOOST_TEST(policy.cause() == Renewal::Cause::refused);
}

BOOST_AUTO_TEST_CASE(a_token_is_renewed_after_four_fifths_of_its_lifetime) {
  Policy policy;
  policy.refused();
  policy.renewed(start, 100s);
  BOOST_TEST((policy.due() == start + 80s));
  BOOST_TEST(!policy.begin_if_due(start + 79s));
  BOOST_TEST(policy.begin_if_due(start + 80s));
  BOOST_TEST(policy.cause() == Renewal::Cause::due);
  BOOST_TEST(!policy.begin_if_due(start + 90s), "it is under way");
}

BOOST_AUTO_TEST_CASE(an_unused_token_is_renewed_before_it_expires) {
  Policy policy;
  BOOST_TEST((policy.due() == start + 16min), "of a first token it is not known how long it lives");
  policy.accepted(start + 10min);
  BOOST_TEST((policy.due() == start + 26min));
  policy.accepted(start + 5min);
  BOOST_TEST((policy.due() == start + 26min), "two threads do not always tell in order");
}

BOOST_AUTO_TEST_CASE(traffic_does_not_postpone_the_expiry_that_the_service_declared) {
  Policy policy;
  policy.refused();
  policy.renewed(start, 30min);
  policy.accepted(start + 15min);
  policy.accepted(start + 20min);
  BOOST_TEST((policy.due() == start + 24min));
}

BOOST_AUTO_TEST_CASE(only_a_refresh_token_makes_renewals_due) {
  Policy policy(true, false);
  BOOST_TEST((policy.due() == TimePoint::max()));
  BOOST_TEST(!policy.begin_if_due(start + 24h));
}

BOOST_AUTO_TEST_CASE(a_failing_renewal_is_tried_again_as_long_as_an_outage_may_last) {
  Policy policy;
  policy.refused();
  BOOST_TEST(policy.may_retry(start + 1s, start + 2s, std::nullopt));
  BOOST_TEST(policy.may_retry(start + 10min, start + 10min + 999ms, std::nullopt));
  BOOST_TEST(!policy.may_retry(start + 10min, start + 10min + 1s, std::nullopt));
  policy.renewed(start + 10min, std::nullopt);
  policy.accepted(start + 10min);
  policy.refused();
  BOOST_TEST(policy.may_retry(start + 20min, start + 21min, std::nullopt), "the next one has the whole time again");
}

BOOST_AUTO_TEST_CASE(an_outage_that_was_there_before_the_renewal_counts_from_its_beginning) {
  Policy policy;
  policy.refused();
  BOOST_TEST(policy.may_retry(start + 9min, start + 9min + 59s, start));
  BOOST_TEST(!policy.may_retry(start + 9min, start + 10min, std::nullopt));
}

BOOST_AUTO_TEST_SUITE_END()
