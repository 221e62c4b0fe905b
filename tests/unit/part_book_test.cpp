#include "fleet/part_book.hpp"
#include "fleet_support.hpp"

#include <boost/test/unit_test.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::fleet;
using namespace koobatch::fleet::test;
using namespace std::chrono_literals;

BOOST_TEST_DONT_PRINT_LOG_VALUE(koobatch::fleet::Ruling)

namespace {

constexpr PartNumber part = 5;

/// A part whose chunks hold these keys, one letter an operation; lines count from 1. An upper-case letter is an
/// operation that must not be repeated, on the key of the lower-case one.
struct Bench {
  explicit Bench(std::vector<std::string> chunks, const PartBook::Limits& limits = {})
      : chunks_(std::move(chunks)), book(limits) {}

  void claim(ChunkNumber done = 0, ChunkNumber doubt = 0, Duration hold = {}) {
    ClaimedPart it;
    it.part = part;
    it.epoch = doubt == 0 && done == 0 ? 1 : 2;
    it.chunks = static_cast<ChunkNumber>(chunks_.size());
    it.done = done;
    it.doubt = doubt;
    it.hold = hold;
    book.claimed(it, now);
  }

  /// Reads the next chunk; a letter for each ruling: s(end), r(epeat), u(nknown), `-` (skip). "none" without a chunk.
  std::string read() {
    const auto next = book.next_chunk(now);
    if (!next) return "none";
    book.queued(*next);
    book.begin(*next, now);
    last = *next;
    std::string rulings;
    std::uint32_t line = first_line(next->chunk);
    for (const char key : chunks_[next->chunk - 1]) {
      const bool is_repeatable = std::islower(key) != 0;
      rulings += "sru-"[static_cast<std::size_t>(
          book.rule({line++, static_cast<std::uint64_t>(std::tolower(key)), is_repeatable}))];
    }
    book.end();
    return rulings;
  }
  std::uint32_t first_line(ChunkNumber chunk) const {
    std::uint32_t line = 1;
    for (ChunkNumber i = 1; i < chunk; ++i) line += static_cast<std::uint32_t>(chunks_[i - 1].size());
    return line;
  }

  /// Commits a group with the results of these lines. Returns "done/fed" as it says, empty if it says nothing.
  std::string commit(const std::vector<std::uint32_t>& lines = {}) {
    const auto progress = book.progress_with(lines, now);
    book.committed(progress);
    if (progress.empty()) return "";
    return std::to_string(progress.front().done) + "/" + std::to_string(progress.front().fed);
  }

  std::vector<std::string> chunks_;
  PartBook book;
  BootTime now = start;
  PartBook::Next last;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(part_book)

BOOST_AUTO_TEST_CASE(a_chunk_is_read_only_after_the_group_that_says_so_was_acknowledged) {
  Bench bench({"abc", "abc", "abc"});
  bench.claim();
  BOOST_TEST(bench.read() == "sss", "the claim itself has said so of the first one");
  BOOST_TEST(bench.read() == "none");
  BOOST_TEST(bench.book.wants_commit(bench.now));
  const auto progress = bench.book.progress_with({}, bench.now);
  BOOST_REQUIRE(progress.size() == 1U);
  BOOST_TEST(progress[0].part == part);
  BOOST_TEST(progress[0].fed == 2U);
  BOOST_TEST(bench.read() == "none", "it is not acknowledged yet");
  bench.book.committed(progress);
  BOOST_TEST(bench.read() == "sss");
  BOOST_TEST(bench.commit() == "0/3");
  BOOST_TEST(bench.read() == "sss");
  BOOST_TEST(bench.read() == "none");
  BOOST_TEST(!bench.book.wants_commit(bench.now));
}

BOOST_AUTO_TEST_CASE(a_chunk_is_done_when_all_of_its_operations_have_results_and_all_chunks_before_it_are) {
  Bench bench({"ab", "ab"});
  bench.claim();
  bench.read();
  bench.commit();
  bench.read();
  BOOST_TEST(bench.commit({3, 4}) == "", "the second chunk alone");
  BOOST_TEST(bench.commit({1}) == "");
  BOOST_TEST(bench.book.open_lines() == 1U);
  BOOST_TEST(bench.commit({2}) == "2/2");
  BOOST_TEST(bench.book.owned_parts() == 0U);
  BOOST_TEST(bench.book.open_lines() == 0U);
}

BOOST_AUTO_TEST_CASE(progress_is_repeated_until_it_is_acknowledged) {
  Bench bench({"ab"});
  bench.claim();
  bench.read();
  const std::vector<std::uint32_t> lines = {1, 2};
  BOOST_TEST(bench.book.progress_with(lines, bench.now).size() == 1U);
  BOOST_TEST(bench.book.owned_parts() == 1U);
  BOOST_TEST(bench.book.wants_commit(bench.now));
  BOOST_TEST(bench.commit() == "1/1");
  BOOST_TEST(bench.book.owned_parts() == 0U);
}

BOOST_AUTO_TEST_CASE(lines_of_nobodys_part_change_nothing) {
  Bench bench({"ab"});
  bench.claim();
  BOOST_TEST(bench.commit({1, 2, 77}) == "", "nothing was read yet");
  bench.read();
  BOOST_TEST(bench.commit({77}) == "");
}

BOOST_AUTO_TEST_CASE(a_chunk_whose_operations_have_results_while_it_is_read_is_not_done_before_its_end) {
  Bench bench({"ab"});
  bench.claim();
  const auto next = bench.book.next_chunk(bench.now);
  bench.book.queued(*next);
  bench.book.begin(*next, bench.now);
  bench.book.rule({1, 'a', true});
  BOOST_TEST(bench.commit({1}) == "");
  bench.book.rule({2, 'b', true});
  BOOST_TEST(bench.commit({2}) == "");
  bench.book.end();
  BOOST_TEST(bench.commit() == "1/1");
}

BOOST_AUTO_TEST_CASE(what_earlier_owners_have_recorded_is_not_sent) {
  Bench bench({"ab", "abc"});
  bench.claim(0, 2);
  BOOST_TEST(bench.read() == "none", "that must be known first");
  const auto history = bench.book.wanted_history();
  BOOST_REQUIRE(history);
  BOOST_TEST(history->part == part);
  BOOST_TEST(history->from == 1U);
  for (const std::uint32_t line : {1U, 2U, 4U}) bench.book.earlier_result(line);
  bench.book.history_known(part);
  BOOST_TEST(!bench.book.wanted_history());
  BOOST_TEST(bench.read() == "--");
  BOOST_TEST(bench.commit() == "1/2");
  BOOST_TEST(bench.read() == "r-r");
  BOOST_TEST(bench.commit({3, 5}) == "2/2");
}

BOOST_AUTO_TEST_CASE(only_the_first_operation_of_a_key_may_have_been_sent_by_an_earlier_owner) {
  Bench bench({"abab", "aac"});
  bench.claim(0, 1);
  bench.book.history_known(part);
  BOOST_TEST(bench.read() == "rrss");
  bench.commit();
  BOOST_TEST(bench.read() == "sss", "the second chunk was never fed");
}

BOOST_AUTO_TEST_CASE(heads_in_doubt_go_at_once_and_what_follows_on_their_keys_waits_for_the_hold) {
  Bench bench({"abab", "ca"});
  bench.claim(0, 1, 16min);
  bench.book.history_known(part);
  BOOST_TEST(bench.read() == "rr--");
  bench.commit();
  BOOST_TEST(bench.read() == "s-", "a key of a later chunk, too; others go");
  BOOST_TEST(bench.book.waiting_lines() == 3U);
  BOOST_TEST(bench.commit({1, 2, 5}) == "");
  BOOST_TEST(bench.read() == "none");
  BOOST_TEST((bench.book.next_change(bench.now) == start + 16min));
  bench.now += 16min;
  BOOST_TEST((bench.book.next_change(bench.now) == BootTime::max()));
  BOOST_TEST(bench.read() == "--ss");
  BOOST_TEST(bench.last.again);
  BOOST_TEST(bench.last.chunk == 1U);
  BOOST_TEST(bench.read() == "-s");
  BOOST_TEST(bench.last.chunk == 2U);
  BOOST_TEST(bench.read() == "none");
  BOOST_TEST(bench.book.waiting_lines() == 0U);
  BOOST_TEST(bench.commit({3, 4, 6}) == "2/2");
}

BOOST_AUTO_TEST_CASE(nothing_passes_an_operation_that_waits_when_the_hold_ends_in_between) {
  Bench bench({"aa", "a", "a"});
  bench.claim(0, 1, 1min);
  bench.book.history_known(part);
  BOOST_TEST(bench.read() == "r-");
  bench.commit();
  // The next chunk is at hand already, and is read only after the hold.
  const auto second = bench.book.next_chunk(bench.now);
  BOOST_REQUIRE(second);
  bench.book.queued(*second);
  bench.now += 1min;
  const auto first_again = bench.book.next_chunk(bench.now);
  BOOST_REQUIRE(first_again);
  BOOST_TEST(first_again->again);
  bench.book.queued(*first_again);
  bench.book.begin(*second, bench.now);
  BOOST_TEST(bench.book.rule({3, 'a', true}) == Ruling::skip, "line 2 is older");
  bench.book.end();
  BOOST_TEST(!bench.book.next_chunk(bench.now)->again == false);
  bench.book.begin(*first_again, bench.now);
  BOOST_TEST(bench.book.rule({1, 'a', true}) == Ruling::skip);
  BOOST_TEST(bench.book.rule({2, 'a', true}) == Ruling::send);
  bench.book.end();
  BOOST_TEST(bench.read() == "s");
  BOOST_TEST(bench.last.chunk == 2U);
  BOOST_TEST(bench.commit() == "0/3");
  BOOST_TEST(bench.read() == "s");
}

BOOST_AUTO_TEST_CASE(nothing_new_is_fetched_before_what_has_waited_was_read_once_more) {
  Bench bench({"aa", "b"});
  bench.claim(0, 1, 1min);
  bench.book.history_known(part);
  BOOST_TEST(bench.read() == "r-");
  bench.commit();
  bench.now += 1min;
  const auto again = bench.book.next_chunk(bench.now);
  BOOST_REQUIRE(again);
  BOOST_TEST(again->again);
  bench.book.queued(*again);
  BOOST_TEST(!bench.book.next_chunk(bench.now));
}

BOOST_AUTO_TEST_CASE(a_hold_that_ends_while_a_chunk_is_read_lets_nothing_of_that_chunk_go) {
  Bench bench({"aba"});
  bench.claim(0, 1, 1min);
  bench.book.history_known(part);
  const auto next = bench.book.next_chunk(bench.now);
  bench.book.queued(*next);
  bench.book.begin(*next, bench.now);
  BOOST_TEST(bench.book.rule({1, 'a', true}) == Ruling::repeat);
  bench.now += 2min;
  BOOST_TEST(bench.book.rule({2, 'b', true}) == Ruling::repeat);
  BOOST_TEST(bench.book.rule({3, 'a', true}) == Ruling::skip);
  bench.book.end();
  BOOST_TEST(bench.read() == "--s");
}

BOOST_AUTO_TEST_CASE(a_part_that_is_done_while_a_chunk_is_read_once_more_is_kept_until_its_end) {
  Bench bench({"aab"});
  bench.claim(0, 1, 1min);
  bench.book.history_known(part);
  BOOST_TEST(bench.read() == "r-r");
  bench.commit({1, 3});
  bench.now += 1min;
  const auto next = bench.book.next_chunk(bench.now);
  BOOST_REQUIRE(next);
  bench.book.queued(*next);
  bench.book.begin(*next, bench.now);
  BOOST_TEST(bench.book.rule({1, 'a', true}) == Ruling::skip);
  BOOST_TEST(bench.book.rule({2, 'a', true}) == Ruling::send);
  BOOST_TEST(bench.commit({2}) == "1/1");
  BOOST_TEST(!bench.book.wants_commit(bench.now), "all of it is said");
  BOOST_TEST(bench.book.rule({3, 'b', true}) == Ruling::skip);
  BOOST_TEST(bench.book.owned_parts() == 1U);
  bench.book.end();
  BOOST_TEST(bench.book.owned_parts() == 0U);
}

BOOST_AUTO_TEST_CASE(an_attempt_that_was_noted_makes_an_operation_unknown_if_it_must_not_be_repeated) {
  Bench bench({"AaBb"});
  bench.claim(0, 1, 1min);
  const TraceId attempt{.prefix = 3, .line = 1, .attempt = 2};
  bench.book.earlier_note(attempt);
  bench.book.history_known(part);
  // The other one was not noted, so it was certainly not sent, and neither was what follows it.
  BOOST_TEST(bench.read() == "u-ss");
  BOOST_TEST((bench.book.note(1) == attempt));
}

BOOST_AUTO_TEST_CASE(a_note_is_void_once_there_is_a_result) {
  Bench bench({"A"});
  bench.claim(0, 1);
  bench.book.earlier_note({.prefix = 3, .line = 1, .attempt = 1});
  bench.book.earlier_result(1);
  bench.book.history_known(part);
  BOOST_TEST(bench.read() == "-");
}

BOOST_AUTO_TEST_CASE(a_note_that_a_clean_departure_left_unused_changes_nothing) {
  Bench bench({"A", "B"});
  bench.claim(0, 1);
  bench.book.earlier_note({.prefix = 3, .line = 2, .attempt = 1});
  bench.book.history_known(part);
  BOOST_TEST(bench.read() == "s");
  bench.commit();
  BOOST_TEST(bench.read() == "s");
}

BOOST_AUTO_TEST_CASE(a_doubt_that_is_done_with_is_none) {
  Bench bench({"a", "a"});
  bench.claim(1, 1, 16min);
  bench.book.history_known(part);
  BOOST_TEST(bench.read() == "s");
  BOOST_TEST(bench.last.chunk == 2U);
}

BOOST_AUTO_TEST_CASE(a_part_with_many_operations_without_results_lets_others_go_first) {
  Bench bench({"aaaa", "aaaa", "bbbb"}, {.open_lines_per_part = 6});
  bench.claim();
  bench.read();
  bench.commit();
  bench.read();
  BOOST_TEST(bench.commit() == "", "no more is fed");
  BOOST_TEST(bench.read() == "none");
  BOOST_TEST(bench.book.wants_parts(bench.now));
  BOOST_TEST(bench.book.open_parts(bench.now) == 1U);
  BOOST_TEST(bench.commit({1, 2, 3}) == "0/3");
  BOOST_TEST(bench.read() == "ssss");
}

BOOST_AUTO_TEST_CASE(too_many_operations_without_results_stop_all_reading) {
  Bench bench({"aaaa", "aaaa"}, {.open_lines = 3});
  bench.claim();
  bench.read();
  bench.commit();
  BOOST_TEST(bench.read() == "none");
  BOOST_TEST(!bench.book.wants_parts(bench.now));
  bench.commit({1, 2});
  BOOST_TEST(bench.read() == "ssss");
}

BOOST_AUTO_TEST_CASE(a_part_is_stalled_when_too_much_waits_for_its_hold) {
  Bench bench({"aaaa", "aaaa", "bb"}, {.waiting_lines = 5});
  bench.claim(0, 1, 1min);
  bench.book.history_known(part);
  BOOST_TEST(bench.read() == "r---");
  bench.commit();
  BOOST_TEST(bench.read() == "----");
  BOOST_TEST(bench.commit() == "");
  BOOST_TEST(bench.read() == "none");
  BOOST_TEST(bench.book.open_parts(bench.now) == 0U);
  BOOST_TEST(bench.book.wants_parts(bench.now));
  bench.now += 1min;
  BOOST_TEST(bench.book.open_parts(bench.now) == 1U);
  BOOST_TEST(bench.read() == "-sss");
  BOOST_TEST(bench.read() == "ssss");
  BOOST_TEST(bench.commit() == "0/3");
  BOOST_TEST(bench.read() == "ss");
}

BOOST_AUTO_TEST_CASE(reading_does_not_run_far_ahead_of_what_is_done) {
  Bench bench(std::vector<std::string>(10, "a"), {.chunks_ahead = 3});
  bench.claim();
  unsigned read = 0;
  for (; bench.read() != "none"; ++read) bench.commit();
  BOOST_TEST(read == 3U);
  BOOST_TEST(bench.commit({1}) == "1/4");
}

BOOST_AUTO_TEST_CASE(parts_are_read_in_the_order_in_which_they_were_claimed) {
  Bench bench({"a", "a"});
  bench.claim();
  ClaimedPart other;
  other.part = 2;
  other.epoch = 1;
  other.chunks = 1;
  bench.book.claimed(other, bench.now);
  BOOST_TEST(bench.book.owned().size() == 2U);
  BOOST_TEST(bench.book.next_chunk(bench.now)->part == part);
  bench.read();
  BOOST_TEST(bench.book.next_chunk(bench.now)->part == 2U);
  bench.commit();
  BOOST_TEST(bench.book.next_chunk(bench.now)->part == part);
}

BOOST_AUTO_TEST_CASE(a_part_whose_operations_wait_is_no_work) {
  Bench bench({"aa"});
  BOOST_TEST(!bench.book.has_work(bench.now));
  bench.claim(0, 1, 1min);
  bench.book.history_known(part);
  BOOST_TEST(bench.book.has_work(bench.now));
  bench.read();
  BOOST_TEST(bench.book.has_work(bench.now));
  bench.commit({1});
  BOOST_TEST(!bench.book.has_work(bench.now));
  bench.now += 1min;
  BOOST_TEST(bench.book.has_work(bench.now));
}

BOOST_AUTO_TEST_CASE(a_worker_without_parts_wants_some) {
  Bench bench({"a"});
  BOOST_TEST(bench.book.wants_parts(bench.now));
  BOOST_TEST(bench.book.open_parts(bench.now) == 0U);
  bench.claim();
  BOOST_TEST(!bench.book.wants_parts(bench.now));
  BOOST_TEST(bench.book.open_parts(bench.now) == 1U);
  bench.read();
  BOOST_TEST(bench.book.wants_parts(bench.now), "all of it was read");
}

BOOST_AUTO_TEST_SUITE_END()
