#include "koobatch/report/fleet_record.hpp"

#include "contains.hpp"
#include "report_samples.hpp"

#include "koobatch/report/decoder.hpp"
#include "report/line_text.hpp"

using namespace koobatch;
using namespace koobatch::report;
using koobatch::test::contains;

namespace {

WorkerRecord worker() {
  return {.key = enrolment_key(7, 0xc0ffee00c0ffeeU),
          .name = "host \"a\"",
          .state = "alive",
          .trace_prefix = 4711,
          .enrolled = samples::noon(),
          .last_beat = samples::noon() + std::chrono::seconds(3),
          .requests = 12};
}

CollectedRecord collected() {
  return {.at = samples::noon(), .cursors = {{enrolment_key(7, 1), 12}, {enrolment_key(8, 2), 3}}};
}

RunRecord fleet_run(std::uint64_t operations = 100) {
  auto run = samples::run(1, operations);
  run.engine = "postgresql://batch@db1,db2/koobatch";
  return run;
}

struct Seen final : Visitor {
  std::vector<WorkerRecord> workers;
  std::vector<CollectedRecord> collected;
  Result<void> on_worker(const WorkerRecord& worker) override {
    workers.push_back(worker);
    return {};
  }
  Result<void> on_collected(const CollectedRecord& record) override {
    collected.push_back(record);
    return {};
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(fleet_record)

BOOST_AUTO_TEST_CASE(an_enrolment_is_named_by_its_number_and_what_its_worker_drew) {
  BOOST_TEST(enrolment_key(7, 0xc0ffee00c0ffeeU) == "7:00c0ffee00c0ffee");
}

BOOST_AUTO_TEST_CASE(both_lines_are_read_back_as_they_were_written) {
  Decoder decoder;
  const auto first = samples::without_newline(samples::line(worker()));
  BOOST_TEST(has_valid_sum(first));
  BOOST_TEST((decoder.type(first).value() == LineType::worker));
  BOOST_TEST((decoder.worker(first).value() == worker()));
  const auto second = samples::without_newline(samples::line(collected()));
  BOOST_TEST(has_valid_sum(second));
  BOOST_TEST((decoder.type(second).value() == LineType::collected));
  BOOST_TEST((decoder.collected(second).value() == collected()));
}

BOOST_AUTO_TEST_CASE(lines_that_lack_what_they_are_for_are_refused) {
  Decoder decoder;
  BOOST_TEST(contains(decoder.worker(R"({"type":"worker","name":"a"})").error().message, "has no 'key'"));
  BOOST_TEST(contains(decoder.worker(R"({"type":"worker","key":"1:2","trace_prefix":262144})").error().message,
                      "unusable 'trace_prefix'"));
  BOOST_TEST(contains(decoder.collected(R"({"type":"collected","cursors":{"1:2":-1}})").error().message,
                      "unusable 'cursors'"));
  BOOST_TEST(contains(decoder.collected(R"({"type":"collected"})").error().message, "has no 'cursors'"));
}

BOOST_AUTO_TEST_CASE(a_run_line_names_the_engine_only_if_there_is_one) {
  Decoder decoder;
  BOOST_TEST(decoder.run(samples::without_newline(samples::line(fleet_run()))).value().engine == fleet_run().engine);
  BOOST_TEST(!contains(samples::line(samples::run()), "engine"));
}

BOOST_AUTO_TEST_CASE(a_scan_passes_both_lines_on_and_knows_the_workers_prefixes) {
  const std::string text = samples::line(fleet_run()) + samples::line(worker()) + samples::line(samples::result(1)) +
                           samples::line(collected()) + samples::sync(1) + samples::line(worker());
  Seen seen;
  const auto scan = report::scan("r", samples::source(text), seen);
  BOOST_REQUIRE_MESSAGE(scan.has_value(), scan.error().message);
  BOOST_TEST(seen.workers.size() == 2U);
  BOOST_TEST(seen.collected.size() == 1U);
  const std::vector<std::uint32_t> prefixes = {fleet_run().trace_prefix, worker().trace_prefix};
  BOOST_TEST(scan->trace_prefixes() == prefixes, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(lines_of_a_type_that_no_version_has_are_passed_over) {
  std::string unknown = R"({"type":"weather","fine":true)";
  append_sum(unknown, 0);
  BOOST_TEST(has_valid_sum(samples::without_newline(unknown)));
  const std::string text = samples::line(fleet_run()) + unknown + samples::line(samples::result(1)) + unknown;
  const auto scan = samples::scan_text(text);
  BOOST_TEST(scan->counts.finished() == 1U);
  BOOST_TEST(scan->valid_lines == 4U);
}

BOOST_AUTO_TEST_CASE(an_end_line_settles_the_attempts_of_all_workers) {
  auto note = samples::note(3);
  note.trace_id.prefix = worker().trace_prefix;
  const auto text_with = [&](std::vector<std::uint32_t> unsettled, const RunRecord& run) {
    auto end = samples::end(1, "interrupted");
    end.unsettled = std::move(unsettled);
    return samples::line(run) + samples::line(note) + samples::line(end);
  };
  BOOST_TEST(samples::scan_text(text_with({}, fleet_run()))->noted.empty());
  BOOST_TEST(samples::scan_text(text_with({3}, fleet_run()))->noted.size() == 1U);
  BOOST_TEST(samples::scan_text(text_with({}, samples::run()))->noted.size() == 1U, "it is of no segment of this run");
}

BOOST_AUTO_TEST_CASE(if_records_are_lost_any_operation_may_have_been_sent) {
  auto end = samples::end(1, "aborted");
  const auto scan_with = [&](bool lost) {
    end.all_unsettled = lost;
    return samples::scan_text(samples::line(fleet_run()) + samples::line(end)).value();
  };
  BOOST_TEST(!scan_with(false).has_unclosed_segment());
  BOOST_TEST(scan_with(true).has_unclosed_segment());
}

BOOST_AUTO_TEST_SUITE_END()
