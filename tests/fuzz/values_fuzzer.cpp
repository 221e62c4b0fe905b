// Any text as each of the small values that come from outside: trace IDs, durations, rates, counts, dates, endpoints,
// Retry-After, declared quotas; and as a text that is shown or written as JSON.
#include "oracle.hpp"

#include "koobatch/core/clock.hpp"
#include "koobatch/core/describe.hpp"
#include "koobatch/core/json.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/core/utf8.hpp"
#include "koobatch/http/date.hpp"
#include "koobatch/http/endpoint.hpp"
#include "koobatch/koodrive/classifier.hpp"
#include "koobatch/koodrive/x_date.hpp"
#include "koodrive/declared_quota_fields.hpp"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

namespace {

using namespace koobatch;
using fuzz::must;

bool is_trace_id(std::string_view text) {
  return text.size() == trace_id_length && text.find_first_not_of("01") == std::string_view::npos;
}

void check_trace_id(std::string_view text) {
  const auto id = parse_trace_id(text);
  must(id.has_value() == is_trace_id(text), "a trace ID is 58 times 0 or 1");
  if (id) must(to_string(*id) == text, "a trace ID is written as it was read");
}

/// The text's bytes as the parts of a trace ID.
void check_made_trace_id(std::string_view text) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, text.data(), std::min(text.size(), sizeof bits));
  const TraceId id{static_cast<std::uint32_t>(bits) & ((1U << trace_prefix_bits) - 1),
                   static_cast<std::uint32_t>(bits >> 24U), static_cast<std::uint8_t>(bits >> 56U)};
  const auto written = to_string(id);
  must(is_trace_id(written) && parse_trace_id(written) == id, "a trace ID is read as it was written");
}

/// What format_duration() leaves out at most.
Duration precision(Duration d) {
  using namespace std::chrono_literals;
  if (d < 1s) return 1ms;
  if (d < 10s) return 100ms;
  if (d < 1h) return 1s;
  return d < 24h ? Duration(1min) : Duration(1h);
}

void check_duration(std::string_view text) {
  const auto d = parse_duration(text);
  if (!d) return;
  must(*d >= Duration::zero() && *d <= std::chrono::hours(24 * 365), "a duration is at most a year");
  const auto shown = format_duration(*d);
  const auto again = parse_duration(shown);
  must(again && *again <= *d && *d - *again < precision(*d), "a duration is shown to its precision");
  must(format_duration(*again) == shown, "a duration is shown the same again");
}

void check_rate(std::string_view text) {
  const auto rate = parse_rate(text);
  if (rate) must(*rate >= 1.0 / 86400 && *rate <= 1e9, "a rate is within its limits");
}

void check_count(std::string_view text) {
  const auto count = parse_count(text, 1, std::numeric_limits<std::uint64_t>::max());
  if (!count) return;
  const auto digits = text.substr(std::min(text.find_first_not_of('0'), text.size()));
  must(std::to_string(*count) == digits, "a count is the number that is written");
  auto grouped = format_count(*count);
  std::erase(grouped, ',');
  must(grouped == digits, "a count is shown as the number that is written");
}

std::string x_date(WallTime t) {
  std::string out(koodrive::x_date_length, '\0');
  koodrive::write_x_date(t, out.data());
  return out;
}

/// Times before 1970 and after 2199 are moved there, so a text need not be written again as it was.
void check_times(std::string_view text) {
  if (const auto t = parse_timestamp(text)) {
    must(parse_timestamp(timestamp(*t)) == t, "a timestamp is read as it was written");
    const bool moved = text < "1970" || text >= "2200";
    must(moved || timestamp(*t) == text, "a timestamp is written as it was read");
  }
  if (const auto t = koodrive::parse_x_date(text)) {
    must(koodrive::parse_x_date(x_date(*t)) == t, "an X-Date is read as it was written");
  }
  if (const auto t = http::parse_date(text)) {
    must(http::parse_date(http::format_date(*t)) == t, "an HTTP date is read as it was written");
    must(parse_timestamp(timestamp(*t)) == t && koodrive::parse_x_date(x_date(*t)) == t,
         "all forms of a date mean the same");
  }
}

/// `text` is what Retry-After says, a line break, and the date of who says it.
void check_retry_after(std::string_view text) {
  const auto line_break = std::min(text.find('\n'), text.size());
  const auto date = text.substr(std::min(line_break + 1, text.size()));
  const auto wait =
      koodrive::parse_retry_after(text.substr(0, line_break), http::parse_date(date).value_or(WallTime()));
  if (wait) must(*wait >= Duration::zero() && *wait <= koodrive::max_retry_after, "a wait is bounded");
}

bool is_bounded(const DeclaredQuota& quota) {
  constexpr auto most = DeclaredQuota::max_count;
  constexpr auto longest = DeclaredQuota::max_time;
  return (!quota.limit || (*quota.limit >= 1 && *quota.limit <= most)) &&
         (!quota.remaining || *quota.remaining <= quota.limit.value_or(most)) &&
         (!quota.window || (*quota.window > Duration::zero() && *quota.window <= longest)) &&
         (!quota.reset || (*quota.reset >= Duration::zero() && *quota.reset <= quota.window.value_or(longest)));
}

/// `text` as header fields, as the value of each of them, and as a gateway's message.
void check_quotas(std::string_view text) {
  DeclaredQuotas quotas;
  const auto check = [&] {
    must(std::all_of(quotas.begin(), quotas.end(), is_bounded), "a declared quota is bounded");
    quotas.clear();
  };
  koodrive::read_quota_fields(text, WallTime(), quotas);
  check();
  for (const auto& field : koodrive::quota_fields) {
    koodrive::read_quota_fields(std::string(field.name) + ": " + std::string(text), WallTime(), quotas);
    check();
  }
  koodrive::read_quota_message(text, DeclaredQuota::Scope::user, quotas);
  check();
}

bool is_visible_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

void check_endpoint(std::string_view text) {
  const auto endpoint = http::parse_endpoint(text);
  if (!endpoint) {
    must(!endpoint.error().message.empty(), "what is no endpoint is explained");
    return;
  }
  must(!endpoint->host.empty() && is_visible_ascii(endpoint->host), "a host can be looked up");
  must(!endpoint->authority.empty() && is_visible_ascii(endpoint->authority), "an authority fits a header");
  must(parse_count(endpoint->port, 1, 65535).has_value(), "a port is one");
  const auto again = http::parse_endpoint(endpoint->url());
  must(again && again->tls == endpoint->tls && again->host == endpoint->host && again->port == endpoint->port &&
           again->authority == endpoint->authority,
       "an endpoint's URL leads to it");
  must(again->is_loopback() == endpoint->is_loopback(), "a loopback address is one whatever it is called");
}

bool is_harmless(std::string_view text) {
  bool good = true;
  for_each_character(text, [&](std::int32_t c, std::string_view) { good = good && c >= 0 && !is_harmful(c); });
  return good;
}

void check_shown(std::string_view text) {
  const auto shown = harmless(text);
  must(is_harmless(shown) && harmless(shown) == shown, "what is shown is harmless");
  must(is_harmless(quote(text)), "what is quoted is harmless");
  for (const std::size_t width : {0U, 1U, 2U, 5U, 40U}) {
    const auto cut = clipped(shown, width);
    must(columns(cut) <= width && is_harmless(cut), "what is cut fits");
  }
}

void check_json(std::string_view text) {
  if (!simdjson::validate_utf8(text)) return;
  std::string json;
  append_json_string(json, text);
  static simdjson::dom::parser parser;
  std::string_view read;
  must(parser.parse(json).get(read) == simdjson::SUCCESS && read == text, "a JSON string says what it was made of");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  check_trace_id(text);
  check_made_trace_id(text);
  check_duration(text);
  check_rate(text);
  check_count(text);
  check_times(text);
  check_retry_after(text);
  check_quotas(text);
  check_endpoint(text);
  check_shown(text);
  check_json(text);
  return 0;
}
