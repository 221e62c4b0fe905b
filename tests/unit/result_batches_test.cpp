#include "engine/result_batches.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>

using namespace koobatch;
using namespace koobatch::engine;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{1h};

report::ResultRecord result(std::uint32_t line) {
  report::ResultRecord record;
  record.line = line;
  record.op = "rename_shared_folder";
  record.id = "1";
  record.status = Status::succeeded;
  return record;
}

/// Takes the lines as the report's writer does.
struct Writer {
  std::string lines;
  unsigned worker = 0;
  std::uint64_t number = 0;
  void operator()(report::Batch& batch) {
    lines = std::move(batch.lines);
    batch.lines.clear();
    worker = batch.worker;
    number = batch.number;
  }
};

std::uint64_t hand_over(ResultBatches& batches) {
  Writer writer;
  batches.hand_over(std::ref(writer));
  return writer.number;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(result_batches)

BOOST_AUTO_TEST_CASE(lines_go_to_the_writer_in_numbered_batches) {
  ResultBatches batches(7);
  BOOST_TEST(batches.add(result(1), start) == 1U);
  BOOST_TEST(batches.add(report::AttemptNote{{1, 2, 1}, WallTime(1s)}, start) == 1U);
  Writer writer;
  batches.hand_over(std::ref(writer));
  BOOST_TEST(writer.worker == 7U);
  BOOST_TEST(writer.number == 1U);
  BOOST_TEST(writer.lines.find(R"("type":"result","line":1,)") != std::string::npos);
  BOOST_TEST(writer.lines.find(R"("type":"attempt")") != std::string::npos);
  BOOST_TEST(batches.empty());
  BOOST_TEST(batches.add(result(3), start) == 2U);
}

BOOST_AUTO_TEST_CASE(a_batch_is_due_by_its_age_from_its_first_line_on) {
  ResultBatches batches(0);
  BOOST_TEST((batches.due_at() == TimePoint::max()));
  BOOST_TEST(!batches.is_due(start + 1h), "an empty batch is never due");
  batches.add(result(1), start);
  batches.add(result(2), start + 15ms);
  BOOST_TEST((batches.due_at() == start + ResultBatches::most_age));
  BOOST_TEST(!batches.is_due(start + ResultBatches::most_age - 1ns));
  BOOST_TEST(batches.is_due(start + ResultBatches::most_age));
}

BOOST_AUTO_TEST_CASE(a_batch_is_due_by_its_size) {
  ResultBatches batches(0);
  std::uint32_t line = 0;
  while (!batches.is_due(start)) batches.add(result(++line), start);
  Writer writer;
  batches.hand_over(std::ref(writer));
  BOOST_TEST(writer.lines.size() >= ResultBatches::most_bytes);
  BOOST_TEST(writer.lines.size() < ResultBatches::most_bytes + 1024);
}

BOOST_AUTO_TEST_CASE(one_batch_at_a_time_is_urgent) {
  ResultBatches batches(0);
  BOOST_TEST(!batches.wants_urgency(), "nothing is recorded");
  batches.add(result(1), start);
  BOOST_TEST(batches.wants_urgency());
  batches.urge();
  BOOST_TEST(hand_over(batches) == 1U);
  batches.add(result(2), start);
  BOOST_TEST(!batches.wants_urgency(), "the first is being synced");
  batches.durable(1);
  BOOST_TEST(batches.wants_urgency());
}

BOOST_AUTO_TEST_CASE(a_durable_batch_is_not_urged_again) {
  ResultBatches batches(0);
  batches.add(result(1), start);
  hand_over(batches);
  batches.durable(1);
  BOOST_TEST(!batches.wants_urgency());
}

BOOST_AUTO_TEST_CASE(a_batch_handed_over_without_urgency_can_be_urged_later) {
  ResultBatches batches(0);
  batches.add(result(1), start);
  hand_over(batches);
  BOOST_TEST(batches.empty());
  BOOST_TEST(batches.wants_urgency(), "an empty batch then urges the one before it");
}

BOOST_AUTO_TEST_SUITE_END()
