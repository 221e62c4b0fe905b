#include "koobatch/core/units.hpp"

#include "contains.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace std::chrono_literals;
using koobatch::test::contains;

namespace {

struct Spelling {
  const char* text;
  Duration duration;
};

struct Refusal {
  const char* text;
  const char* why;  ///< a part of the message
};

template <class T>
std::string refusal(const Result<T>& result) {
  if (result.has_value()) return "accepted";
  BOOST_TEST(result.error().kind == ErrorKind::usage);
  return result.error().message;
}

const Spelling durations[] = {{"200ms", 200ms},
                              {"5s", 5s},
                              {"1.5s", 1500ms},
                              {"10m", 10min},
                              {"2h", 2h},
                              {"1h30m", 90min},
                              {"1m0.25s", 60250ms},
                              {"1d", 24h},
                              {"0", 0ns},
                              {"0s", 0ns},
                              {"0.001ms", 1us},
                              {"365d", 24h * 365},
                              {"1h2m3s4ms", 1h + 2min + 3s + 4ms}};

const Refusal bad_durations[] = {{"500", "a unit is missing; write for example 200ms"},
                                 {"1.5", "a unit is missing"},
                                 {"1h30", "a unit is missing"},
                                 {"", "not a duration"},
                                 {"s", "not a duration"},
                                 {"5 s", "not a duration"},
                                 {" 5s", "not a duration"},
                                 {"5s ", "not a duration"},
                                 {"5S", "not a duration"},
                                 {".5s", "not a duration"},
                                 {"5.s", "not a duration"},
                                 {"1.2.3s", "not a duration"},
                                 {"1e3s", "not a duration"},
                                 {"0x10s", "not a duration"},
                                 {"nan", "not a duration"},
                                 {"infs", "not a duration"},
                                 {"+5s", "not a duration"},
                                 {"30m1h", "not a duration"},
                                 {"1s1s", "not a duration"},
                                 {"1.5h30m", "not a duration"},
                                 {"5weeks", "not a duration"},
                                 {"-5s", "must not be negative"},
                                 {"366d", "longer than a year"},
                                 {"365d24h", "longer than a year"},
                                 {"99999999999999999999999h", "longer than a year"}};

const Refusal bad_rates[] = {{"500", "a unit is missing; write for example 500/s or 60/min"},
                             {"500/", "the unit must be s, min or h"},
                             {"500/day", "the unit must be s, min or h"},
                             {"500/S", "the unit must be s, min or h"},
                             {"500 /s", "not a rate"},
                             {"", "not a rate"},
                             {"/s", "not a rate"},
                             {"many/s", "not a rate"},
                             {"-1/s", "not a rate"},
                             {"1e3/s", "not a rate"},
                             {"0/s", "must be more than 0"},
                             {"0.00/h", "must be more than 0"},
                             {"0.01/h", "less than one a day"},
                             {"1000000001/s", "more than 1,000,000,000 a second"},
                             {"500/s/s", "the unit must be s, min or h"}};

}  // namespace

BOOST_AUTO_TEST_SUITE(units)

BOOST_AUTO_TEST_CASE(durations_are_read_with_their_units) {
  for (const auto& spelling : durations) {
    const auto parsed = parse_duration(spelling.text);
    BOOST_TEST_REQUIRE(parsed.has_value(), spelling.text);
    BOOST_TEST(parsed->count() == spelling.duration.count(), spelling.text);
  }
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused_as_a_duration_with_a_reason) {
  for (const auto& sample : bad_durations) {
    const auto message = refusal(parse_duration(sample.text));
    BOOST_TEST(contains(message, sample.why), "'" << sample.text << "': " << message);
  }
}

BOOST_AUTO_TEST_CASE(rates_are_read_per_second_minute_and_hour) {
  BOOST_TEST(parse_rate("500/s").value() == 500.0);
  BOOST_TEST(parse_rate("500/sec").value() == 500.0);
  BOOST_TEST(parse_rate("0.5/s").value() == 0.5);
  BOOST_TEST(parse_rate("60/min").value() == 1.0);
  BOOST_TEST(parse_rate("90/m").value() == 1.5);
  BOOST_TEST(parse_rate("1800/h").value() == 0.5);
  BOOST_TEST(parse_rate("1000000000/s").value() == 1e9);
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused_as_a_rate_with_a_reason) {
  for (const auto& sample : bad_rates) {
    const auto message = refusal(parse_rate(sample.text));
    BOOST_TEST(contains(message, sample.why), "'" << sample.text << "': " << message);
  }
}

BOOST_AUTO_TEST_CASE(rates_are_written_as_briefly_as_possible_and_never_as_none) {
  BOOST_TEST(format_rate(1200) == "1,200/s");
  BOOST_TEST(format_rate(500) == "500/s");
  BOOST_TEST(format_rate(90) == "90/s");
  BOOST_TEST(format_rate(9.53) == "9.53/s");
  BOOST_TEST(format_rate(0.25) == "0.25/s");
  BOOST_TEST(format_rate(1.0 / 60) == "0.0167/s");
  BOOST_TEST(format_rate(1.0 / 3600) == "1/h");
  BOOST_TEST(format_rate(lowest_rate) == "0.0417/h");
  BOOST_TEST(format_rate(0) == "0/s");
}

BOOST_AUTO_TEST_CASE(counts_are_whole_numbers_within_their_limits) {
  BOOST_TEST(parse_count("1", 1, 200).value() == 1U);
  BOOST_TEST(parse_count("200", 1, 200).value() == 200U);
  BOOST_TEST(parse_count("18446744073709551615", 0, UINT64_MAX).value() == UINT64_MAX);
  for (const char* text :
       {"0", "201", "", "-1", "+1", "1.0", "1e2", " 1", "1 ", "0x1", "many", "18446744073709551616"}) {
    BOOST_TEST(refusal(parse_count(text, 1, 200)) == "must be a whole number from 1 to 200", text);
  }
}

BOOST_AUTO_TEST_CASE(durations_are_shown_in_two_parts_at_most) {
  BOOST_TEST(format_duration(-1s) == "0ms");
  BOOST_TEST(format_duration(0s) == "0ms");
  BOOST_TEST(format_duration(999999us) == "999ms");
  BOOST_TEST(format_duration(1s) == "1.0s");
  BOOST_TEST(format_duration(9999ms) == "9.9s");
  BOOST_TEST(format_duration(10s) == "10s");
  BOOST_TEST(format_duration(59999ms) == "59s");
  BOOST_TEST(format_duration(185s) == "3m05s");
  BOOST_TEST(format_duration(2h + 10min + 59s) == "2h10m");
  BOOST_TEST(format_duration(24h * 4 + 3h) == "4d03h");
}

BOOST_AUTO_TEST_CASE(large_counts_are_grouped_by_thousands) {
  BOOST_TEST(format_count(0) == "0");
  BOOST_TEST(format_count(999) == "999");
  BOOST_TEST(format_count(1000) == "1,000");
  BOOST_TEST(format_count(123456) == "123,456");
  BOOST_TEST(format_count(10000000) == "10,000,000");
}

BOOST_AUTO_TEST_SUITE_END()
