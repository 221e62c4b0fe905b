#include "sim/node_clocks.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace koobatch::sim {
namespace {

using namespace std::chrono_literals;

ClockFault parsed(std::string_view text) {
  BOOST_TEST(is_clock_fault(text));
  const auto fault = parse_clock_fault(text);
  BOOST_TEST_REQUIRE(fault.has_value(), text);
  return *fault;
}

std::string error_of(std::string_view text) {
  const auto fault = parse_clock_fault(text);
  BOOST_TEST_REQUIRE(!fault.has_value(), text);
  BOOST_TEST(fault.error().kind == ErrorKind::usage);
  return fault.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_node_clocks)

BOOST_AUTO_TEST_CASE(an_offset_is_parsed_with_rate_extent_and_judge) {
  const ClockFault plain = parsed("date=+2s,rate=0.1");
  BOOST_TEST((plain.offset == 2s && plain.date == ClockFault::Date::shown));
  BOOST_TEST(plain.rate == 0.1);
  BOOST_TEST(!plain.per_connection);
  BOOST_TEST(!plain.judges);
  const ClockFault node = parsed("date=-1h30m,rate=1,per=connection,judge=node");
  BOOST_TEST((node.offset == -90min));
  BOOST_TEST(node.per_connection);
  BOOST_TEST(node.judges);
  BOOST_TEST(!parsed("date=-1h,rate=1,per=answer,judge=service").judges);
  BOOST_TEST(parsed("date=none,rate=1").date == ClockFault::Date::none);
  BOOST_TEST(parsed("date=garbage,rate=0.5").date == ClockFault::Date::garbage);
  BOOST_TEST(!is_clock_fault("status=503,rate=1"));
}

BOOST_AUTO_TEST_CASE(an_invalid_fault_is_explained) {
  for (const char* text : {"date=", "date=2s,rate=1", "date=noon,rate=1", "date=+,rate=1", "date=+2,rate=1", "date=+2s",
                           "date=+2s,rate=2", "date=+2s,rate=x", "date=+2s,rate=0.1,rate=0.1", "date=+2s,rate=0.1,",
                           "date=+2s,rate=0.1,per=day", "date=+2s,rate=0.1,judge=me"}) {
    BOOST_TEST(!error_of(text).empty(), text);
  }
}

BOOST_AUTO_TEST_CASE(rates_that_add_up_to_more_than_one_are_refused) {
  const std::vector<ClockFault> fits = {parsed("date=+2s,rate=0.5"), parsed("date=none,rate=0.5")};
  BOOST_TEST(check_clock_faults(fits).has_value());
  const std::vector<ClockFault> too_much = {parsed("date=+2s,rate=0.6"), parsed("date=none,rate=0.5")};
  BOOST_TEST(!check_clock_faults(too_much).has_value());
}

BOOST_AUTO_TEST_CASE(each_answer_has_its_own_clock_or_its_connections_clock) {
  NodeClocks answers({parsed("date=+2s,rate=0.1,judge=node")}, 7);
  std::optional<NodeClock> connection;
  int wrong = 0;
  for (int i = 0; i < 10'000; ++i) {
    const NodeClock clock = answers.draw(connection);
    BOOST_TEST((clock.judged == clock.shown));
    wrong += clock.shown == 2s;
  }
  BOOST_TEST(std::abs(wrong - 1000) < 150);
  NodeClocks connections({parsed("date=+2s,rate=0.5,per=connection")}, 7);
  wrong = 0;
  for (int i = 0; i < 1000; ++i) {
    std::optional<NodeClock> one;
    const NodeClock clock = connections.draw(one);
    BOOST_TEST((clock.judged == 0s));
    for (int k = 0; k < 5; ++k) BOOST_TEST((connections.draw(one).shown == clock.shown));
    wrong += clock.shown == 2s;
  }
  BOOST_TEST(std::abs(wrong - 500) < 80);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
