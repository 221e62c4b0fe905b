#include "fleet/claim_policy.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

using namespace koobatch::fleet;

BOOST_AUTO_TEST_SUITE(claim_policy)

BOOST_AUTO_TEST_CASE(half_of_an_equal_share_is_claimed) {
  BOOST_TEST(parts_to_claim({.free_parts = 64, .workers = 4}) == 8U);
  BOOST_TEST(parts_to_claim({.free_parts = 40, .workers = 4}) == 5U);
}

BOOST_AUTO_TEST_CASE(the_last_parts_are_claimed_one_by_one) {
  BOOST_TEST(parts_to_claim({.free_parts = 3, .workers = 4}) == 1U);
  BOOST_TEST(parts_to_claim({.free_parts = 1, .workers = 1}) == 1U);
  BOOST_TEST(parts_to_claim({.free_parts = 0, .workers = 1}) == 0U);
}

BOOST_AUTO_TEST_CASE(no_more_than_16_parts_are_open_and_64_owned) {
  BOOST_TEST(parts_to_claim({.free_parts = 1000, .workers = 1}) == 16U);
  BOOST_TEST(parts_to_claim({.free_parts = 1000, .workers = 1, .open = 13, .owned = 13}) == 3U);
  BOOST_TEST(parts_to_claim({.free_parts = 1000, .workers = 1, .open = 16, .owned = 16}) == 0U);
  BOOST_TEST(parts_to_claim({.free_parts = 1000, .workers = 1, .open = 0, .owned = 62}) == 2U);
  BOOST_TEST(parts_to_claim({.free_parts = 1000, .workers = 1, .open = 0, .owned = 64}) == 0U);
}

BOOST_AUTO_TEST_CASE(spares_claim_nothing) {
  BOOST_TEST(parts_to_claim({.free_parts = 64, .workers = 4, .is_spare = true}) == 0U);
}

BOOST_AUTO_TEST_CASE(one_part_is_claimed_to_see_whether_the_service_answers) {
  using Service = ClaimSituation::Service;
  BOOST_TEST(parts_to_claim({.free_parts = 64, .workers = 2, .service = Service::untried}) == 1U);
  BOOST_TEST(parts_to_claim({.free_parts = 1, .workers = 2, .service = Service::untried}) == 1U);
  BOOST_TEST(parts_to_claim({.free_parts = 64, .workers = 2, .owned = 1, .service = Service::untried}) == 0U);
  BOOST_TEST(parts_to_claim({.free_parts = 64, .workers = 2, .owned = 1, .service = Service::answers}) == 16U);
}

BOOST_AUTO_TEST_CASE(a_worker_that_the_service_does_not_answer_claims_nothing) {
  BOOST_TEST(parts_to_claim({.free_parts = 64, .workers = 1, .service = ClaimSituation::Service::silent}) == 0U);
}

BOOST_AUTO_TEST_CASE(one_that_has_stood_back_leaves_the_last_part_to_others) {
  using Service = ClaimSituation::Service;
  BOOST_TEST(parts_to_claim({.free_parts = 2, .workers = 2, .service = Service::doubtful}) == 1U);
  BOOST_TEST(parts_to_claim({.free_parts = 1, .workers = 2, .service = Service::doubtful}) == 0U);
  BOOST_TEST(parts_to_claim({.free_parts = 1, .workers = 1, .service = Service::doubtful}) == 1U, "there are none");
}

RC_BOOST_PROP(those_who_claim_in_turn_finish_with_parts_of_equal_weight, ()) {
  const auto workers = *rc::gen::inRange(1U, 40U);
  unsigned left = *rc::gen::inRange(16U, 1025U);
  for (unsigned turn = 0; left > 0; ++turn) {
    const unsigned claimed = parts_to_claim({.free_parts = left, .workers = workers});
    RC_ASSERT(claimed >= 1U && claimed <= left);
    RC_ASSERT(claimed == 1U || claimed * 2 * workers <= left);
    left -= claimed;
  }
}

BOOST_AUTO_TEST_SUITE_END()
