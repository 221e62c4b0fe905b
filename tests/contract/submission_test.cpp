#include "contains.hpp"
#include "subject.hpp"

#include <algorithm>

using namespace koobatch;
using namespace koobatch::test;
using fleet::Fault;
using fleet::RunState;

BOOST_AUTO_TEST_SUITE(submission, *boost::unit_test::precondition(HaveSubject()))

BOOST_AUTO_TEST_CASE(what_describes_a_run_comes_back_unchanged) {
  const auto ledger = subject().open();
  fleet::RunDescription run =
      description_of({.parts = 17, .rate = 0.125, .burst = 7, .hold = std::chrono::seconds(75)});
  run.job = {.path = "/jobs/'quoted' \"and\\ {odd} \xe2\x82\xac",
             .format = "csv",
             .bytes = 1ULL << 40,
             .operations = 12'345'678'901ULL,
             .xxh3 = 0xffffffffffffffffULL};
  run.settings = R"({"user-id":"7","x":{}})";
  run.operations_toml = "[operation]\nname = 'x'\n";
  run.operations_file = report::OperationsRecord{.path = "/etc/operations.toml", .xxh3 = 0x8000000000000001ULL};
  run.lease = std::chrono::milliseconds(1500);
  run.max_errors = "1%";
  run.run_line = "{\"type\":\"run\"}\n";
  run.trace_prefix = 262'143;
  const auto number = must(ledger->begin_run(run));
  const auto row = must(ledger->run(number));
  BOOST_TEST(row.number == number);
  BOOST_TEST(row.about.run_id == run.run_id);
  BOOST_TEST(row.about.job.path == run.job.path);
  BOOST_TEST(row.about.job.format == run.job.format);
  BOOST_TEST(row.about.job.bytes == run.job.bytes);
  BOOST_TEST(row.about.job.operations == run.job.operations);
  BOOST_TEST(row.about.job.xxh3 == run.job.xxh3);
  BOOST_TEST(row.about.endpoint == run.endpoint);
  BOOST_TEST(row.about.settings == run.settings);
  BOOST_TEST(row.about.operations_toml == run.operations_toml);
  BOOST_TEST(row.about.operations_file.value().path == run.operations_file->path);
  BOOST_TEST(row.about.operations_file->xxh3 == run.operations_file->xxh3);
  BOOST_TEST((row.about.lease == run.lease));
  BOOST_TEST((row.about.hold == run.hold));
  BOOST_TEST(row.about.parts == run.parts);
  BOOST_TEST(row.about.rate == run.rate);
  BOOST_TEST(row.rate == run.rate);
  BOOST_TEST(row.about.burst == run.burst);
  BOOST_TEST(row.about.max_errors == run.max_errors);
  BOOST_TEST(row.about.run_line == run.run_line);
  BOOST_TEST(row.about.trace_prefix == run.trace_prefix);
  BOOST_TEST(row.state == RunState::loading);
  BOOST_TEST(!row.begun.has_value());
  BOOST_TEST(!row.ended.has_value());
  BOOST_TEST(!row.paused_for.has_value());
  BOOST_TEST(std::abs((row.submitted - WallClock::now()) / std::chrono::seconds(1)) < 60);
  BOOST_TEST(must(ledger->parts(number)).size() == run.parts);
}

BOOST_AUTO_TEST_CASE(a_run_that_is_begun_twice_is_one_run) {
  const auto ledger = subject().open();
  const auto run = description_of({});
  const auto number = must(ledger->begin_run(run));
  BOOST_TEST(must(ledger->begin_run(run)) == number);
  BOOST_TEST(must(subject().open()->begin_run(run)) == number);
  BOOST_TEST(must(ledger->parts(number)).size() == run.parts);
  BOOST_TEST(must(ledger->find_run(run.run_id)).value() == number);
  BOOST_TEST(!must(ledger->find_run("0000000000000000")).has_value());
  const auto runs = must(ledger->runs());
  BOOST_TEST(std::ranges::count(runs, number, &fleet::RunRow::number) == 1);
}

BOOST_AUTO_TEST_CASE(chunks_come_back_unchanged_in_order_and_in_portions) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger, {.parts = 2, .chunks = 5});
  for (fleet::PartNumber part = 0; part < 2; ++part) {
    const auto chunks = must(ledger->chunks(run, part, 1, 100, 1 << 20));
    BOOST_TEST_REQUIRE(chunks.size() == 5U);
    for (fleet::ChunkNumber i = 0; i < 5; ++i) {
      const auto expected = chunk(part, i + 1);
      BOOST_TEST(chunks[i].number == expected.number);
      BOOST_TEST(chunks[i].operations == expected.operations);
      BOOST_TEST((chunks[i].packed == expected.packed));
      BOOST_TEST(chunks[i].xxh3 == expected.xxh3);
    }
  }
  const auto size = [&](fleet::ChunkNumber first, std::uint32_t most, std::size_t bytes) {
    return must(ledger->chunks(run, 1, first, most, bytes)).size();
  };
  BOOST_TEST(size(3, 100, 1 << 20) == 3U);
  BOOST_TEST(size(1, 2, 1 << 20) == 2U);
  BOOST_TEST(size(6, 2, 1 << 20) == 0U);
  BOOST_TEST(size(1, 100, 1) == 1U, "at least one");
  const auto first_two = chunk(1, 1).packed.size() + chunk(1, 2).packed.size();
  BOOST_TEST(size(1, 100, first_two) == 2U);
  BOOST_TEST(size(1, 100, first_two - 1) == 1U);
}

BOOST_AUTO_TEST_CASE(loading_is_repeated_without_harm_and_finished_once) {
  const auto ledger = subject().open();
  const auto run = must(ledger->begin_run(description_of({.parts = 2})));
  const std::vector<fleet::Chunk> chunks = {chunk(1, 1), chunk(1, 2)};
  must(ledger->load(run, 1, chunks));
  must(ledger->load(run, 1, chunks));
  must(ledger->load(run, 1, std::vector{chunk(1, 2), chunk(1, 3)}));
  const auto early = failure_of(ledger->finish_loading(run, 40));
  BOOST_TEST(early.fault == Fault::refused);
  BOOST_TEST(contains(early.error.message, "holds 30 of the job's 40 operations"), early.error.message);
  BOOST_TEST(must(ledger->run(run)).state == RunState::loading);
  must(ledger->finish_loading(run, 30));
  must(ledger->finish_loading(run, 30));
  const auto row = must(ledger->run(run));
  BOOST_TEST(row.state == RunState::ready);
  BOOST_TEST(row.operations == 30U);
  BOOST_TEST(row.parts_done == 1U, "the empty one");
  BOOST_TEST(part_of(*ledger, run, 1).chunks == 3U);
  BOOST_TEST(part_of(*ledger, run, 0).chunks == 0U);
  BOOST_TEST(failure_of(ledger->load(run, 0, chunks)).fault == Fault::refused);
  BOOST_TEST(failure_of(ledger->finish_loading(run, 31)).fault == Fault::refused);
}

BOOST_AUTO_TEST_CASE(a_missing_chunk_is_found_when_loading_is_finished) {
  const auto ledger = subject().open();
  const auto run = must(ledger->begin_run(description_of({.parts = 1})));
  must(ledger->load(run, 0, std::vector{chunk(0, 1), chunk(0, 3)}));
  BOOST_TEST(failure_of(ledger->finish_loading(run, 20)).fault == Fault::refused);
}

BOOST_AUTO_TEST_CASE(a_submitter_can_record_results_before_the_run_is_ready) {
  const auto ledger = subject().open();
  const auto run = must(ledger->begin_run(description_of({.parts = 1})));
  Hand submitter(run);
  must(submitter.commit({}, "invalid ones"));
  BOOST_TEST(submitter.claim(1).empty());
  must(submitter.ledger->leave(submitter.me, {}));
  BOOST_TEST(must(ledger->run(run)).state == RunState::loading);
  must(ledger->load(run, 0, std::vector{chunk(0, 1)}));
  must(ledger->finish_loading(run, 10));
  const auto row = must(ledger->run(run));
  BOOST_TEST(row.state == RunState::ready);
  BOOST_TEST(!row.begun.has_value());
  BOOST_TEST(must(ledger->groups(run, submitter.me.number, 0, 1000)).size() == 1U);
}

BOOST_AUTO_TEST_CASE(nobody_can_do_anything_with_a_run_that_was_forgotten) {
  const auto ledger = subject().open();
  const auto run = submit(*ledger);
  const auto other = submit(*ledger);
  Hand hand(run);
  hand.claim(2);
  must(hand.commit());
  const auto refused = failure_of(ledger->forget(run));
  BOOST_TEST(refused.fault == Fault::refused);
  BOOST_TEST(contains(refused.error.message, "stop it first"));
  must(hand.ledger->leave(hand.me, std::vector<fleet::PartNumber>{0, 1}));
  must(ledger->forget(run));
  BOOST_TEST(failure_of(ledger->forget(run)).fault == Fault::forgotten);
  BOOST_TEST(failure_of(ledger->run(run)).fault == Fault::forgotten);
  BOOST_TEST(failure_of(ledger->survey(run)).fault == Fault::forgotten);
  BOOST_TEST(failure_of(ledger->complete(run)).fault == Fault::forgotten);
  BOOST_TEST(failure_of(ledger->pause(run, true)).fault == Fault::forgotten);
  BOOST_TEST(failure_of(ledger->load(run, 0, {})).fault == Fault::forgotten);
  BOOST_TEST(failure_of(ledger->finish_loading(run, 0)).fault == Fault::forgotten);
  BOOST_TEST(failure_of(ledger->enrol(run, "late", 1)).fault == Fault::forgotten);
  BOOST_TEST(failure_of(ledger->groups(run, hand.me.number, 0, 1000)).fault == Fault::forgotten);
  BOOST_TEST(failure_of(hand.commit()).fault == Fault::forgotten);
  BOOST_TEST(failure_of(hand.ledger->settle(hand.me)).fault == Fault::forgotten);
  BOOST_TEST(must(ledger->parts(run)).empty());
  BOOST_TEST(must(ledger->chunks(other, 0, 1, 10, 1 << 20)).size() == 3U, "others stay");
}

BOOST_AUTO_TEST_CASE(a_run_that_was_never_loaded_or_has_ended_can_be_forgotten) {
  const auto ledger = subject().open();
  const auto loading = must(ledger->begin_run(description_of({})));
  Hand submitter(loading);
  must(submitter.commit());
  must(ledger->forget(loading));
  BOOST_TEST(failure_of(submitter.commit()).fault == Fault::forgotten);
  const auto ended = submit(*ledger);
  const Hand dead(ended);
  must(ledger->stop_run(ended, RunState::aborted, "lost"));
  must(ledger->forget(ended));
  BOOST_TEST(failure_of(ledger->run(ended)).fault == Fault::forgotten);
}

BOOST_AUTO_TEST_CASE(an_operation_takes_no_more_than_120_bytes) {
  const auto ledger = subject().open();
  constexpr std::uint32_t parts = 16;
  constexpr std::uint32_t chunks = 20;
  constexpr std::uint64_t operations = 1000;
  // What zstd leaves of 1,000 operations, and of their results.
  const std::string packed(18 * operations, 'o');
  const std::string lines(33 * operations, 'r');
  const auto run = must(ledger->begin_run(description_of({.parts = parts})));
  for (std::uint32_t part = 0; part < parts; ++part) {
    std::vector<fleet::Chunk> loaded;
    for (std::uint32_t i = 1; i <= chunks; ++i) {
      loaded.push_back({.number = i, .operations = operations, .packed = packed, .xxh3 = 1});
    }
    must(ledger->load(run, part, loaded));
  }
  must(ledger->finish_loading(run, parts * chunks * operations));
  Hand hand(run);
  for (const auto& part : hand.claim(parts)) {
    for (std::uint32_t i = 1; i <= chunks; ++i) must(hand.commit({{part.part, i, std::min(i + 1, chunks)}}, lines));
  }
  BOOST_TEST(must(ledger->complete(run)));
  const double bytes = static_cast<double>(subject().bytes_of(run)) / (parts * chunks * operations);
  BOOST_TEST_MESSAGE(bytes << " bytes an operation");
  BOOST_TEST(bytes < 120);
}

BOOST_AUTO_TEST_SUITE_END()
