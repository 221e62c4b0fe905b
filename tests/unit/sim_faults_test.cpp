#include "sim/faults.hpp"

namespace koobatch::sim {
namespace {

Fault parsed(std::string_view text) {
  const auto fault = parse_fault(text);
  BOOST_TEST_REQUIRE(fault.has_value(), text);
  return *fault;
}

std::string error_of(std::string_view text) {
  const auto fault = parse_fault(text);
  BOOST_TEST_REQUIRE(!fault.has_value(), text);
  BOOST_TEST(fault.error().kind == ErrorKind::usage);
  return fault.error().message;
}

bool mentions(const std::string& message, std::string_view what) {
  BOOST_TEST_CONTEXT(message) {
    BOOST_TEST(message.find(what) != std::string::npos);
  }
  return true;
}

using Hits = std::array<int, fault_names.size() + 1>;  // the last: no fault

Hits count(Faults& faults, int requests) {
  Hits hits{};
  for (int i = 0; i < requests; ++i) {
    const auto hit = faults.draw();
    ++hits[hit ? static_cast<std::size_t>(hit->kind) : fault_names.size()];
  }
  return hits;
}

std::string sequence(std::uint64_t seed) {
  Faults faults({{FaultKind::reset, 0.3, 0, {}}, {FaultKind::stall, 0.2, 0, {}}}, seed);
  std::string text;
  for (int i = 0; i < 200; ++i) {
    const auto hit = faults.draw();
    text += !hit ? '.' : hit->kind == FaultKind::stall ? 's' : hit->applies ? 'R' : 'r';
  }
  return text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_faults)

BOOST_AUTO_TEST_CASE(a_status_fault_is_parsed_with_rate_and_retry_after) {
  const Fault fault = parsed("status=503,rate=0.05,retry-after=1");
  BOOST_TEST(fault.kind == FaultKind::status);
  BOOST_TEST(fault.status == 503);
  BOOST_TEST(fault.rate == 0.05);
  BOOST_TEST((fault.retry_after == 1));
  BOOST_TEST(!parsed("status=500,rate=1").retry_after.has_value());
}

BOOST_AUTO_TEST_CASE(every_other_kind_is_parsed_by_its_name) {
  for (std::size_t i = 1; i < fault_names.size(); ++i) {
    const Fault fault = parsed(std::string(fault_names[i]) + ",rate=0.02");
    BOOST_TEST(to_string(fault.kind) == fault_names[i]);
    BOOST_TEST(fault.rate == 0.02);
  }
}

BOOST_AUTO_TEST_CASE(an_invalid_fault_is_explained) {
  BOOST_TEST(mentions(error_of("explode,rate=1"), "unknown kind 'explode'; known are status=CODE, reset, drop"));
  BOOST_TEST(mentions(error_of(""), "unknown kind ''"));
  BOOST_TEST(mentions(error_of("reset=1,rate=1"), "'reset' takes no value"));
  BOOST_TEST(mentions(error_of("status,rate=1"), "the HTTP status is missing"));
  for (const char* bad : {"status=,rate=1", "status=abc,rate=1", "status=99,rate=1", "status=100,rate=1",
                          "status=600,rate=1", "status=503x,rate=1"}) {
    BOOST_TEST(mentions(error_of(bad), "is not an HTTP status"));
  }
  for (const char* bad : {"reset,rate=1.01", "reset,rate=-0.1", "reset,rate=", "reset,rate=x", "reset,rate=nan"}) {
    BOOST_TEST(mentions(error_of(bad), "is not a number from 0 to 1"));
  }
  BOOST_TEST(mentions(error_of("reset"), "the rate is missing"));
  BOOST_TEST(mentions(error_of("reset,rate"), "'rate' needs a value"));
  BOOST_TEST(mentions(error_of("reset,rate=1,rate=1"), "'rate' is given twice"));
  BOOST_TEST(mentions(error_of("reset,rate=1,"), "unknown parameter ''"));
  BOOST_TEST(mentions(error_of("reset,chance=1"), "unknown parameter 'chance'"));
  BOOST_TEST(mentions(error_of("reset,rate=1,retry-after=1"), "only status= faults"));
  BOOST_TEST(mentions(error_of("status=503,rate=1,retry-after=-1"), "is not a whole number of seconds"));
  BOOST_TEST(mentions(error_of("status=503,rate=1,retry-after=1.5"), "is not a whole number of seconds"));
  BOOST_TEST(mentions(error_of("status=503,rate=1,retry-after=1,retry-after=1"), "'retry-after' is given twice"));
}

BOOST_AUTO_TEST_CASE(rates_that_add_up_to_more_than_one_are_refused) {
  const std::vector<Fault> fits = {
      {FaultKind::reset, 0.1, 0, {}}, {FaultKind::drop, 0.2, 0, {}}, {FaultKind::stall, 0.7, 0, {}}};
  BOOST_TEST(check_faults(fits).has_value());
  const std::vector<Fault> too_much = {{FaultKind::reset, 0.6, 0, {}}, {FaultKind::drop, 0.5, 0, {}}};
  BOOST_TEST(mentions(check_faults(too_much).error().message, "add up to 1.1"));
}

BOOST_AUTO_TEST_CASE(each_fault_hits_at_its_rate) {
  Faults faults({{FaultKind::status, 0.05, 503, 1}, {FaultKind::reset, 0.02, 0, {}}, {FaultKind::garbage, 0.1, 0, {}}},
                7);
  const Hits hits = count(faults, 100'000);
  // Within five standard deviations; since the seed is fixed, this does not depend on luck.
  BOOST_TEST(std::abs(hits[0] - 5000) < 345);
  BOOST_TEST(std::abs(hits[1] - 2000) < 222);
  BOOST_TEST(std::abs(hits[4] - 10000) < 475);
  BOOST_TEST(hits[0] + hits[1] + hits[4] + hits[6] == 100'000);
}

BOOST_AUTO_TEST_CASE(rate_one_always_hits_and_rate_zero_never_does) {
  Faults always({{FaultKind::drop, 0, 0, {}}, {FaultKind::status, 1, 429, 3}}, 1);
  Faults never({{FaultKind::drop, 0, 0, {}}}, 1);
  Faults none({}, 1);
  BOOST_TEST(count(always, 1000)[0] == 1000);
  BOOST_TEST(count(never, 1000)[6] == 1000);
  BOOST_TEST(count(none, 1000)[6] == 1000);
  const auto hit = always.draw();
  BOOST_TEST(hit->status == 429);
  BOOST_TEST((hit->retry_after == 3));
}

BOOST_AUTO_TEST_CASE(whether_a_fault_applies_is_as_documented) {
  const auto applies = [](FaultKind kind) { return Faults({{kind, 1, 503, {}}}, 1).draw()->applies; };
  BOOST_TEST(!applies(FaultKind::status));
  BOOST_TEST(!applies(FaultKind::drop));
  BOOST_TEST(applies(FaultKind::truncate));
  BOOST_TEST(applies(FaultKind::garbage));
  BOOST_TEST(applies(FaultKind::stall));
  Faults resets({{FaultKind::reset, 1, 0, {}}}, 1);
  int applied = 0;
  for (int i = 0; i < 10'000; ++i) applied += resets.draw()->applies;
  BOOST_TEST(std::abs(applied - 5000) < 250);
}

BOOST_AUTO_TEST_CASE(equal_seeds_make_equal_sequences_and_others_do_not) {
  BOOST_TEST(sequence(42) == sequence(42));
  BOOST_TEST(sequence(42) != sequence(43));
  BOOST_TEST(sequence(42) != sequence(42 + (std::uint64_t{1} << 32U)));
}

BOOST_AUTO_TEST_CASE(latency_lies_between_its_base_and_base_plus_jitter) {
  using namespace std::chrono_literals;
  Latency fixed(5ms, 0ms, 1), spread(5ms, 2ms, 1), none(0ms, 0ms, 1);
  Duration least = 1h, most = 0ms;
  for (int i = 0; i < 10'000; ++i) {
    BOOST_TEST_REQUIRE((fixed.draw() == 5ms));
    BOOST_TEST_REQUIRE((none.draw() == 0ms));
    const Duration d = spread.draw();
    least = std::min(least, d);
    most = std::max(most, d);
  }
  BOOST_TEST((least >= 5ms && least < 5010us));
  BOOST_TEST((most <= 7ms && most > 6990us));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace koobatch::sim
