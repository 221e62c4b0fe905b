#include "koobatch/koodrive/classifier.hpp"

#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/core/whole_number.hpp"
#include "koobatch/http/date.hpp"
#include "koobatch/http/endpoint.hpp"
#include "koobatch/koodrive/result_codes.hpp"
#include "koodrive/body_text.hpp"
#include "koodrive/declared_quota_fields.hpp"
#include "koodrive/delay.hpp"
#include "koodrive/known_success.hpp"
#include "koodrive/web_page.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>
#include <boost/algorithm/string/replace.hpp>

#include <algorithm>
#include <array>
#include <vector>

namespace koobatch::koodrive {
namespace {

/// The longest message kept of an answer; the service's are far shorter.
constexpr std::size_t max_msg = 512;

/// What an answer's body says; empty if it cannot be read. Holds views into the parser's memory.
struct Body {
  bool is_object = false;
  std::optional<std::int64_t> code;
  std::string_view msg;
  std::string_view gateway_code;  ///< "APIG.0308"
  std::string other_id;           ///< the `id`, if it is not the one asked for
  std::string_view id;            ///< the `id`, if it is a text
  bool has_id = false;
  bool is_utf8 = false;
};

/// Ignores a value that is not a text: the member is for people, and decides nothing.
void read_text(const simdjson::dom::element& value, std::string_view& text) {
  if (value.get_string().get(text) != simdjson::SUCCESS) text = {};
}

/// Records an `id` other than `expected`. An absent, null or empty one is fine.
void read_id(const simdjson::dom::element& value, std::string_view expected, Body& body) {
  body.has_id = true;
  if (expected.empty() || value.is_null()) return;
  if (value.get_string().get(body.id) == simdjson::SUCCESS) {
    if (!body.id.empty() && body.id != expected) body.other_id = body.id;
    return;
  }
  const std::string number = simdjson::minify(value);
  if (number != expected) body.other_id = number;
}

/// False if the body cannot be trusted to mean what it says.
bool read_member(std::string_view name, const simdjson::dom::element& value, const Expected& expected, Body& body) {
  if (name == "code") {
    if (body.code) return false;  // given twice: which one counts?
    body.code = whole_number(value);
    return body.code.has_value();
  }
  if (name == "msg" || name == "error_msg") read_text(value, body.msg);
  if (name == "error_code") read_text(value, body.gateway_code);
  if (name == expected.id_member) read_id(value, expected.id, body);
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

/// Must be called before anything is cut off: half a secret would not be found. Replaces the longest secret first,
/// because one may be part of another.
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

Expected::Expected(const Operation& operation)
    : id(operation.row().answers_id ? operation.id() : std::string_view()),
      id_member(operation.row().id_member),
      success_http(operation.row().success_http),
      success_code(operation.row().success_code) {}

Expected Expected::reading() {
  Expected expected;
  expected.id_member = {};
  expected.may_lack_code = true;
  return expected;
}

bool Expected::succeeds_with(int http) const {
  if (success_http.empty()) return http == 200;
  return std::ranges::find(success_http, http) != success_http.end();
}

std::optional<Duration> parse_retry_after(std::string_view value, WallTime now) {
  if (const auto wait = parse_seconds(value, std::chrono::floor<std::chrono::seconds>(max_retry_after))) return wait;
  const auto date = http::parse_date(value);
  if (!date) return std::nullopt;
  return std::clamp<Duration>(*date - now, Duration::zero(), max_retry_after);
}

bool proves_service(const Outcome& outcome) {
  if (outcome.verdict == Verdict::succeeded) return true;
  return outcome.verdict == Verdict::rejected && outcome.code && is_final_refusal(*outcome.code);
}

struct Classifier::Impl {
  explicit Impl(Quoting q) : quoting(q) {}

  const Quoting quoting;
  /// Not the on-demand parser: that would miss errors within members that are never read.
  simdjson::dom::parser parser;
  KnownSuccess known;

  /// Whether the text is a JSON object.
  template <class Text>
  bool parse(Text& text, simdjson::dom::object& object) {
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    const auto json = without_byte_order_mark(text);
    return parser.parse(json.data(), json.size(), false).get(object) == simdjson::SUCCESS;
  }

  Body read(http::Answer& answer, const Expected& expected) {
    // What is known are usual successes.
    const bool usual = expected.is_usual() && expected.id_member == "id";
    if (const auto* msg = usual ? known.find(answer.body, expected.id) : nullptr) {
      Body body;
      body.is_object = true;
      body.code = 0;
      body.msg = *msg;
      return body;
    }
    Body body = parse(answer, expected);
    const bool plain =
        body.is_utf8 && body.gateway_code.empty() && body.other_id.empty() && body.has_id == !body.id.empty();
    if (usual && answer.http == 200 && body.code == 0 && plain) known.learn(answer.body, body.id, body.msg);
    return body;
  }

  Body parse(http::Answer& answer, const Expected& expected) {
    Body body;
    simdjson::dom::object object;
    std::optional<WipedString> text;
    if (!parse(answer.body, object)) {
      text = to_utf8(answer.body, answer.content_type);
      if (!text || !parse(*text, object)) return body;
    }
    body.is_object = true;
    body.is_utf8 = !text;
    for (const auto& [name, value] : object) {
      if (read_member(name, value, expected, body)) continue;
      Body nothing;
      nothing.is_object = true;
      return nothing;
    }
    return body;
  }
};

Classifier::Classifier(Quoting quoting) : impl_(std::make_unique<Impl>(quoting)) {}
Classifier::~Classifier() = default;
Classifier::Classifier(Classifier&&) noexcept = default;

namespace {

/// A body as UTF-8, as far as its encoding is known, with secrets masked while they are whole: a later cut might halve
/// one.
std::string shown_text(const http::Answer& answer, const Secrets& secrets) {
  const auto text = to_utf8(answer.body, answer.content_type);
  return masked(text ? std::string_view(*text) : answer.body, secrets);
}

/// Describes what was received in place of JSON: "text/html, 'Access denied', support ID 4711".
std::string page_of(const http::Answer& answer, const Secrets& secrets, Classifier::Quoting quoting) {
  const std::string type = masked(answer.content_type, secrets);
  const auto compression = compression_of(answer.content_encoding, answer.body);
  if (!compression.empty()) return fmt::format("{}, compressed with {}", describe_type(type), compression);
  const std::string text = shown_text(answer, secrets);
  if (quoting == Classifier::Quoting::no && !is_foreign({}, text)) return describe_type(type);
  std::string shown = describe_page(type, title_of(text));
  const std::string support = support_number_of(text);
  const bool is_shown = shown.find(support.substr(support.rfind(' ') + 1)) != std::string::npos;
  return support.empty() || is_shown ? shown : fmt::format("{}, {}", shown, support);
}

/// "application/json, 27 bytes, '{"code":0,"msg":"succ'"
std::string describe_unreadable(const http::Answer& answer, const Secrets& secrets) {
  const auto compression = compression_of(answer.content_encoding, answer.body);
  const std::string what = compression.empty()
                               ? quote_body(shown_text(answer, secrets))
                               : fmt::format("compressed with {}, though it was asked for as it is", compression);
  return fmt::format("{}, {}, {}", describe_type(masked(answer.content_type, secrets)),
                     count_of(answer.body.size(), "byte"), what);
}

/// For an answer that does not reveal whether the request was applied.
void judge_unreadable(const http::Answer& answer, const Secrets& secrets, Classifier::Quoting quoting, Outcome& out) {
  out.verdict = Verdict::unclear;
  out.foreign = is_foreign(answer.content_type, answer.body);
  if (out.foreign) {
    out.page = page_of(answer, secrets, quoting);
    out.error = fmt::format("{}: not an answer of the service", describe(out));
    return;
  }
  out.error = fmt::format("HTTP {} with a body that cannot be read as the documented answer", out.http);
  if (quoting == Classifier::Quoting::yes) out.error += ": " + describe_unreadable(answer, secrets);
}

std::string listed_statuses(const Expected& expected) {
  return expected.success_http.empty() ? "200" : fmt::format("{}", fmt::join(expected.success_http, ", "));
}

void judge_success(const Body& body, const Expected& expected, Outcome& out) {
  if (*body.code != expected.success_code) {
    out.verdict = Verdict::rejected;
  } else if (!expected.succeeds_with(out.http)) {
    out.verdict = Verdict::unclear;
    out.error = fmt::format("HTTP {}, which is not the documented success ({})", out.http, listed_statuses(expected));
  } else {
    out.verdict = Verdict::succeeded;
  }
}

void judge_redirect(const http::Answer& answer, const Secrets& secrets, Outcome& out) {
  out.verdict = Verdict::rejected;
  out.error = answer.location.empty() ? fmt::format("HTTP {} without a target; redirects are not followed", out.http)
                                      : fmt::format("redirected to '{}'; redirects are not followed",
                                                    printable_ascii(masked(answer.location, secrets), 256));
  const auto target = http::place_of(answer.location);
  if (target && !secrets.in(target->authority)) out.leads_to = target->url();
}

Verdict judge_refusal(const Body& body, int http) {
  const bool documented = body.code && is_final_refusal(*body.code);
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

/// Reads what the answer's header says about when, and how fast, to send.
void read_pace(const http::Answer& answer, WallTime now, Outcome& out) {
  const bool declares = !answer.rate_limits.empty() && !out.foreign;
  if (out.verdict != Verdict::throttled && !declares) return;
  // A date is the service's, so it is measured by the service's clock if that is known.
  const WallTime said_at = http::parse_date(answer.date).value_or(now);
  if (out.verdict == Verdict::throttled) out.retry_after = parse_retry_after(answer.retry_after, said_at);
  if (declares) read_quota_fields(answer.rate_limits, said_at, out.quotas);
}

void judge_answer(const http::Answer& answer, const Body& body, const Expected& expected, WallTime now,
                  const Secrets& secrets, Classifier::Quoting quoting, Outcome& out) {
  out.http = answer.http;
  out.code = body.code;
  keep_message(body.msg.empty() ? body.gateway_code : body.msg, secrets, out);
  if (body.gateway_code == "APIG.0308") {
    out.verdict = Verdict::throttled;
    out.user_only = body.msg.find("policy user") != std::string_view::npos;
    read_quota_message(body.msg, out.user_only ? DeclaredQuota::Scope::user : DeclaredQuota::Scope::everybody,
                       out.quotas);
  } else if (answer.http == 101) {
    out.verdict = Verdict::undecidable;
    out.error = "the service switched protocols, which was not asked for";
    out.close = true;
  } else if (!body.other_id.empty()) {
    // Whatever it says is not about our operation.
    out.verdict = Verdict::undecidable;
    out.error =
        fmt::format("the answer is about id {}, which was not asked for", cut_utf8(masked(body.other_id, secrets), 64));
    out.close = true;
  } else if (expected.may_lack_code && body.is_object && !body.code && expected.succeeds_with(answer.http)) {
    out.verdict = Verdict::succeeded;
  } else if (answer.http < 300 && !body.code) {
    judge_unreadable(answer, secrets, quoting, out);
  } else if (answer.http < 300) {
    judge_success(body, expected, out);
  } else if (answer.http < 400) {
    judge_redirect(answer, secrets, out);
  } else {
    out.verdict = judge_refusal(body, answer.http);
    if (!body.is_object && !answer.body.empty()) out.page = page_of(answer, secrets, quoting);
    if (out.verdict == Verdict::rejected || out.verdict == Verdict::suspicious) out.error = out.page;
  }
  read_pace(answer, now, out);
}

}  // namespace

void Classifier::classify(http::Answer& answer, const Expected& expected, WallTime now, Outcome& out,
                          std::string_view secret, std::span<const auth::Secret> former) {
  out.clear();
  switch (answer.delivery) {
    case http::Delivery::answered:
      judge_answer(answer, impl_->read(answer, expected), expected, now, {secret, former}, impl_->quoting, out);
      return;
    case http::Delivery::not_sent:
      out.verdict = Verdict::not_applied;
      break;
    case http::Delivery::refused:
      out.verdict = Verdict::refused;
      break;
    case http::Delivery::overloaded:
      out.verdict = Verdict::throttled;
      break;
    case http::Delivery::stale:
      out.verdict = Verdict::stale;
      break;
    case http::Delivery::lost:
      out.verdict = Verdict::unclear;
      out.garbled = answer.garbled;
      break;
  }
  out.error = answer.error;
  out.companion = answer.companion;
}

}  // namespace koobatch::koodrive
