#include "koobatch/flow/sequencer.hpp"

#include <boost/test/unit_test.hpp>

#include <vector>

using koobatch::flow::Sequencer;

namespace {

constexpr std::uint64_t folder = 0xf01de7;
constexpr std::uint64_t album = 0xa1b;

std::vector<Sequencer::SlotId> take_all_ready(Sequencer& sequencer) {
  std::vector<Sequencer::SlotId> taken;
  for (; !sequencer.empty(); sequencer.pop()) taken.push_back(sequencer.front());
  return taken;
}

using Slots = std::vector<Sequencer::SlotId>;

}  // namespace

BOOST_AUTO_TEST_SUITE(sequencer)

BOOST_AUTO_TEST_CASE(operations_on_different_keys_are_ready_in_order_of_arrival) {
  Sequencer sequencer;
  sequencer.add(folder, 0);
  sequencer.add(album, 1);
  sequencer.add(folder + 1, 2);
  BOOST_TEST(sequencer.ready() == 3U);
  BOOST_TEST(take_all_ready(sequencer) == (Slots{0, 1, 2}));
}

BOOST_AUTO_TEST_CASE(the_next_on_a_key_is_ready_only_when_the_previous_result_is_durable) {
  Sequencer sequencer;
  sequencer.add(folder, 0);
  sequencer.add(folder, 1);
  BOOST_TEST(take_all_ready(sequencer) == Slots{0});
  sequencer.recorded(folder, 7);
  BOOST_TEST(sequencer.empty());
  sequencer.durable(6);
  BOOST_TEST(sequencer.empty());
  sequencer.durable(7);
  BOOST_TEST(take_all_ready(sequencer) == Slots{1});
}

BOOST_AUTO_TEST_CASE(a_lane_keeps_file_order_however_long_it_is) {
  Sequencer sequencer;
  for (Sequencer::SlotId slot = 0; slot < 50; ++slot) sequencer.add(folder, slot);
  for (Sequencer::SlotId slot = 0; slot < 50; ++slot) {
    BOOST_TEST(take_all_ready(sequencer) == Slots{slot});
    sequencer.recorded(folder, slot);
    sequencer.durable(slot);
  }
  BOOST_TEST(sequencer.empty());
  BOOST_TEST(sequencer.unsynced() == 0U);
}

BOOST_AUTO_TEST_CASE(an_operation_that_arrives_between_recording_and_durability_waits_too) {
  Sequencer sequencer;
  sequencer.add(folder, 0);
  sequencer.pop();
  sequencer.recorded(folder, 1);
  BOOST_TEST(sequencer.waiting_for_sync() == 0U);
  sequencer.add(folder, 0);  // slots are reused as soon as their result is recorded
  BOOST_TEST(sequencer.empty());
  BOOST_TEST(sequencer.waiting_for_sync() == 1U);
  sequencer.durable(1);
  BOOST_TEST(sequencer.waiting_for_sync() == 0U);
  BOOST_TEST(take_all_ready(sequencer) == Slots{0});
}

BOOST_AUTO_TEST_CASE(one_sync_frees_all_lanes_up_to_its_ticket_and_no_others) {
  Sequencer sequencer;
  for (std::uint64_t key = 0; key < 3; ++key) {
    sequencer.add(key, static_cast<Sequencer::SlotId>(key));
    sequencer.add(key, static_cast<Sequencer::SlotId>(10 + key));
  }
  take_all_ready(sequencer);
  sequencer.recorded(2, 1);
  sequencer.recorded(0, 1);
  sequencer.recorded(1, 2);
  BOOST_TEST(sequencer.unsynced() == 3U);
  BOOST_TEST(sequencer.waiting_for_sync() == 3U);
  sequencer.durable(1);
  BOOST_TEST(take_all_ready(sequencer) == (Slots{12, 10}));
  BOOST_TEST(sequencer.unsynced() == 1U);
  BOOST_TEST(sequencer.waiting_for_sync() == 1U);
}

BOOST_AUTO_TEST_CASE(only_lanes_with_waiting_operations_benefit_from_a_sync) {
  Sequencer sequencer;
  sequencer.add(folder, 0);
  sequencer.add(album, 1);
  sequencer.add(album, 2);
  take_all_ready(sequencer);
  sequencer.recorded(folder, 1);
  BOOST_TEST(sequencer.unsynced() == 1U);
  BOOST_TEST(sequencer.waiting_for_sync() == 0U);
  sequencer.recorded(album, 1);
  BOOST_TEST(sequencer.waiting_for_sync() == 1U);
}

BOOST_AUTO_TEST_CASE(an_abandoned_lane_returns_everything_that_waited_in_it) {
  Sequencer sequencer;
  for (Sequencer::SlotId slot = 0; slot < 4; ++slot) sequencer.add(folder, slot);
  sequencer.add(album, 4);
  sequencer.add(album, 5);
  take_all_ready(sequencer);
  Slots behind;
  sequencer.abandon(folder, behind);
  BOOST_TEST(behind == (Slots{1, 2, 3}));
  sequencer.abandon(album, behind);
  BOOST_TEST(behind == (Slots{1, 2, 3, 5}));
  BOOST_TEST(sequencer.empty());
}

BOOST_AUTO_TEST_CASE(a_key_that_returns_after_its_lane_ended_is_ready_at_once) {
  Sequencer sequencer;
  sequencer.add(folder, 0);
  sequencer.pop();
  sequencer.recorded(folder, 1);
  sequencer.durable(1);
  sequencer.add(folder, 5);
  BOOST_TEST(take_all_ready(sequencer) == Slots{5});
}

BOOST_AUTO_TEST_SUITE_END()
