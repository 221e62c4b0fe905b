#include "engine/quota_question.hpp"

#include <boost/test/unit_test.hpp>

using koobatch::engine::QuotaQuestion;

BOOST_AUTO_TEST_SUITE(quota_question)

BOOST_AUTO_TEST_CASE(only_the_first_request_asks) {
  QuotaQuestion question(true);
  BOOST_TEST(question.take());
  BOOST_TEST(!question.take());
  BOOST_TEST(!question.take());
}

BOOST_AUTO_TEST_CASE(no_request_asks_if_it_is_switched_off) {
  QuotaQuestion question(false);
  BOOST_TEST(!question.take());
}

BOOST_AUTO_TEST_SUITE_END()
