#include "koodrive/declared_quota_fields.hpp"

#include "koobatch/http/date.hpp"

#include <rapidcheck/boost_test.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cctype>
#include <ostream>
#include <string>
#include <tuple>
#include <vector>

using namespace koobatch;
using namespace std::chrono_literals;
using Scope = DeclaredQuota::Scope;

namespace koobatch {
std::ostream& operator<<(std::ostream& out, const DeclaredQuota& quota) {
  const auto say = [&](const char* name, const auto& value, auto shown) {
    if (value) out << ' ' << name << '=' << shown(*value);
  };
  out << (quota.scope == Scope::user ? "user" : "all");
  say("limit", quota.limit, [](auto count) { return count; });
  say("remaining", quota.remaining, [](auto count) { return count; });
  say("window", quota.window, [](Duration d) { return seconds(d); });
  say("reset", quota.reset, [](Duration d) { return seconds(d); });
  return out;
}
}  // namespace koobatch

namespace {

const WallTime now = WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 21)) + 17h;  // 1795280400

constexpr auto unsaid = std::nullopt;
constexpr std::uint32_t most = DeclaredQuota::max_count;

DeclaredQuotas read(std::string_view fields) {
  DeclaredQuotas quotas;
  koodrive::read_quota_fields(fields, now, quotas);
  return quotas;
}

DeclaredQuotas read_message(std::string_view message, Scope scope = Scope::everybody) {
  DeclaredQuotas quotas;
  koodrive::read_quota_message(message, scope, quotas);
  return quotas;
}

DeclaredQuota quota(std::optional<std::uint32_t> limit, std::optional<Duration> window = {},
                    std::optional<std::uint32_t> remaining = {}, std::optional<Duration> reset = {},
                    Scope scope = Scope::everybody) {
  return {scope, limit, remaining, window, reset};
}

using Expected = std::vector<DeclaredQuota>;

struct Case {
  std::string fields;
  Expected expected;
};

void check(const DeclaredQuotas& quotas, const Expected& expected, const std::string& fields) {
  BOOST_TEST_CONTEXT(fields) {
    BOOST_TEST(Expected(quotas.begin(), quotas.end()) == expected, boost::test_tools::per_element());
  }
}

void check(const std::vector<Case>& cases) {
  for (const auto& [fields, expected] : cases) check(read(fields), expected, fields);
}

bool is_bounded(const DeclaredQuota& q) {
  return (!q.limit || (*q.limit >= 1 && *q.limit <= most)) &&
         (!q.remaining || *q.remaining <= q.limit.value_or(most)) &&
         (!q.window || (*q.window > 0s && *q.window <= DeclaredQuota::max_time)) &&
         (!q.reset || (*q.reset >= 0s && *q.reset <= q.window.value_or(DeclaredQuota::max_time)));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(declared_quota_fields)

// What is meant.

BOOST_AUTO_TEST_CASE(the_fields_of_the_draft_are_read_as_it_means_them) {
  check({
      {"RateLimit-Policy: \"default\";q=100;w=60\nRateLimit: \"default\";r=50;t=30\n", {quota(100, 60s, 50, 30s)}},
      {"RateLimit: \"default\";r=50;t=30\nRateLimit-Policy: \"default\";q=100;w=60\n", {quota(100, 60s, 50, 30s)}},
      {"RateLimit-Policy: \"burst\";q=100;w=60,\"daily\";q=1000;w=86400\nRateLimit: \"daily\";r=7\n",
       {quota(100, 60s), quota(1000, 24h, 7)}},
      {"RateLimit-Policy: \"a\";q=100;w=60\nRateLimit-Policy: \"b\";q=5;w=1\n", {quota(100, 60s), quota(5, 1s)}},
      {"RateLimit-Policy: \"peruser\";q=100;w=60;pk=:dXNlcg==:\n", {quota(100, 60s)}},
      {"RateLimit-Policy: \"fixed\";q=100\n", {quota(100)}},
      {"RateLimit: \"default\";r=50;t=30\n", {quota(unsaid, unsaid, 50, 30s)}},
      {"RateLimit-Policy: \"a, b; c\\\" d\";q=100;w=60\n", {quota(100, 60s)}},
  });
}

BOOST_AUTO_TEST_CASE(a_policy_that_counts_something_other_than_requests_says_nothing_of_them) {
  check({
      {"RateLimit-Policy: \"bytes\";q=65535;qu=\"content-bytes\";w=10\nRateLimit: \"bytes\";r=1;t=9\n", {}},
      {"RateLimit-Policy: \"open\";q=5;qu=\"concurrent-requests\", \"r\";q=9;w=1;qu=\"requests\"\n", {quota(9, 1s)}},
  });
}

BOOST_AUTO_TEST_CASE(the_forms_of_earlier_drafts_are_read_too) {
  check({
      {"RateLimit-Policy: hour;l=1000;w=3600, day;l=5000;w=86400\nRateLimit: day;r=100;t=36000\n",
       {quota(1000, 1h), quota(5000, 24h, 100, 10h)}},
      {"RateLimit-Policy: 100;w=60\nRateLimit: limit=100, remaining=50, reset=30\n", {quota(100, 60s, 50, 30s)}},
      {"RateLimit-Policy: 10;w=1, 100;w=60\nRateLimit: limit=100, remaining=50, reset=30\n",
       {quota(10, 1s), quota(100, 60s, 50, 30s)}},
      {"RateLimit-Limit: 100\nRateLimit-Remaining: 50\nRateLimit-Reset: 30\n", {quota(100, unsaid, 50, 30s)}},
      {"RateLimit-Limit: 100, 100;w=60\nRateLimit-Remaining: 50\nRateLimit-Reset: 30\n", {quota(100, 60s, 50, 30s)}},
      {"RateLimit-Limit: 10, 10;w=1;burst=1000, 1000;w=3600;comment=\"a, b\"\nRateLimit-Remaining: 3\n",
       {quota(10, 1s, 3), quota(1000, 1h)}},
      {"RateLimit-Limit: 100;w=60\nRateLimit-Remaining: 50\nRateLimit-Reset: 30\n", {quota(100, 60s, 50, 30s)}},
  });
}

BOOST_AUTO_TEST_CASE(the_fields_with_an_x_are_read_whatever_they_count_the_reset_from) {
  check({
      {"X-RateLimit-Limit: 100\nX-RateLimit-Remaining: 50\nX-RateLimit-Reset: 30\n", {quota(100, unsaid, 50, 30s)}},
      {"X-RateLimit-Reset: 1795280430\nX-RateLimit-Remaining: 0\n", {quota(unsaid, unsaid, 0, 30s)}},
      {"X-RateLimit-Reset: 1795280430250\n", {quota(unsaid, unsaid, unsaid, 30s)}},
      {"X-RateLimit-Reset: 1795280429.5\n", {quota(unsaid, unsaid, unsaid, 30s)}},
      {"X-RateLimit-Reset: Sat, 21 Nov 2026 17:00:30 GMT\n", {quota(unsaid, unsaid, unsaid, 30s)}},
      {"X-RateLimit-Reset: 1795280000\n", {quota(unsaid, unsaid, unsaid, 0s)}},
      {"X-RateLimit-Reset: 0.2\n", {quota(unsaid, unsaid, unsaid, 1s)}},
      {"X-RateLimit-Limit: 100, 100;window=60\nX-RateLimit-Limit: 20;w=1\n", {quota(20, 1s), quota(100)}},
  });
}

BOOST_AUTO_TEST_CASE(the_gateways_fields_are_read_with_their_scope) {
  check({
      {"X-Apig-RateLimit-api: remain:9,limit:10,time:10 second\n", {quota(10, 10s, 9)}},
      {"X-Apig-RateLimit-user: remain:9,limit:10,time:1 minute\n", {quota(10, 1min, 9, unsaid, Scope::user)}},
      {"X-Apig-RateLimit-app: remain:9,limit:10,time:2 hours\n", {quota(10, 2h, 9)}},
      {"X-Apig-RateLimit-ip: limit:10,time:1 day\n", {quota(10, 24h)}},
      {"X-Apig-RateLimit-api-allenv: remain:199, limit: 200, time: 1 second\n", {quota(200, 1s, 199)}},
      {"X-Apig-RateLimit-user-allenv: REMAIN:1,Limit:2,time:3 Seconds\n", {quota(2, 3s, 1, unsaid, Scope::user)}},
      {"X-Apig-RateLimit-api: remain:9,limit:10,time:1 second\nX-Apig-RateLimit-user: remain:1,limit:2,time:1 second\n",
       {quota(10, 1s, 9), quota(2, 1s, 1, unsaid, Scope::user)}},
  });
}

BOOST_AUTO_TEST_CASE(the_gateways_message_is_read) {
  const std::string before = "The throttling threshold has been reached: policy ";
  check(read_message(before + "user over ratelimit,limit:300,time:1 second", Scope::user),
        {quota(300, 1s, unsaid, unsaid, Scope::user)}, "of a user");
  check(read_message(before + "api over ratelimit,limit:20,time:1 minute"), {quota(20, 1min)}, "of everybody");
  check(read_message(before + "user over ratelimit,limit:XX,time:1 second"), {quota(unsaid, 1s)}, "limit not told");
  for (const char* message : {"", "limit", ":", ",,,", "limit:,time:", "policy user over ratelimit", "limit:-5",
                              "limit:0,time:0 second", "time:second", "time:1 fortnight", "limit=3,time=1 second"}) {
    check(read_message(message), {}, message);
  }
  check(read_message(std::string(600, 'x') + ",limit:1"), {}, "beyond what is looked at");
}

BOOST_AUTO_TEST_CASE(every_name_is_read_whatever_its_case) {
  for (const auto& field : koodrive::quota_fields) {
    const bool gateway = field.form == koodrive::QuotaForm::gateway;
    const std::string value = gateway                                       ? "limit:7"
                              : field.form == koodrive::QuotaForm::policies ? "\"a\";q=7"
                              : field.form == koodrive::QuotaForm::states   ? "\"a\";r=7"
                                                                            : "7";
    std::string lower(field.name), upper(field.name);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](unsigned char c) { return std::tolower(c); });
    std::transform(upper.begin(), upper.end(), upper.begin(), [](unsigned char c) { return std::toupper(c); });
    const auto expected = read(std::string(field.name) + ": " + value + "\n");
    BOOST_TEST(expected.size() == 1U, field.name);
    BOOST_TEST((expected.begin()->scope == field.scope));
    for (const std::string& name : {lower, upper}) {
      check(read(name + ":" + value), Expected(expected.begin(), expected.end()), name);
    }
  }
}

// What contradicts itself.

BOOST_AUTO_TEST_CASE(of_contradictions_the_strictest_holds) {
  check({
      {"RateLimit-Limit: 100\nX-RateLimit-Limit: 20\nX-RateLimit-Remaining: 9\nRateLimit-Remaining: 30\n",
       {quota(20, unsaid, 9)}},
      {"X-RateLimit-Remaining: 9, 4\nX-RateLimit-Remaining: 6\nX-RateLimit-Reset: 3, 5\n",
       {quota(unsaid, unsaid, 4, 5s)}},
      {"X-Apig-RateLimit-api: remain:9,limit:10,time:1 second\nX-Apig-RateLimit-app: remain:2,limit:30,time:1 second\n",
       {quota(10, 1s, 2)}},
      {"RateLimit-Policy: \"a\";q=100;q=50;w=1;w=2\n", {quota(50, 2s)}},
      {"RateLimit-Policy: \"a\";q=100;w=60\nRateLimit-Policy: \"b\";q=70;w=60\n", {quota(70, 60s)}},
      {"RateLimit: \"a\";r=5;t=1;r=2;t=9\n", {quota(unsaid, unsaid, 2, 9s)}},
      {"X-Apig-RateLimit-api: limit:10,limit:5,time:1 second,time:2 second\n", {quota(5, 2s)}},
  });
}

BOOST_AUTO_TEST_CASE(impossible_values_are_corrected) {
  check({
      {"RateLimit-Policy: \"a\";q=100;w=60\nRateLimit: \"a\";r=500;t=3600\n", {quota(100, 60s, 100, 60s)}},
      {"X-Apig-RateLimit-api: remain:11,limit:10,time:1 second\n", {quota(10, 1s, 10)}},
  });
}

BOOST_AUTO_TEST_CASE(quotas_of_different_windows_hold_together) {
  check({
      {"X-Apig-RateLimit-api: limit:10,time:1 second\nX-Apig-RateLimit-ip: limit:100,time:1 minute\n",
       {quota(10, 1s), quota(100, 1min)}},
      {"RateLimit-Policy: \"a\";q=100;w=60\nX-RateLimit-Limit: 5000\nX-RateLimit-Reset: 3600\n",
       {quota(100, 60s), quota(5000, unsaid, unsaid, 1h)}},
  });
}

BOOST_AUTO_TEST_CASE(of_too_many_quotas_the_loosest_are_not_kept) {
  check(read("RateLimit-Policy: \"a\";q=60;w=6, \"b\";q=99;w=1, \"c\";q=1;w=60, \"d\";q=9;w=2, \"e\";q=8;w=4\n"),
        {quota(60, 6s), quota(8, 4s), quota(1, 60s), quota(9, 2s)}, "the last replaces b");
  check(read("RateLimit-Policy: \"a\";q=6;w=6, \"b\";q=9;w=1, \"c\";q=1;w=60, \"d\";q=9;w=2, \"e\";q=99;w=4\n"),
        {quota(6, 6s), quota(9, 1s), quota(1, 60s), quota(9, 2s)}, "the last is the loosest");
}

// What is broken or hostile.

BOOST_AUTO_TEST_CASE(the_valid_part_of_a_half_broken_field_is_read) {
  check({
      {"RateLimit-Policy: \"default\" ; q=100 ;\tw=60 ;\nRateLimit: \"default\"; r=50 ; t\n", {quota(100, 60s, 50)}},
      {"RateLimit-Policy: default;q=100;w=60, ,;;,=,\"\"\n", {quota(100, 60s)}},
      {"RateLimit-Policy: \"a\";q=\"100\";w=60\n", {quota(100, 60s)}},
      {"RateLimit-Policy: \"a\";q=many;w=60\n", {quota(unsaid, 60s)}},
      {"RateLimit-Policy: \"a\";q=100;w=-60\n", {quota(100)}},
      {"RateLimit-Policy: \"a\";q=100;w=60, \"unfinished;q=1;w=1\n", {quota(100, 60s)}},
      {"RateLimit: limit=100, remaining=, reset=soon\n", {quota(100)}},
      {"X-RateLimit-Limit: -1\nX-RateLimit-Remaining: 5\n", {quota(unsaid, unsaid, 5)}},
      {"X-RateLimit-Reset: 5, tomorrow\n", {quota(unsaid, unsaid, unsaid, 5s)}},
      {"X-Apig-RateLimit-api: remain:9;limit:10\n", {}},
      {"X-Apig-RateLimit-api: remain:x,limit:10,time:1 lightyear\n", {quota(10)}},
      {"X-Apig-RateLimit-api: limit:10,time:10\n", {quota(10, 10s)}},
  });
}

BOOST_AUTO_TEST_CASE(nonsense_declares_nothing) {
  for (const char* value :
       {"",   " ",  "-1", "+1",   "NaN",       "nan",   "inf", "Infinity", "1e9", "0x10",     "1 000", "many", "\"\"",
        "\"", "%s", "١٠", "null", "unlimited", "1.5.2", ".5",  "5.",       "--1", "\xff\xfe", ";;",    "=="}) {
    for (const char* name : {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset", "X-RateLimit-Limit",
                             "X-RateLimit-Remaining", "X-RateLimit-Reset"}) {
      check({{std::string(name) + ": " + value + "\n", {}}});
    }
    check({
        {std::string("RateLimit-Policy: \"a\";q=") + value + ";w=" + value + "\n", {}},
        {std::string("RateLimit: \"a\";r=") + value + ";t=" + value + "\n", {}},
        {std::string("X-Apig-RateLimit-api: remain:") + value + ",limit:" + value + ",time:" + value + "\n", {}},
    });
  }
  check({
      {"", {}},
      {"\n\n", {}},
      {":", {}},
      {"RateLimit", {}},
      {"RateLimit-Limit", {}},
      {"RateLimit-Limits: 5\n", {}},
      {"X-Apig-RateLimit: limit:5\n", {}},
      {"Content-Length: 5\n", {}},
  });
}

BOOST_AUTO_TEST_CASE(a_limit_or_a_window_of_nothing_is_none) {
  check({
      {"RateLimit-Limit: 0\n", {}},
      {"RateLimit-Policy: \"a\";q=0;w=0\n", {}},
      {"X-Apig-RateLimit-api: limit:0,time:0 second\n", {}},
      {"RateLimit-Remaining: 0\nRateLimit-Reset: 0\n", {quota(unsaid, unsaid, 0, 0s)}},
  });
}

BOOST_AUTO_TEST_CASE(absurd_numbers_are_bounded) {
  for (const char* huge : {"1000000000", "4294967296", "4294967295", "9223372036854775808", "18446744073709551616",
                           "99999999999999999999999999999999999999999999"}) {
    const std::string text(huge);
    check({
        {"RateLimit-Limit: " + text + "\nRateLimit-Remaining: " + text + "\n", {quota(most, unsaid, most)}},
        {"RateLimit-Policy: \"a\";q=5;w=" + text + "\n", {quota(5, DeclaredQuota::max_time)}},
        {"X-Apig-RateLimit-api: limit:5,time:" + text + " days\n", {quota(5, DeclaredQuota::max_time)}},
    });
  }
  check({
      {"RateLimit-Reset: 999999999\n", {quota(unsaid, unsaid, unsaid, DeclaredQuota::max_time)}},
      {"RateLimit-Reset: 99999999999999999999\n", {quota(unsaid, unsaid, unsaid, DeclaredQuota::max_time)}},
      {"RateLimit-Reset: Fri, 31 Dec 9999 23:59:59 GMT\n", {quota(unsaid, unsaid, unsaid, DeclaredQuota::max_time)}},
  });
}

BOOST_AUTO_TEST_CASE(a_quota_says_its_rate_if_it_has_a_limit_and_a_window) {
  BOOST_TEST((quota(300, 1s).rate() == 300.0));
  BOOST_TEST((quota(90, 60s).rate() == 1.5));
  BOOST_TEST(!quota(300).rate());
  BOOST_TEST(!quota(unsaid, 1s).rate());
}

// Properties.

namespace {

/// Lines that look like the fields, of pieces that matter to their syntax.
rc::Gen<std::string> fields_like() {
  std::vector<std::string> pieces = {
      "\n",     ": ",    ",",       ";",      "=",      "\"",         "\\",
      " ",      "q=",    "w=",      "r=",     "t=",     "a",          "-1",
      "0",      "7",     "100",     "qu=",    "99999",  "limit:",     "time:",
      "second", "5 day", "remain:", "limit=", "reset=", "1795280430", "99999999999999999999",
      "0.5"};
  for (const auto& field : koodrive::quota_fields) {
    for (int i = 0; i < 3; ++i) pieces.push_back("\n" + std::string(field.name) + ": ");
  }
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces)), [](const auto& parts) {
    std::string text;
    for (const std::string& part : parts) text += part;
    return text;
  });
}

Expected sorted(const DeclaredQuotas& quotas) {
  Expected all(quotas.begin(), quotas.end());
  std::sort(all.begin(), all.end(), [](const DeclaredQuota& a, const DeclaredQuota& b) {
    return std::tie(a.scope, a.window, a.limit, a.remaining, a.reset) <
           std::tie(b.scope, b.window, b.limit, b.remaining, b.reset);
  });
  return all;
}

}  // namespace

RC_BOOST_PROP(whatever_is_declared_is_bounded, ()) {
  const auto fields = *fields_like();
  const auto quotas = read(fields);
  const auto of_message = read_message(fields);
  RC_ASSERT(std::all_of(quotas.begin(), quotas.end(), is_bounded));
  RC_ASSERT(std::all_of(of_message.begin(), of_message.end(), is_bounded));
}

RC_BOOST_PROP(fields_that_are_repeated_say_nothing_new, ()) {
  const auto fields = *fields_like();
  RC_ASSERT(sorted(read(fields)) == sorted(read(fields + "\n" + fields)));
}

RC_BOOST_PROP(each_form_says_what_it_was_written_to_say, ()) {
  const auto limit = *rc::gen::inRange<std::uint32_t>(1, most + 1);
  const auto remaining = *rc::gen::inRange<std::uint32_t>(0, limit + 1);
  const auto window = *rc::gen::inRange<std::int64_t>(1, 31 * 86400 + 1);
  const auto reset = *rc::gen::inRange<std::int64_t>(0, window + 1);
  const auto all = quota(limit, std::chrono::seconds(window), remaining, std::chrono::seconds(reset));
  const auto q = std::to_string(limit), r = std::to_string(remaining), w = std::to_string(window),
             t = std::to_string(reset);
  const auto is = [](const std::string& fields, const DeclaredQuota& expected) {
    const auto quotas = read(fields);
    RC_ASSERT(quotas.size() == 1U);
    RC_ASSERT(*quotas.begin() == expected);
  };
  is("RateLimit-Policy: \"a\";q=" + q + ";w=" + w + "\nRateLimit: \"a\";r=" + r + ";t=" + t + "\n", all);
  is("RateLimit-Policy: " + q + ";w=" + w + "\nRateLimit: limit=" + q + ", remaining=" + r + ", reset=" + t + "\n",
     all);
  is("RateLimit-Limit: " + q + ", " + q + ";w=" + w + "\nRateLimit-Remaining: " + r + "\nRateLimit-Reset: " + t + "\n",
     all);
  const auto epoch = std::to_string(WallClock::to_time_t(now + std::chrono::seconds(reset)));
  is("X-RateLimit-Limit: " + q + "\nX-RateLimit-Remaining: " + r + "\nX-RateLimit-Reset: " + epoch + "\n",
     quota(limit, unsaid, remaining, std::chrono::seconds(reset)));
  is("X-Apig-RateLimit-user: remain:" + r + ",limit:" + q + ",time:" + w + " second\n",
     quota(limit, std::chrono::seconds(window), remaining, unsaid, Scope::user));
}

BOOST_AUTO_TEST_SUITE_END()
