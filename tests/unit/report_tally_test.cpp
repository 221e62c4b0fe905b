#include "koobatch/report/tally.hpp"

#include "report_samples.hpp"

#include <fmt/format.h>

#include <array>

using namespace koobatch;
using namespace koobatch::report;
using namespace std::chrono_literals;

namespace {

ResultRecord refusal(std::uint32_t line, std::string_view msg, std::int64_t code = 13000405, int http = 400) {
  auto r = samples::result(line, Status::rejected);
  r.http = http;
  r.code = code;
  r.msg = msg;
  return r;
}

/// A word for each number, without digits or quotes.
std::string word(std::uint32_t number) {
  std::string out;
  for (; number != 0; number /= 26) out.push_back(static_cast<char>('a' + number % 26));
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(report_tally)

BOOST_AUTO_TEST_CASE(results_are_counted_with_their_attempts_and_latencies) {
  Tally tally;
  auto first = samples::result(1);
  first.latency = 2ms;
  tally.add(first);
  auto retried = samples::result(2, Status::failed);
  retried.attempts = 4;
  retried.latency = 6ms;
  retried.at += 5s;
  tally.add(retried);
  auto never_sent = samples::result(3, Status::invalid);
  never_sent.attempts = 0;
  never_sent.latency.reset();
  tally.add(never_sent);
  BOOST_TEST(tally.counts()[Status::succeeded] == 1U);
  BOOST_TEST(tally.counts()[Status::failed] == 1U);
  BOOST_TEST(tally.counts()[Status::invalid] == 1U);
  BOOST_TEST(tally.counts().finished() == 3U);
  BOOST_TEST(tally.attempts() == 5U);
  BOOST_TEST(tally.retries() == 3U);
  BOOST_TEST(tally.latency().count() == 2U);
  BOOST_TEST((tally.latency().max() == 6ms));
  BOOST_TEST((tally.last_at() == samples::noon() + 5s));
}

BOOST_AUTO_TEST_CASE(what_was_captured_is_counted_and_what_was_not_by_its_reason) {
  Tally tally, other;
  BOOST_TEST(!tally.captures().any());
  tally.add_capture("");
  tally.add_capture("gone");
  other.add_capture("");
  other.add_capture("unreadable");
  other.add_capture("a reason of a later version");
  tally.merge(other);
  BOOST_TEST(tally.captures().captured == 2U);
  BOOST_TEST((tally.captures().not_captured == std::array<std::uint64_t, 3>{1, 1, 1}));
  BOOST_TEST(tally.captures().any());
}

BOOST_AUTO_TEST_CASE(a_success_has_no_cause) {
  Tally tally;
  tally.add(samples::result(1));
  BOOST_TEST(tally.causes().empty());
}

BOOST_AUTO_TEST_CASE(causes_are_distinguished_and_the_most_frequent_comes_first) {
  Tally tally;
  tally.add(refusal(9, "name already used"));
  tally.add(refusal(4, "no permission", 13000410));
  tally.add(refusal(5, "no permission", 13000410));
  tally.add(refusal(6, "no permission", 13000410, 403));
  auto timeout = samples::result(7, Status::unknown);
  timeout.http = 0;
  timeout.code.reset();
  timeout.error = "timeout";
  tally.add(timeout);
  const auto causes = tally.causes();
  BOOST_REQUIRE(causes.size() == 4U);
  BOOST_TEST(causes[0].count == 2U);
  BOOST_TEST(causes[0].text == "no permission");
  BOOST_TEST(causes[0].http == 400);
  BOOST_TEST(causes[1].examples[0].line == 6U);
  BOOST_TEST(causes[2].examples[0].line == 7U);
  BOOST_TEST(causes[2].text == "timeout");
  BOOST_TEST(causes[2].status == Status::unknown);
  BOOST_TEST(!causes[2].code);
  BOOST_TEST(causes[3].examples[0].line == 9U);
  BOOST_TEST(causes[3].code.value() == 13000405);
}

BOOST_AUTO_TEST_CASE(the_examples_of_a_cause_are_its_lowest_lines) {
  Tally tally, other;
  for (const std::uint32_t line : {12U, 7U, 30U, 9U}) tally.add(refusal(line, "no"));
  for (const std::uint32_t line : {40U, 8U, 50U}) other.add(refusal(line, "no"));
  tally.merge(other);
  const auto causes = tally.causes();
  BOOST_REQUIRE(causes.size() == 1U);
  BOOST_REQUIRE(causes[0].examples.size() == 3U);
  BOOST_TEST(causes[0].examples[0].line == 7U);
  BOOST_TEST(causes[0].examples[1].line == 8U);
  BOOST_TEST(causes[0].examples[2].line == 9U);
  BOOST_TEST((causes[0].examples[0].trace == TraceId{0x15555, 7, 1}));
}

BOOST_AUTO_TEST_CASE(identifiers_in_messages_do_not_split_a_cause) {
  Tally tally;
  for (std::uint32_t line = 1; line <= 10'000; ++line) {
    tally.add(refusal(line, fmt::format("folder {} of '{} x' does not exist", line, line), 13000309));
  }
  tally.add(refusal(20'000, "folder 1 is locked", 13000309));
  const auto causes = tally.causes();
  BOOST_REQUIRE(causes.size() == 2U);
  BOOST_TEST(causes[0].text == "folder … of '…' does not exist");
  BOOST_TEST(causes[0].count == 10'000U);
  BOOST_TEST(causes[1].text == "folder 1 is locked");
}

BOOST_AUTO_TEST_CASE(messages_that_all_differ_take_bounded_memory_and_are_still_counted) {
  Tally tally;
  for (std::uint32_t line = 1; line <= 10'000; ++line) {
    tally.add(refusal(line, fmt::format("folder {} does not exist", word(line)), 13000309));
  }
  const auto causes = tally.causes();
  BOOST_REQUIRE(causes.size() == Tally::most_texts + 1);
  BOOST_TEST(causes[0].various);
  BOOST_TEST(causes[0].text == "");
  BOOST_TEST(causes[0].code.value() == 13000309);
  BOOST_TEST(causes[0].count == 10'000 - Tally::most_texts);
  BOOST_TEST(causes[0].examples[0].line == Tally::most_texts + 1);
  BOOST_TEST(tally.uncounted_causes() == 0U);
}

BOOST_AUTO_TEST_CASE(codes_that_all_differ_take_bounded_memory_too) {
  Tally tally;
  for (std::uint32_t line = 1; line <= 10'000; ++line) tally.add(refusal(line, "no", line));
  BOOST_TEST(tally.causes().size() == 2 * Tally::most_texts);
  BOOST_TEST(tally.uncounted_causes() == 10'000 - 2 * Tally::most_texts);
}

BOOST_AUTO_TEST_CASE(a_known_cause_keeps_its_text_when_no_new_one_fits) {
  Tally tally;
  for (std::uint32_t line = 1; line <= 1000; ++line) tally.add(refusal(line, "text " + word(line)));
  tally.add(refusal(2000, "text " + word(5)));
  const auto causes = tally.causes();
  const auto found =
      std::find_if(causes.begin(), causes.end(), [](const Cause& c) { return c.text == "text " + word(5); });
  BOOST_REQUIRE(found != causes.end());
  BOOST_TEST(found->count == 2U);
}

BOOST_AUTO_TEST_CASE(long_texts_are_cut_between_characters) {
  Tally tally;
  std::string msg = "x";
  while (msg.size() < 1000) msg += "名";
  tally.add(refusal(1, msg));
  tally.add(refusal(2, msg));
  const auto causes = tally.causes();
  BOOST_REQUIRE(causes.size() == 1U);
  BOOST_TEST(causes[0].text == msg.substr(0, 238));
}

BOOST_AUTO_TEST_CASE(merged_tallies_equal_a_single_one) {
  Tally all, merged;
  std::array<Tally, 3> workers;
  for (std::uint32_t line = 1; line <= 300; ++line) {
    auto r = line % 3 == 0 ? refusal(line, line % 2 == 0 ? "even" : "odd") : samples::result(line);
    r.attempts = line % 5;
    r.latency = std::chrono::microseconds(line);
    r.at += std::chrono::seconds(line);
    all.add(r);
    // The lowest lines go to the tally merged last.
    workers[2 - (line / 100) % 3].add(r);
  }
  for (const auto& worker : workers) merged.merge(worker);
  merged.merge(Tally());
  BOOST_TEST(merged.counts().by_status == all.counts().by_status, boost::test_tools::per_element());
  BOOST_TEST(merged.attempts() == all.attempts());
  BOOST_TEST(merged.retries() == all.retries());
  BOOST_TEST((merged.last_at() == all.last_at()));
  BOOST_TEST((merged.latency().percentile(0.9) == all.latency().percentile(0.9)));
  const auto is = merged.causes(), should = all.causes();
  BOOST_REQUIRE(is.size() == should.size());
  for (std::size_t i = 0; i < is.size(); ++i) {
    BOOST_TEST(is[i].text == should[i].text);
    BOOST_TEST(is[i].count == should[i].count);
    BOOST_TEST(is[i].examples[0].line == should[i].examples[0].line);
    BOOST_TEST((is[i].examples[0].trace == should[i].examples[0].trace));
  }
}

BOOST_AUTO_TEST_CASE(merging_loses_no_result_when_causes_overflow) {
  Tally left, right;
  for (std::uint32_t line = 1; line <= 500; ++line) {
    left.add(refusal(line, "left " + word(line)));
    right.add(refusal(1000 + line, "right " + word(line), line));
  }
  left.merge(right);
  std::uint64_t sum = left.uncounted_causes();
  for (const auto& cause : left.causes()) sum += cause.count;
  BOOST_TEST(sum == 1000U);
  BOOST_TEST(left.causes().size() <= 2 * Tally::most_texts);
}

BOOST_AUTO_TEST_SUITE_END()
