#include "koobatch/fleet/collector.hpp"

#include "contains.hpp"
#include "fleet/chunk_codec.hpp"
#include "fleet/unsettled.hpp"
#include "run_ledger.hpp"

#include <set>

using namespace koobatch;
using namespace koobatch::fleet;
using koobatch::test::contains;

namespace {

constexpr std::uint64_t operations = 12;

struct Killed {};

/// What survives the process.
struct Disk {
  std::string bytes;
};

/// Counts what a collector does; at zero it is killed.
struct Fuse {
  int left = -1;  ///< negative: never

  bool burns_down() { return left >= 0 && left-- == 0; }
};

class DiskFile final : public report::JournalFile {
 public:
  DiskFile(Disk& disk, Fuse& fuse) : disk_(disk), fuse_(fuse) {}

  Result<void> append(std::string_view bytes) override {
    if (full) return fatal_error("disk full");
    if (fuse_.burns_down()) throw Killed();
    if (fuse_.burns_down()) {
      disk_.bytes.append(bytes.substr(0, bytes.size() / 2));
      throw Killed();
    }
    if (fuse_.burns_down()) {
      // Cut within the last line.
      disk_.bytes.append(bytes.substr(0, bytes.size() - 3));
      throw Killed();
    }
    disk_.bytes.append(bytes);
    if (fuse_.burns_down()) throw Killed();
    return {};
  }
  Result<void> sync() override {
    if (fuse_.burns_down()) throw Killed();
    return {};
  }

  bool full = false;

 private:
  Disk& disk_;
  Fuse& fuse_;
};

report::RunRecord fleet_run() {
  auto run = samples::run(1, operations);
  run.engine = "postgresql://db/koobatch";
  return run;
}

Collected read(const Disk& disk) {
  auto collected = read_collected("r", samples::source(disk.bytes));
  if (!collected) BOOST_FAIL(collected.error().message);
  return std::move(*collected);
}

std::string results(std::initializer_list<std::uint32_t> lines, Status status = Status::succeeded) {
  std::string text;
  for (const auto line : lines) text += samples::line(samples::result(line, status));
  return text;
}

std::string attempt(std::uint32_t line, std::uint32_t prefix) {
  return samples::line(report::AttemptNote{{prefix, line, 1}, samples::noon()});
}

struct Fixture {
  fleet::test::RunLedger ledger;
  Disk disk{samples::line(fleet_run())};
  Fuse fuse;

  /// A collector as a new process begins it.
  Collector begin() {
    auto collected = read(disk);
    disk.bytes.resize(collected.scan.valid_bytes);
    return {ledger, 1, std::make_unique<DiskFile>(disk, fuse), std::move(collected)};
  }
  /// Three workers with all results: the second takes over from the first, which was fenced.
  void fill() {
    ledger.add_worker(1, WorkerState::fenced);
    ledger.add_worker(2, WorkerState::left);
    ledger.add_worker(3, WorkerState::left);
    ledger.record(1, results({1, 2}));
    ledger.record(1, attempt(9, 101));
    ledger.record(3, results({3}, Status::rejected) + results({4}));
    ledger.record(2, results({9}, Status::unknown) + results({5}));
    ledger.record(1, attempt(10, 101) + attempt(11, 101));
    ledger.record(2, attempt(10, 102));
    ledger.record(2, results({10, 6}));
    ledger.record(2, results({7, 8}));
    ledger.record(3, results({11, 12}));
    ledger.row.state = RunState::completed;
  }
  /// Whether the report is whole, with each result once, and what it was.
  void check_whole() {
    const auto collected = read(disk);
    const auto& scan = collected.scan;
    BOOST_TEST(!scan.torn());
    BOOST_TEST(scan.counts.finished() == operations);
    BOOST_TEST(scan.counts[Status::rejected] == 1U);
    BOOST_TEST(scan.counts[Status::unknown] == 1U);
    for (std::uint32_t line = 1; line <= operations; ++line) BOOST_TEST(scan.done.contains(line));
    BOOST_TEST(collected.cursors.size() == 3U);
    for (const auto& [key, cursor] : collected.cursors) {
      BOOST_TEST(cursor == ledger.find(std::stoi(key)).group, key);
    }
    BOOST_TEST(collected.workers.size() == 3U);
  }
};

std::size_t count_lines(const Disk& disk, std::string_view type) {
  std::size_t count = 0;
  const auto mark = "{\"type\":\"" + std::string(type) + "\"";
  for (auto at = disk.bytes.find(mark); at != std::string::npos; at = disk.bytes.find(mark, at + 1)) ++count;
  return count;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(collector, Fixture)

BOOST_AUTO_TEST_CASE(the_results_of_all_workers_are_in_the_report_once) {
  fill();
  auto collector = begin();
  const auto round = collector.collect();
  BOOST_REQUIRE(round.has_value());
  BOOST_TEST(round->ended);
  BOOST_TEST(round->results == operations);
  BOOST_TEST(collector.counts().remaining == 0U);
  BOOST_TEST(collector.doubled() == 0U);
  check_whole();
}

BOOST_AUTO_TEST_CASE(nothing_is_written_if_there_is_nothing_new) {
  fill();
  auto collector = begin();
  BOOST_REQUIRE(collector.collect().has_value());
  const auto before = disk.bytes;
  BOOST_TEST(collector.collect()->results == 0U);
  BOOST_TEST(begin().collect()->results == 0U);
  BOOST_TEST(disk.bytes == before);
}

BOOST_AUTO_TEST_CASE(an_attempt_that_is_read_after_its_result_is_left_out) {
  // Worker 1 noted an attempt of line 9, whose result worker 2 has; worker 2 is asked first.
  ledger.add_worker(2, WorkerState::left);
  ledger.add_worker(1, WorkerState::fenced);
  ledger.record(2, results({9}, Status::unknown));
  ledger.record(1, attempt(9, 101) + attempt(8, 101));
  BOOST_REQUIRE(begin().collect().has_value());
  const auto collected = read(disk);
  BOOST_TEST(collected.scan.counts.finished() == 1U);
  BOOST_REQUIRE(collected.scan.noted.size() == 1U);
  BOOST_TEST(collected.scan.noted.front().trace_id.line == 8U);
}

BOOST_AUTO_TEST_CASE(what_only_a_report_of_its_own_needs_is_left_out) {
  ledger.add_worker(1);
  ledger.record(1, samples::line(samples::run()) + samples::sync(7) + results({1}) + samples::line(samples::end()));
  BOOST_REQUIRE(begin().collect().has_value());
  BOOST_TEST(count_lines(disk, "run") == 1U);
  BOOST_TEST(count_lines(disk, "end") == 0U);
  BOOST_TEST(read(disk).scan.last_sync == 1U);
}

BOOST_AUTO_TEST_CASE(killed_anywhere_a_collector_continues_and_the_report_is_whole) {
  int kills = 0;
  for (int steps = 0;; ++steps) {
    Fixture fresh;
    fresh.fill();
    fresh.ledger.mishap = [&](const std::string&) -> std::optional<fleet::test::RunLedger::Mishap> {
      if (fresh.fuse.burns_down()) throw Killed();
      return std::nullopt;
    };
    fresh.fuse.left = steps;
    bool killed = false;
    try {
      BOOST_REQUIRE(fresh.begin().collect().has_value());
    } catch (const Killed&) {
      killed = true;
      ++kills;
    }
    BOOST_TEST_CONTEXT("killed after step " << steps) {
      fresh.fuse.left = -1;
      auto second = fresh.begin();
      BOOST_REQUIRE(second.collect().has_value());
      BOOST_TEST(second.doubled() == 0U);
      fresh.check_whole();
    }
    if (!killed) break;
  }
  BOOST_TEST(kills > 10);
}

BOOST_AUTO_TEST_CASE(results_that_come_in_while_it_is_killed_again_and_again_are_all_there) {
  ledger.mishap = [&](const std::string&) -> std::optional<fleet::test::RunLedger::Mishap> {
    if (fuse.burns_down()) throw Killed();
    return std::nullopt;
  };
  const WorkerNumber first = ledger.add_worker(1).number, second = ledger.add_worker(2).number;
  for (std::uint32_t line = 1; line <= operations; ++line) {
    ledger.record(line % 3 == 0 ? first : second, results({line}));
    fuse.left = static_cast<int>(line);
    try {
      auto collector = begin();
      for (int round = 0; round < 3; ++round) BOOST_REQUIRE(collector.collect().has_value());
    } catch (const Killed&) {
    }
  }
  fuse.left = -1;
  auto last = begin();
  BOOST_REQUIRE(last.collect().has_value());
  BOOST_TEST(last.doubled() == 0U);
  BOOST_TEST(read(disk).scan.counts.finished() == operations);
}

BOOST_AUTO_TEST_CASE(a_second_result_is_counted_and_left_out) {
  ledger.add_worker(1);
  ledger.add_worker(2);
  ledger.record(1, results({1}));
  auto collector = begin();
  BOOST_REQUIRE(collector.collect().has_value());
  ledger.record(2, results({1}, Status::failed));
  BOOST_REQUIRE(collector.collect().has_value());
  BOOST_TEST(collector.doubled() == 1U);
  BOOST_TEST(read(disk).scan.counts[Status::succeeded] == 1U);
  BOOST_TEST(read(disk).scan.counts[Status::failed] == 0U);
}

BOOST_AUTO_TEST_CASE(a_worker_is_named_once_and_again_when_it_is_over) {
  ledger.add_worker(1);
  ledger.add_worker(2);  // never does anything
  auto collector = begin();
  for (std::uint32_t line = 1; line <= 3; ++line) {
    ledger.record(1, results({line}));
    BOOST_REQUIRE(collector.collect().has_value());
  }
  BOOST_TEST(count_lines(disk, "worker") == 1U);
  ledger.find(1).state = WorkerState::left;
  BOOST_REQUIRE(collector.collect().has_value());
  BOOST_REQUIRE(collector.collect().has_value());
  BOOST_TEST(count_lines(disk, "worker") == 2U);
  const auto workers = read(disk).workers;
  BOOST_REQUIRE(workers.size() == 1U);
  BOOST_TEST(workers.begin()->second.state == "left");
  BOOST_TEST(workers.begin()->second.requests == 3U);
  BOOST_TEST(workers.begin()->second.trace_prefix == 101U);
}

BOOST_AUTO_TEST_CASE(a_run_has_ended_when_its_workers_have_left_too) {
  ledger.add_worker(1);
  ledger.row.state = RunState::stopped;
  auto collector = begin();
  BOOST_TEST(!collector.collect()->ended);
  ledger.find(1).state = WorkerState::fenced;
  BOOST_TEST(collector.collect()->ended);
  ledger.find(1).state = WorkerState::alive;
  ledger.row.state = RunState::completed;
  BOOST_TEST(collector.collect()->ended, "nothing can be recorded any more");
}

BOOST_AUTO_TEST_CASE(groups_that_are_gone_are_noticed) {
  fill();
  auto collector = begin();
  BOOST_REQUIRE(collector.collect().has_value());
  ledger.find(2).group = 3;
  BOOST_TEST((collector.collect().error().fault == Fault::forgotten));
  BOOST_TEST((begin().collect().error().fault == Fault::forgotten), "the report remembers");
}

BOOST_AUTO_TEST_CASE(that_groups_are_gone_is_certain_only_if_a_write_is_acknowledged_over_the_same_connection) {
  fill();
  auto collector = begin();
  BOOST_REQUIRE(collector.collect().has_value());
  // Another server, which has been replaced, does not have them.
  ledger.find(2).group = 3;
  ledger.mishap = [](const std::string& call) -> std::optional<fleet::test::RunLedger::Mishap> {
    if (call == "confirm") return fleet::test::RunLedger::Mishap{Fault::unanswered, false};
    return std::nullopt;
  };
  BOOST_TEST((collector.collect().error().fault == Fault::unanswered));
  ledger.mishap = [this](const std::string& call) -> std::optional<fleet::test::RunLedger::Mishap> {
    if (call == "confirm") ++ledger.connections;
    return std::nullopt;
  };
  BOOST_TEST((collector.collect().error().fault == Fault::unanswered));
  ledger.mishap = {};
  BOOST_TEST((collector.collect().error().fault == Fault::forgotten));
}

BOOST_AUTO_TEST_CASE(an_enrolment_whose_number_was_handed_out_again_is_another_one) {
  ledger.add_worker(1);
  ledger.record(1, results({1}));
  auto collector = begin();
  BOOST_REQUIRE(collector.collect().has_value());
  ledger.find(1).nonce ^= 1U;
  ledger.record(1, results({2}));
  BOOST_TEST((collector.collect().error().fault == Fault::forgotten));
}

BOOST_AUTO_TEST_CASE(a_gap_in_the_groups_is_noticed) {
  ledger.add_worker(1);
  ledger.record(1, results({1}));
  ledger.record(1, results({2}));
  ledger.journal[1].erase(ledger.journal[1].begin());
  BOOST_TEST((begin().collect().error().fault == Fault::forgotten));
  ledger.journal[1].clear();
  BOOST_TEST((begin().collect().error().fault == Fault::forgotten));
}

BOOST_AUTO_TEST_CASE(damaged_groups_are_refused_and_nothing_of_them_is_written) {
  ledger.add_worker(1);
  auto line = results({1});
  line[30] ^= 1;
  ledger.record(1, results({2}) + line);
  const auto round = begin().collect();
  BOOST_REQUIRE(round.has_error());
  BOOST_TEST((round.error().fault == Fault::refused));
  BOOST_TEST(contains(round.error().error.message, "group 1 of worker 1:"));
  BOOST_TEST(contains(round.error().error.message, "checksum"));
  BOOST_TEST(read(disk).scan.counts.finished() == 0U);
}

BOOST_AUTO_TEST_CASE(a_full_disk_ends_it_and_a_later_one_continues) {
  fill();
  auto file = std::make_unique<DiskFile>(disk, fuse);
  file->full = true;
  Collector collector(ledger, 1, std::move(file), read(disk));
  const auto round = collector.collect();
  BOOST_REQUIRE(round.has_error());
  BOOST_TEST((round.error().fault == Fault::refused));
  BOOST_TEST(contains(round.error().error.message, "disk full"));
  BOOST_REQUIRE(begin().collect().has_value());
  check_whole();
}

BOOST_AUTO_TEST_CASE(any_number_of_collectors_have_the_same_results) {
  fill();
  auto first = begin();
  Disk other{samples::line(fleet_run())};
  Collector second(ledger, 1, std::make_unique<DiskFile>(other, fuse), read(other));
  BOOST_REQUIRE(first.collect().has_value());
  BOOST_REQUIRE(second.collect().has_value());
  check_whole();
  std::swap(disk, other);
  check_whole();
}

BOOST_AUTO_TEST_CASE(a_report_of_one_process_is_not_collected_into) {
  const auto refused = read_collected("r", samples::source(samples::line(samples::run())));
  BOOST_REQUIRE(refused.has_error());
  BOOST_TEST(contains(refused.error().message, "belongs to one process"));
}

BOOST_AUTO_TEST_CASE(only_what_some_worker_was_given_and_nobody_settled_is_unsettled) {
  ChunkBuilder builder;
  const auto chunk = [&](ChunkNumber number, std::initializer_list<std::uint32_t> lines) {
    for (const auto line : lines) builder.add({.line = line, .text = "{}"});
    return builder.finish(number);
  };
  ledger.loaded[0] = {chunk(1, {1, 9}), chunk(2, {12, 13}), chunk(3, {14})};
  ledger.loaded[1] = {chunk(1, {2}), chunk(2, {3}), chunk(3, {4}), chunk(4, {5})};
  ledger.loaded[2] = {chunk(1, {6}), chunk(2, {7})};
  ledger.part_rows = {{.part = 0, .chunks = 3, .done = 1, .fed = 3, .doubt = 2},
                      {.part = 1, .chunks = 4, .done = 1, .fed = 3, .doubt = 1, .owner = 4},
                      {.part = 2, .chunks = 2, .done = 0, .fed = 2, .doubt = 0}};
  const auto unsettled = unsettled_lines(ledger, 1, [](std::uint32_t line) { return line == 13; });
  BOOST_REQUIRE(unsettled.has_value());
  const std::vector<std::uint32_t> expected = {3, 4, 12};
  BOOST_TEST(*unsettled == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
