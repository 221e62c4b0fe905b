#include "net/address_race.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

using koobatch::Duration;
using koobatch::TimePoint;
using koobatch::net::Address;
using koobatch::net::AddressRace;
using namespace std::chrono_literals;

namespace {

const TimePoint start{std::chrono::hours(1)};
constexpr Duration delay = 250ms;
const std::optional<std::size_t> none;

std::vector<Address> hosts(std::size_t count) {
  std::vector<Address> all;
  for (std::size_t i = 1; i <= count; ++i) {
    all.emplace_back(boost::asio::ip::make_address("192.0.2." + std::to_string(i)), 80);
  }
  return all;
}

/// Compared by number, for an optional cannot be printed.
bool begins(AddressRace& race, TimePoint now, std::optional<std::size_t> number) {
  return race.begin(now) == number;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(address_race)

BOOST_AUTO_TEST_CASE(the_first_begins_at_once_and_the_next_beside_it_after_the_delay) {
  AddressRace race(hosts(3), delay);
  BOOST_TEST(begins(race, start, 0));
  BOOST_TEST(begins(race, start, none));
  BOOST_TEST((race.next_at() == start + delay));
  BOOST_TEST(begins(race, start + delay - 1ns, none));
  BOOST_TEST(begins(race, start + delay, 1));
  BOOST_TEST((race.next_at() == start + 2 * delay));
  BOOST_TEST(begins(race, start + 2 * delay, 2));
  BOOST_TEST((race.next_at() == TimePoint::max()));
  BOOST_TEST(begins(race, start + 1h, none));
  BOOST_TEST(!race.lost());
}

BOOST_AUTO_TEST_CASE(the_next_begins_at_once_when_one_fails) {
  AddressRace race(hosts(3), delay);
  race.begin(start);
  race.failed(0, "Connection refused");
  BOOST_TEST(begins(race, start + 1ms, 1));
  BOOST_TEST(begins(race, start + 1ms, none));
  BOOST_TEST((race.next_at() == start + 1ms + delay));
}

BOOST_AUTO_TEST_CASE(while_one_is_connected_no_other_attempt_begins) {
  AddressRace race(hosts(3), delay);
  race.begin(start);
  race.begin(start + delay);
  race.connected(1);
  BOOST_TEST(begins(race, start + 1h, none));
  BOOST_TEST((race.next_at() == TimePoint::max()));
}

BOOST_AUTO_TEST_CASE(when_the_connected_one_fails_those_it_had_beaten_are_tried_again) {
  AddressRace race(hosts(3), delay);
  race.begin(start);
  race.begin(start + delay);
  race.connected(1);
  race.failed(1, "TLS failed");
  BOOST_TEST(begins(race, start + 1s, 0));
  BOOST_TEST(begins(race, start + 1s + delay, 2));
  race.failed(0, "no route");
  race.failed(2, "refused");
  BOOST_TEST(race.lost());
  BOOST_TEST(begins(race, start + 1h, none));
}

BOOST_AUTO_TEST_CASE(the_race_is_lost_when_all_have_failed_and_the_error_quotes_each_failure) {
  AddressRace race(hosts(2), delay);
  race.begin(start);
  BOOST_TEST(race.tried() == 1U);
  race.failed(0, "Connection refused");
  BOOST_TEST(!race.lost());
  race.begin(start);
  race.failed(1, "No route to host");
  BOOST_TEST(race.lost());
  BOOST_TEST(race.tried() == 2U);
  BOOST_TEST(race.said() == "192.0.2.1:80: Connection refused; 192.0.2.2:80: No route to host");
}

BOOST_AUTO_TEST_CASE(addresses_not_tried_are_not_named_and_those_that_did_not_answer_are) {
  AddressRace race(hosts(4), delay);
  race.begin(start);
  race.begin(start + delay);
  race.begin(start + 2 * delay);
  race.connected(2);
  race.waiting_for(2, "connected, and no answer to CONNECT");
  BOOST_TEST(race.said() ==
             "192.0.2.1:80: no answer; 192.0.2.2:80: no answer; 192.0.2.3:80: connected, and no answer to CONNECT");
}

BOOST_AUTO_TEST_CASE(of_very_many_addresses_a_message_names_eight) {
  AddressRace race(hosts(20), delay);
  for (std::size_t i = 0; i < 20; ++i) {
    race.begin(start);
    race.failed(i, "refused");
  }
  const std::string said = race.said();
  BOOST_TEST(said.find("192.0.2.8:80: refused; and 12 more") != std::string::npos, said);
  BOOST_TEST(said.find("192.0.2.9:") == std::string::npos, said);
}

BOOST_AUTO_TEST_CASE(a_local_shortage_counts_only_if_it_prevented_reaching_every_address) {
  AddressRace mixed(hosts(2), delay);
  mixed.begin(start);
  mixed.failed(0, "Too many open files", true);
  BOOST_TEST(!mixed.lost_locally());
  mixed.begin(start);
  mixed.failed(1, "Connection refused");
  BOOST_TEST(!mixed.lost_locally());

  AddressRace local(hosts(2), delay);
  for (std::size_t i = 0; i < 2; ++i) {
    local.begin(start);
    local.failed(i, "Too many open files", true);
  }
  BOOST_TEST(local.lost_locally());
  BOOST_TEST(local.failures(false).empty(), "it says nothing about the addresses");
}

BOOST_AUTO_TEST_CASE(those_without_an_answer_are_failures_only_when_the_time_is_over) {
  AddressRace race(hosts(4), delay);
  race.begin(start);
  race.begin(start + delay);
  race.failed(0, "refused");
  race.begin(start + delay);
  const auto all = hosts(4);
  BOOST_TEST((race.failures(false) == std::vector<Address>{all[0]}));
  BOOST_TEST((race.failures(true) == std::vector<Address>{all[0], all[1], all[2]}));
}

BOOST_AUTO_TEST_CASE(every_address_gets_its_turn_within_the_time_there_is) {
  BOOST_TEST((AddressRace::delay_for(1, 5s) == 250ms));
  BOOST_TEST((AddressRace::delay_for(20, 5s) == 250ms));
  BOOST_TEST((AddressRace::delay_for(50, 5s) == 100ms));
  BOOST_TEST((AddressRace::delay_for(2, 100ms) == 50ms));
  BOOST_TEST((AddressRace::delay_for(1'000, 5s) == 10ms));
  BOOST_TEST((AddressRace::delay_for(0, 5s) == 250ms));
}

BOOST_AUTO_TEST_CASE(without_addresses_it_is_lost_from_the_start) {
  AddressRace race({}, delay);
  BOOST_TEST(race.lost());
  BOOST_TEST(!race.lost_locally());
  BOOST_TEST(begins(race, start, none));
  BOOST_TEST((race.next_at() == TimePoint::max()));
}

/// However attempts end and in whatever order, every address is tried, none by two attempts at once, none after
/// it has failed, and no two begin within the delay unless one failed in between.
BOOST_AUTO_TEST_CASE(random_races_try_every_address_and_none_twice_at_once) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 500; ++round) {
    const std::size_t count = 1 + random() % 6;
    AddressRace race(hosts(count), delay);
    std::set<std::size_t> in_flight;
    std::set<std::size_t> failed;
    TimePoint now = start;
    TimePoint may_begin = now;
    for (int step = 0; step < 1'000 && !race.lost(); ++step) {
      while (const auto number = race.begin(now)) {
        BOOST_REQUIRE((in_flight.empty() || now >= may_begin));
        BOOST_REQUIRE(in_flight.insert(*number).second);
        BOOST_REQUIRE(!failed.contains(*number));
        may_begin = now + delay;
      }
      BOOST_REQUIRE(!in_flight.empty());
      const TimePoint next = race.next_at();
      if (next != TimePoint::max() && random() % 2 == 0) {
        now = next;
        continue;
      }
      now += Duration(random() % 100'000'000);
      const std::size_t number =
          *std::next(in_flight.begin(), static_cast<std::ptrdiff_t>(random() % in_flight.size()));
      if (random() % 3 == 0) {
        race.connected(number);
        BOOST_REQUIRE(!race.begin(now + 1h));
        in_flight.clear();
      } else {
        in_flight.erase(number);
      }
      race.failed(number, "refused");
      failed.insert(number);
      may_begin = now;
    }
    BOOST_TEST(race.lost());
    BOOST_TEST(failed.size() == count);
    BOOST_TEST(race.tried() == count);
  }
}

BOOST_AUTO_TEST_SUITE_END()
