#include "koobatch/flow/stopped_users.hpp"

#include <boost/test/unit_test.hpp>

using koobatch::flow::StoppedUsers;

BOOST_AUTO_TEST_SUITE(stopped_users)

BOOST_AUTO_TEST_CASE(a_user_is_stopped_once) {
  StoppedUsers stopped;
  BOOST_TEST(!stopped.contains(7));
  BOOST_TEST(stopped.stop(7) == 1U);
  BOOST_TEST(stopped.stop(7) == 0U);
  BOOST_TEST(stopped.contains(7));
  BOOST_TEST(!stopped.contains(8));
  BOOST_TEST(stopped.stop(9) == 2U);
  BOOST_TEST(stopped.size() == 2U);
}

BOOST_AUTO_TEST_CASE(it_is_hopeless_when_the_first_hundred_users_are_all_refused) {
  StoppedUsers stopped;
  for (StoppedUsers::User user = 1; user < StoppedUsers::hopeless_from; ++user) stopped.stop(user);
  BOOST_TEST(!stopped.hopeless());
  stopped.stop(StoppedUsers::hopeless_from);
  BOOST_TEST(stopped.hopeless());
}

BOOST_AUTO_TEST_CASE(it_is_not_hopeless_once_any_user_was_accepted) {
  StoppedUsers stopped;
  stopped.accepted();
  for (StoppedUsers::User user = 1; user <= 2 * StoppedUsers::hopeless_from; ++user) stopped.stop(user);
  BOOST_TEST(!stopped.hopeless());
}

BOOST_AUTO_TEST_SUITE_END()
