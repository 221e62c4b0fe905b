#include "koobatch/flow/blocked_keys.hpp"

#include <boost/test/unit_test.hpp>

using koobatch::flow::BlockedKeys;

BOOST_AUTO_TEST_SUITE(blocked_keys)

BOOST_AUTO_TEST_CASE(a_blocked_key_stays_blocked) {
  BlockedKeys keys(10);
  BOOST_TEST(!keys.contains(7));
  BOOST_TEST(keys.block(7));
  BOOST_TEST(keys.contains(7));
}

BOOST_AUTO_TEST_CASE(more_keys_than_can_be_remembered_are_reported) {
  BlockedKeys keys(2);
  BOOST_TEST(keys.block(1));
  BOOST_TEST(keys.block(2));
  BOOST_TEST(keys.block(1), "already known");
  BOOST_TEST(!keys.overwhelmed());
  BOOST_TEST(!keys.block(3));
  BOOST_TEST(keys.overwhelmed());
  BOOST_TEST(!keys.block(1), "it stays overwhelmed");
}

BOOST_AUTO_TEST_CASE(operations_left_out_are_counted_by_whether_their_user_is_stopped) {
  BlockedKeys keys(10);
  keys.count(true);
  keys.count(false);
  keys.count(false);
  keys.add_unsettled(17);
  BOOST_TEST(keys.left_out().of_stopped == 1U);
  BOOST_TEST(keys.left_out().of_others == 2U);
  BOOST_TEST(keys.left_out().all() == 3U);
  BOOST_TEST((keys.unsettled() == std::vector<std::uint32_t>{17}));
}

BOOST_AUTO_TEST_SUITE_END()
