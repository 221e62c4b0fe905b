#include "koobatch/fleet/loader.hpp"

#include "fleet/chunk_codec.hpp"
#include "fleet/partition.hpp"
#include "koobatch/fleet/submitter_records.hpp"
#include "run_ledger.hpp"

#include <array>
#include <cmath>
#include <random>
#include <set>

using namespace koobatch;
using namespace koobatch::fleet;

namespace {

constexpr std::uint32_t parts = 16;

struct Fixture {
  fleet::test::RunLedger ledger;
  int patience = 0;
  TryAgain try_again = [this] { return patience-- > 0; };

  Fixture() { ledger.row.state = RunState::loading; }

  /// All operations in the ledger, by part.
  std::map<PartNumber, std::vector<UnpackedChunk>> unpacked() const {
    std::map<PartNumber, std::vector<UnpackedChunk>> all;
    for (const auto& [part, chunks] : ledger.loaded) {
      for (const Chunk& chunk : chunks) all[part].push_back(unpack(chunk).value());
    }
    return all;
  }
};

LoadedOperation operation(std::uint32_t line, std::uint64_t key, std::string_view text = "{}") {
  return {.key_hash = key, .line = line, .text = text};
}

/// A key whose operations are in this part.
std::uint64_t key_in(PartNumber part) {
  std::uint64_t key = 0;
  while (part_of(key, parts) != part) key += 1U << 16U;
  return key;
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(loader, Fixture)

BOOST_AUTO_TEST_CASE(there_are_as_many_parts_as_a_job_is_worth_within_limits) {
  BOOST_TEST(parts_for(0) == 16U);
  BOOST_TEST(parts_for(16 * 256) == 16U);
  BOOST_TEST(parts_for(100 * 256) == 100U);
  BOOST_TEST(parts_for(10'000'000) == 1024U);
}

BOOST_AUTO_TEST_CASE(keys_are_spread_evenly_over_all_parts) {
  std::mt19937_64 random(1);
  for (const std::uint32_t count : {1U, 16U, 100U, 1024U}) {
    std::vector<int> sizes(count);
    constexpr int keys = 200'000;
    for (int i = 0; i < keys; ++i) ++sizes.at(part_of(random(), count));
    const double mean = double{keys} / count;
    for (const int size : sizes) BOOST_TEST(std::abs(size - mean) < 7 * std::sqrt(mean) + mean / 50);
  }
}

BOOST_AUTO_TEST_CASE(the_keys_of_a_part_are_spread_over_all_threads_and_buckets) {
  std::mt19937_64 random(2);
  std::array<int, 8> threads{}, buckets{};
  int of_part = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t hash = random();
    if (part_of(hash, 64) != 17) continue;
    ++of_part;
    ++threads.at((hash >> 32U) % threads.size());
    ++buckets.at(hash % buckets.size());
  }
  for (const int size : threads) BOOST_TEST(size * 8 > of_part / 2);
  for (const int size : buckets) BOOST_TEST(size * 8 > of_part / 2);
}

BOOST_AUTO_TEST_CASE(every_operation_is_loaded_once_into_the_part_of_its_key_in_the_order_of_the_job) {
  std::mt19937_64 random(3);
  Loader loader(ledger, 1, parts, try_again);
  std::map<std::uint32_t, PartNumber> expected;
  for (std::uint32_t line = 1; line <= 20'000; ++line) {
    const std::uint64_t key = random() % 500 << 16U;
    expected[line] = part_of(key, parts);
    BOOST_REQUIRE(loader.add(operation(line, key, "{\"n\":" + std::to_string(line) + "}")).has_value());
  }
  BOOST_REQUIRE(loader.finish().has_value());
  std::size_t found = 0;
  for (const auto& [part, chunks] : unpacked()) {
    std::uint32_t last = 0;
    for (const auto& chunk : chunks) {
      BOOST_TEST(chunk.lines.size() <= 1000U);
      for (const auto line : chunk.lines) {
        BOOST_REQUIRE(line > last);
        BOOST_REQUIRE(expected.at(line) == part);
        last = line;
        ++found;
      }
    }
  }
  BOOST_TEST(found == expected.size());
  BOOST_TEST(loader.operations() == expected.size());
  BOOST_TEST((ledger.row.state == RunState::ready));
  BOOST_TEST(ledger.row.operations == expected.size());
}

BOOST_AUTO_TEST_CASE(whether_an_earlier_run_may_have_sent_an_operation_is_loaded_with_it) {
  Loader loader(ledger, 1, parts, try_again);
  for (std::uint32_t line = 1; line <= 4; ++line) {
    auto next = operation(line, key_in(3));
    next.attempted = line % 2 == 0;
    BOOST_REQUIRE(loader.add(next).has_value());
  }
  BOOST_REQUIRE(loader.finish().has_value());
  const std::vector<bool> expected = {false, true, false, true};
  BOOST_TEST(unpacked().at(3).front().attempted == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_gathered_never_exceeds_its_limit_and_the_fullest_part_is_written_out) {
  constexpr std::size_t limit = 64 * 1024;
  Loader loader(ledger, 1, parts, try_again, limit);
  const std::string text(1000, ' ');
  std::size_t most = 0;
  for (std::uint32_t line = 1; line <= 1000; ++line) {
    // Part 5 gets half of everything.
    const PartNumber part = line % 2 == 0 ? 5 : line % parts;
    BOOST_REQUIRE(loader.add(operation(line, key_in(part), text)).has_value());
    most = std::max(most, loader.buffered());
  }
  BOOST_TEST(most <= limit);
  BOOST_TEST(most > limit / 2);
  BOOST_TEST(ledger.loaded[5].size() > ledger.loaded[4].size());
  BOOST_REQUIRE(loader.finish().has_value());
  BOOST_TEST(loader.buffered() == 0U);
}

BOOST_AUTO_TEST_CASE(an_operation_longer_than_a_chunk_is_a_chunk_of_its_own) {
  Loader loader(ledger, 1, parts, try_again);
  BOOST_REQUIRE(loader.add(operation(1, key_in(2))).has_value());
  BOOST_REQUIRE(loader.add(operation(2, key_in(2), std::string(std::size_t{1} << 20U, ' '))).has_value());
  BOOST_REQUIRE(loader.add(operation(3, key_in(2))).has_value());
  BOOST_REQUIRE(loader.finish().has_value());
  BOOST_TEST(ledger.loaded[2].size() == 3U);
}

BOOST_AUTO_TEST_CASE(a_request_without_an_answer_is_repeated_and_takes_effect_once) {
  std::map<std::string, int> seen;
  ledger.mishap = [&](const std::string& call) -> std::optional<fleet::test::RunLedger::Mishap> {
    // The first answer is lost, and so is the second request.
    const int number = seen[call]++;
    if (number == 0) return fleet::test::RunLedger::Mishap{Fault::unanswered, true};
    if (number == 1) return fleet::test::RunLedger::Mishap{Fault::unreachable, false};
    return std::nullopt;
  };
  patience = 100;
  Loader loader(ledger, 1, parts, try_again);
  for (std::uint32_t line = 1; line <= 3000; ++line) {
    BOOST_REQUIRE(loader.add(operation(line, key_in(1))).has_value());
  }
  BOOST_REQUIRE(loader.finish().has_value());
  BOOST_TEST(ledger.loaded[1].size() == 3U);
  BOOST_TEST(ledger.row.operations == 3000U);
}

BOOST_AUTO_TEST_CASE(a_loader_gives_up_when_patience_ends_or_it_is_refused) {
  ledger.mishap = [](const std::string&) { return fleet::test::RunLedger::Mishap{Fault::unreachable, false}; };
  patience = 3;
  Loader loader(ledger, 1, parts, try_again);
  BOOST_REQUIRE(loader.add(operation(1, 1)).has_value());
  BOOST_TEST((loader.finish().error().fault == Fault::unreachable));
  BOOST_TEST(ledger.count("load") == 4U);
  ledger.mishap = [](const std::string&) { return fleet::test::RunLedger::Mishap{Fault::refused, false}; };
  patience = 100;
  Loader refused(ledger, 1, parts, try_again);
  BOOST_REQUIRE(refused.add(operation(1, 1)).has_value());
  BOOST_TEST((refused.finish().error().fault == Fault::refused));
  BOOST_TEST(ledger.count("load") == 5U);
}

BOOST_AUTO_TEST_CASE(results_of_what_cannot_be_sent_are_recorded_as_an_enrolment_that_leaves) {
  SubmitterRecords records(ledger, 1, "here", try_again);
  const auto line = samples::line(samples::result(3, Status::invalid));
  BOOST_REQUIRE(records.add(line).has_value());
  BOOST_TEST(ledger.calls.empty(), "nothing is asked for a single line");
  BOOST_REQUIRE(records.finish().has_value());
  BOOST_TEST(records.count() == 1U);
  BOOST_REQUIRE(ledger.workers.size() == 1U);
  BOOST_TEST((ledger.workers.front().state == WorkerState::left));
  BOOST_TEST(unpack_lines(ledger.journal[1].front().packed).value() == line);
}

BOOST_AUTO_TEST_CASE(without_such_results_nobody_enrols) {
  SubmitterRecords records(ledger, 1, "here", try_again);
  BOOST_REQUIRE(records.finish().has_value());
  BOOST_TEST(ledger.calls.empty());
}

BOOST_AUTO_TEST_CASE(many_such_results_take_several_groups) {
  SubmitterRecords records(ledger, 1, "here", try_again);
  for (std::uint32_t line = 1; line <= 10'000; ++line) {
    BOOST_REQUIRE(records.add(samples::line(samples::result(line, Status::invalid))).has_value());
  }
  BOOST_REQUIRE(records.finish().has_value());
  BOOST_TEST(ledger.journal[1].size() > 1U);
  BOOST_TEST(ledger.journal[1].size() < 10U);
}

BOOST_AUTO_TEST_SUITE_END()
