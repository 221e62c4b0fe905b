#include "koobatch/process/descriptor_budget.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch::process;

BOOST_AUTO_TEST_SUITE(descriptor_budget)

BOOST_AUTO_TEST_CASE(with_enough_descriptors_every_need_is_met) {
  const auto budget = share_descriptors(1000, {.connections = 900, .fixed = 11, .control = 5});
  BOOST_TEST(budget.connections == 900U);
  BOOST_TEST(budget.control);
}

BOOST_AUTO_TEST_CASE(connections_get_what_the_fixed_needs_leave) {
  BOOST_TEST(share_descriptors(100, {.connections = 900, .fixed = 11, .control = 5}).connections == 84U);
  BOOST_TEST(share_descriptors(100, {.connections = 900, .per_connection = 2, .fixed = 11, .control = 5}).connections ==
             42U);
  BOOST_TEST(share_descriptors(11, {.connections = 900, .fixed = 11}).connections == 0U);
  BOOST_TEST(share_descriptors(5, {.connections = 900, .fixed = 11}).connections == 0U);
}

BOOST_AUTO_TEST_CASE(the_control_socket_is_given_up_for_connections) {
  const DescriptorNeeds needs = {.connections = 60, .fixed = 3, .control = 5};
  BOOST_TEST(share_descriptors(64, needs).control);
  BOOST_TEST(share_descriptors(64, needs).connections == 56U);
  BOOST_TEST(!share_descriptors(63, needs).control);
  BOOST_TEST(share_descriptors(63, needs).connections == 60U);
}

BOOST_AUTO_TEST_CASE(a_process_finds_descriptors_to_open) {
  BOOST_TEST(free_descriptors() > 0U);
}

BOOST_AUTO_TEST_SUITE_END()
