#include "koobatch/net/address_memory.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <string>
#include <vector>

using koobatch::net::Address;
using koobatch::net::AddressMemory;

namespace {

Address address(const std::string& host) {
  return {boost::asio::ip::make_address(host), 443};
}

std::vector<Address> addresses(std::initializer_list<const char*> hosts) {
  std::vector<Address> all;
  for (const char* host : hosts) all.push_back(address(host));
  return all;
}

/// In the order they are to be tried.
std::string order(AddressMemory& memory, std::initializer_list<const char*> found) {
  std::string all;
  for (const Address& one : memory.in_order(addresses(found))) {
    all += (all.empty() ? "" : " ") + one.address().to_string();
  }
  return all;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(address_memory)

BOOST_AUTO_TEST_CASE(an_address_is_written_with_its_port_and_one_of_ipv6_in_brackets) {
  BOOST_TEST(koobatch::net::to_text(address("192.0.2.1")) == "192.0.2.1:443");
  BOOST_TEST(koobatch::net::to_text(address("2001:db8::1")) == "[2001:db8::1]:443");
}

BOOST_AUTO_TEST_CASE(without_anything_known_the_order_is_the_resolvers) {
  AddressMemory memory;
  BOOST_TEST(order(memory, {}) == "");
  BOOST_TEST(order(memory, {"1.1.1.1", "1.1.1.2", "1.1.1.3"}) == "1.1.1.1 1.1.1.2 1.1.1.3");
}

BOOST_AUTO_TEST_CASE(the_families_take_turns_beginning_with_the_first_ones) {
  AddressMemory memory;
  BOOST_TEST(order(memory, {"::1", "::2", "::3", "1.1.1.1", "1.1.1.2"}) == "::1 1.1.1.1 ::2 1.1.1.2 ::3");
  BOOST_TEST(order(memory, {"1.1.1.1", "1.1.1.2", "::1"}) == "1.1.1.1 ::1 1.1.1.2");
}

BOOST_AUTO_TEST_CASE(an_address_given_twice_is_tried_once) {
  AddressMemory memory;
  BOOST_TEST(order(memory, {"1.1.1.1", "1.1.1.1", "::1"}) == "1.1.1.1 ::1");
}

BOOST_AUTO_TEST_CASE(what_worked_comes_first_and_the_families_still_take_turns) {
  AddressMemory memory;
  memory.worked(address("1.1.1.2"));
  BOOST_TEST(order(memory, {"::1", "::2", "1.1.1.1", "1.1.1.2"}) == "1.1.1.2 ::1 1.1.1.1 ::2");
}

BOOST_AUTO_TEST_CASE(what_worked_last_replaces_what_worked_before) {
  AddressMemory memory;
  memory.worked(address("1.1.1.2"));
  memory.worked(address("1.1.1.3"));
  BOOST_TEST(order(memory, {"1.1.1.1", "1.1.1.2", "1.1.1.3"}) == "1.1.1.3 1.1.1.1 1.1.1.2");
}

BOOST_AUTO_TEST_CASE(what_worked_is_forgotten_when_it_fails_and_is_then_tried_last) {
  AddressMemory memory;
  memory.worked(address("1.1.1.1"));
  memory.failed(address("1.1.1.1"));
  BOOST_TEST(order(memory, {"1.1.1.1", "1.1.1.2", "1.1.1.3"}) == "1.1.1.2 1.1.1.3 1.1.1.1");
}

BOOST_AUTO_TEST_CASE(of_those_that_failed_the_one_that_failed_the_longest_ago_is_tried_first) {
  AddressMemory memory;
  for (const char* host : {"1.1.1.2", "1.1.1.1", "1.1.1.2"}) memory.failed(address(host));
  BOOST_TEST(order(memory, {"1.1.1.2", "1.1.1.1", "1.1.1.3"}) == "1.1.1.3 1.1.1.1 1.1.1.2");
}

BOOST_AUTO_TEST_CASE(an_address_that_failed_and_works_again_is_as_good_as_any) {
  AddressMemory memory;
  memory.failed(address("1.1.1.1"));
  memory.worked(address("1.1.1.1"));
  memory.worked(address("1.1.1.2"));
  BOOST_TEST(order(memory, {"1.1.1.1", "1.1.1.2", "1.1.1.3"}) == "1.1.1.2 1.1.1.1 1.1.1.3");
}

BOOST_AUTO_TEST_CASE(an_address_the_name_no_longer_has_is_not_tried_and_only_its_failure_is_remembered) {
  AddressMemory memory;
  memory.failed(address("1.1.1.1"));
  memory.worked(address("1.1.1.2"));
  BOOST_TEST(order(memory, {"1.1.1.9"}) == "1.1.1.9");
  BOOST_TEST(memory.doubts(address("1.1.1.1")));
  BOOST_TEST(order(memory, {"1.1.1.1", "1.1.1.2", "1.1.1.3"}) == "1.1.1.2 1.1.1.3 1.1.1.1");
}

BOOST_AUTO_TEST_CASE(an_address_is_in_doubt_from_its_failure_until_it_works_again) {
  AddressMemory memory;
  const Address one = address("192.0.2.1");
  const Address other = address("192.0.2.2");
  BOOST_TEST(!memory.doubts(one));
  memory.worked(one);
  memory.worked(other);
  BOOST_TEST(!memory.doubts(one));
  memory.failed(one);
  BOOST_TEST(memory.doubts(one));
  BOOST_TEST(!memory.doubts(other));
  memory.worked(one);
  BOOST_TEST(!memory.doubts(one));
}

BOOST_AUTO_TEST_CASE(only_the_latest_failures_are_remembered) {
  AddressMemory memory;
  for (int host = 1; host <= 100; ++host) memory.failed(address("10.0.0." + std::to_string(host)));
  BOOST_TEST(!memory.doubts(address("10.0.0.36")));
  BOOST_TEST(memory.doubts(address("10.0.0.37")));
  BOOST_TEST(memory.doubts(address("10.0.0.100")));
}

BOOST_AUTO_TEST_SUITE_END()
