#include "koobatch/flow/slots.hpp"

#include "virtual_run.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using namespace koobatch;
using namespace koobatch::flow;

namespace {

SlotId hold(Slots& slots, std::uint32_t line, bool attempted = false, std::string_view folder = "1") {
  auto operation = flow::test::folder_rename(line, folder);
  return slots.hold(operation, attempted);
}

std::vector<std::uint32_t> unsettled(const Slots& slots) {
  std::vector<std::uint32_t> lines;
  slots.append_unsettled(lines);
  return lines;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(slots)

BOOST_AUTO_TEST_CASE(operations_held_are_not_moved_while_others_are_added) {
  Slots slots;
  const SlotId first = hold(slots, 1);
  const auto* const place = &slots[first].operation;
  for (std::uint32_t line = 2; line < 1000; ++line) hold(slots, line);
  BOOST_TEST(&slots[first].operation == place);
  BOOST_TEST(slots[first].operation.line() == 1U);
  BOOST_TEST(slots.held() == 999U);
}

BOOST_AUTO_TEST_CASE(a_released_slot_is_reused_as_if_it_were_new) {
  Slots slots;
  const SlotId id = hold(slots, 1, true);
  slots[id].attempt = 7;
  slots[id].noted = slots[id].went_stale = true;
  slots[id].more().clock.count = 3;
  slots[id].remember({}, {});
  slots.release(id);
  BOOST_TEST(slots.held() == 0U);
  BOOST_TEST(slots.bytes() == 0U);
  BOOST_TEST(hold(slots, 2) == id);
  BOOST_TEST(slots[id].attempt == 0U);
  BOOST_TEST((!slots[id].noted && !slots[id].went_stale && !slots[id].maybe_applied));
  BOOST_TEST(slots[id].more().clock.count == 0U);
  BOOST_TEST(slots[id].history().empty());
}

BOOST_AUTO_TEST_CASE(attempts_in_flight_are_counted) {
  Slots slots;
  const SlotId id = hold(slots, 1);
  slots.take_off(id);
  BOOST_TEST(slots.in_flight() == 1U);
  slots.land(id);
  BOOST_TEST(slots.in_flight() == 0U);
}

BOOST_AUTO_TEST_CASE(operations_in_flight_or_maybe_applied_are_unsettled) {
  Slots slots;
  hold(slots, 1);
  slots.take_off(hold(slots, 2));
  hold(slots, 3, true);
  BOOST_TEST(unsettled(slots) == (std::vector<std::uint32_t>{2, 3}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_single_attempt_has_no_history) {
  Slots slots;
  const SlotId id = hold(slots, 1);
  slots[id].attempt = 1;
  slots[id].remember({}, {});
  BOOST_TEST(slots[id].history().empty());
  slots[id].attempt = 2;
  slots[id].remember({}, {});
  BOOST_TEST(slots[id].history().size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()
