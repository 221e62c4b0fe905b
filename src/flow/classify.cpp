#include "koobatch/flow/classify.hpp"

#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/whole_number.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <boost/algorithm/string/replace.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

namespace koobatch::flow {
namespace {

/// "Codes seen in the reference": final, each of them.
constexpr std::array<std::int64_t, 8> documented_refusals = {13000102, 13000201, 13000301, 13000305,
                                                             13000306, 13000309, 13000405, 13000410};

/// The longest message kept of an answer; the service's are far shorter.
constexpr std::size_t max_msg = 512;

/// What an answer's body says; nothing if it cannot be read. Views into the parser's memory.
struct Body {
  std::optional<std::int64_t> code;
  std::string_view msg;
  std::string_view gateway_code;  ///< "APIG.0308"
  std::string other_id;           ///< the `id`, if it is not the one asked for
};

/// What is no text is passed over: it is for people, and decides nothing.
void read_text(const simdjson::dom::element& value, std::string_view& text) {
  if (value.get_string().get(text) != simdjson::SUCCESS) text = {};
}

/// Notes an `id` other than `expected`. An absent, null or empty one is fine.
void read_id(const simdjson::dom::element& value, std::string_view expected, Body& body) {
  std::string_view text;
  if (expected.empty() || value.is_null()) return;
  if (value.get_string().get(text) == simdjson::SUCCESS) {
    if (!text.empty() && text != expected) body.other_id = text;
    return;
  }
  const std::string number = simdjson::minify(value);
  if (number != expected) body.other_id = number;
}

/// False if the body cannot be trusted to mean what it says.
bool read_member(std::string_view name, const simdjson::dom::element& value, std::string_view expected_id, Body& body) {
  if (name == "code") {
    if (body.code) return false;  // twice: which one holds?
    body.code = whole_number(value);
    return body.code.has_value();
  }
  if (name == "msg" || name == "error_msg") read_text(value, body.msg);
  if (name == "error_code") read_text(value, body.gateway_code);
  if (name == "id") read_id(value, expected_id, body);
  return true;
}

std::string_view cut_utf8(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
  return text.substr(0, limit);
}

/// What must not be shown.
struct Secrets {
  std::string_view sent;  ///< empty: none
  std::span<const auth::Secret> former;

  bool in(std::string_view text) const {
    const auto holds = [&](std::string_view secret) { return text.find(secret) != std::string_view::npos; };
    return (!sent.empty() && holds(sent)) ||
           std::any_of(former.begin(), former.end(), [&](const auth::Secret& secret) { return holds(secret.view()); });
  }
};

/// Before anything is cut off: half a secret would not be found. The longest first, for one may be part of another.
std::string masked(std::string_view text, const Secrets& secrets) {
  std::string out(text);
  if (!secrets.in(text)) return out;
  std::vector<std::string_view> all;
  if (!secrets.sent.empty()) all.push_back(secrets.sent);
  for (const auth::Secret& secret : secrets.former) all.push_back(secret.view());
  std::sort(all.begin(), all.end(), [](std::string_view a, std::string_view b) { return a.size() > b.size(); });
  for (const std::string_view secret : all) boost::algorithm::replace_all(out, secret, "***");
  return out;
}

}  // namespace

std::optional<Duration> parse_retry_after(std::string_view value, WallTime now) {
  if (value.empty()) return std::nullopt;
  if (std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    std::int64_t wait = 0;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), wait);
    if (parsed.ec != std::errc()) return max_retry_after;  // more digits than fit: longer than the cap in any case
    return std::min<Duration>(std::chrono::seconds(std::min<std::int64_t>(wait, 1'000'000)), max_retry_after);
  }
  const auto date = parse_http_date(value);
  if (!date) return std::nullopt;
  return std::clamp<Duration>(*date - now, Duration::zero(), max_retry_after);
}

bool is_documented_refusal(std::int64_t code) {
  return std::find(documented_refusals.begin(), documented_refusals.end(), code) != documented_refusals.end();
}

struct Classifier::Impl {
  /// Not the on-demand one: that would pass over whatever is wrong within members nobody looks at.
  simdjson::dom::parser parser;

  Body read(std::string& text, std::string_view expected_id) {
    Body body;
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    simdjson::dom::object object;
    if (parser.parse(text.data(), text.size(), false).get(object) != simdjson::SUCCESS) return body;
    for (const auto& [name, value] : object) {
      if (!read_member(name, value, expected_id, body)) return {};
    }
    return body;
  }
};

Classifier::Classifier() : impl_(std::make_unique<Impl>()) {}
Classifier::~Classifier() = default;
Classifier::Classifier(Classifier&&) noexcept = default;

namespace {

void judge_success(const Body& body, Outcome& out) {
  if (!body.code) {
    out.verdict = Verdict::unclear;
    out.error = fmt::format("HTTP {} with a body that cannot be read as the documented answer", out.http);
  } else if (*body.code != 0) {
    out.verdict = Verdict::rejected;
  } else if (out.http != 200) {
    out.verdict = Verdict::unclear;
    out.error = fmt::format("HTTP {}, which is not the documented success (200)", out.http);
  } else {
    out.verdict = Verdict::succeeded;
  }
}

void judge_redirect(const Answer& answer, const Secrets& secrets, Outcome& out) {
  out.verdict = Verdict::rejected;
  out.error = answer.location.empty() ? fmt::format("HTTP {} without a target; redirects are not followed", out.http)
                                      : fmt::format("redirected to '{}'; redirects are not followed",
                                                    printable_ascii(masked(answer.location, secrets), 256));
}

Verdict judge_refusal(const Body& body, int http) {
  const bool documented = body.code && is_documented_refusal(*body.code);
  switch (http) {
    case 400:
      return documented ? Verdict::rejected : Verdict::suspicious;
    case 401:
      return Verdict::unauthorized;
    case 408:
    case 425:
    case 429:
    case 503:
      return Verdict::throttled;
    default:
      return http >= 500 ? Verdict::unclear : Verdict::rejected;
  }
}

void keep_message(std::string_view text, const Secrets& secrets, Outcome& out) {
  if (secrets.in(text)) {
    out.msg = cut_utf8(masked(text, secrets), max_msg);
  } else {
    out.msg = cut_utf8(text, max_msg);
  }
}

void judge_answer(const Answer& answer, const Body& body, WallTime now, const Secrets& secrets, Outcome& out) {
  out.http = answer.http;
  out.code = body.code;
  keep_message(body.msg.empty() ? body.gateway_code : body.msg, secrets, out);
  if (body.gateway_code == "APIG.0308") {
    out.verdict = Verdict::throttled;
    out.user_only = body.msg.find("policy user") != std::string_view::npos;
  } else if (answer.http == 101) {
    out.verdict = Verdict::undecidable;
    out.error = "the service switched protocols, which was not asked for";
    out.close = true;
  } else if (!body.other_id.empty()) {
    // Whatever it says, it does not say it about our operation.
    out.verdict = Verdict::undecidable;
    out.error =
        fmt::format("the answer is about id {}, which was not asked for", cut_utf8(masked(body.other_id, secrets), 64));
    out.close = true;
  } else if (answer.http < 300) {
    judge_success(body, out);
  } else if (answer.http < 400) {
    judge_redirect(answer, secrets, out);
  } else {
    out.verdict = judge_refusal(body, answer.http);
  }
  if (out.verdict == Verdict::throttled) {
    // A date is the service's, so it is measured by the service's clock if that is known.
    out.retry_after = parse_retry_after(answer.retry_after, parse_http_date(answer.date).value_or(now));
  }
}

}  // namespace

void Classifier::classify(Answer& answer, std::string_view expected_id, WallTime now, Outcome& out,
                          std::string_view secret, std::span<const auth::Secret> former) {
  out.clear();
  switch (answer.delivery) {
    case Delivery::answered:
      judge_answer(answer, impl_->read(answer.body, expected_id), now, {secret, former}, out);
      return;
    case Delivery::not_sent:
      out.verdict = Verdict::not_applied;
      break;
    case Delivery::stale:
      out.verdict = Verdict::stale;
      break;
    case Delivery::lost:
      out.verdict = Verdict::unclear;
      break;
  }
  out.error = answer.error;
}

}  // namespace koobatch::flow
