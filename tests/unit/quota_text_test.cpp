#include "engine/quota_text.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(quota_text)

BOOST_AUTO_TEST_CASE(each_limit_is_described_with_its_window_and_scope) {
  DeclaredQuotas quotas;
  quotas.add({.limit = 300, .window = 1s});
  quotas.add({.scope = DeclaredQuota::Scope::user, .limit = 1, .window = 500ms});
  quotas.add({.limit = 20'000});
  BOOST_TEST(engine::describe(quotas) == "300 requests in 1 s, 1 request of each user in 0.5 s, 20,000 requests");
}

BOOST_AUTO_TEST_CASE(quotas_without_a_limit_are_not_described) {
  DeclaredQuotas quotas;
  BOOST_TEST(engine::describe(quotas).empty());
  quotas.add({.remaining = 3});
  BOOST_TEST(engine::describe(quotas).empty());
}

BOOST_AUTO_TEST_SUITE_END()
