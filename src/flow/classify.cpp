#include "koobatch/flow/classify.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace koobatch::flow {
namespace {

namespace json = simdjson::ondemand;

/// "Codes seen in the reference": final, each of them.
constexpr std::array<std::int64_t, 7> documented_refusals = {13000102, 13000201, 13000301, 13000305,
                                                             13000306, 13000309, 13000405};
constexpr std::int64_t no_permission = 13000410;

/// The longest message kept of an answer; the service's are far shorter.
constexpr std::size_t max_msg = 512;

/// What an answer's body says. Views into the parser's memory.
struct Body {
  bool readable = false;
  std::optional<std::int64_t> code;
  std::string_view msg;
  std::string_view id;
  std::string_view gateway_code;  ///< "APIG.0308"
};

std::optional<std::int64_t> read_code(json::value value) {
  std::int64_t number = 0;
  if (value.get_int64().get(number) == simdjson::SUCCESS) return number;
  // Some pages send the code as a string.
  std::string_view text;
  if (value.get_string().get(text) != simdjson::SUCCESS) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool read_member(json::field field, Body& body) {
  std::string_view name;
  if (field.unescaped_key().get(name) != simdjson::SUCCESS) return false;
  json::value value = field.value();
  if (name == "code") {
    body.code = read_code(value);
    return body.code.has_value();
  }
  std::string_view* text = nullptr;
  if (name == "msg" || name == "error_msg") text = &body.msg;
  if (name == "id") text = &body.id;
  if (name == "error_code") text = &body.gateway_code;
  if (text == nullptr) {
    // Skipping is lazy; raw_json makes the parser walk, so that what is skipped is well-formed too.
    std::string_view raw;
    json::value skipped = value;
    return simdjson::to_json_string(skipped).get(raw) == simdjson::SUCCESS;
  }
  if (value.is_null()) return true;
  return value.get_string().get(*text) == simdjson::SUCCESS;
}

std::string_view cut_utf8(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
  return text.substr(0, limit);
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
  return code == no_permission ||
         std::find(documented_refusals.begin(), documented_refusals.end(), code) != documented_refusals.end();
}

struct Classifier::Impl {
  json::parser parser;

  Body read(std::string& text) {
    Body body;
    text.reserve(text.size() + simdjson::SIMDJSON_PADDING);
    json::document document;
    json::object object;
    if (parser.iterate(text.data(), text.size(), text.capacity()).get(document) != simdjson::SUCCESS ||
        document.get_object().get(object) != simdjson::SUCCESS) {
      return body;
    }
    for (auto field : object) {
      if (field.error() != simdjson::SUCCESS || !read_member(field.value_unsafe(), body)) return body;
    }
    const char* rest = nullptr;
    body.readable = document.current_location().get(rest) == simdjson::OUT_OF_BOUNDS;
    return body;
  }
};

Classifier::Classifier() : impl_(std::make_unique<Impl>()) {}
Classifier::~Classifier() = default;
Classifier::Classifier(Classifier&&) noexcept = default;

namespace {

void judge_success(const Body& body, std::string_view expected_id, Outcome& out) {
  if (!body.readable || !body.code) {
    out.verdict = Verdict::unclear;
    out.error = fmt::format("HTTP {} with a body that cannot be read as the documented answer", out.http);
    return;
  }
  if (*body.code != 0) {
    out.verdict = Verdict::rejected;
    return;
  }
  if (!expected_id.empty() && !body.id.empty() && body.id != expected_id) {
    out.verdict = Verdict::undecidable;
    out.error = fmt::format("the answer is about id {}, which was not asked for", cut_utf8(body.id, 64));
    out.close = true;
    return;
  }
  out.verdict = Verdict::succeeded;
}

Verdict judge_refusal(const Body& body, int http) {
  const bool documented = body.readable && body.code && is_documented_refusal(*body.code);
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

void judge_answer(const Answer& answer, const Body& body, std::string_view expected_id, WallTime now, Outcome& out) {
  out.http = answer.http;
  if (body.readable) {
    out.code = body.code;
    out.msg = cut_utf8(body.msg, max_msg);
  }
  if (body.readable && body.gateway_code == "APIG.0308") {
    out.verdict = Verdict::throttled;
    out.user_only = body.msg.find("policy user") != std::string_view::npos;
  } else if (answer.http == 101) {
    out.verdict = Verdict::undecidable;
    out.error = "the service switched protocols, which was not asked for";
    out.close = true;
  } else if (answer.http < 300) {
    judge_success(body, expected_id, out);
  } else if (answer.http < 400) {
    out.verdict = Verdict::rejected;
    out.error = fmt::format("redirected to '{}'; redirects are not followed", cut_utf8(answer.location, 256));
  } else {
    out.verdict = judge_refusal(body, answer.http);
  }
  if (out.verdict == Verdict::throttled) out.retry_after = parse_retry_after(answer.retry_after, now);
  if (out.msg.empty() && !body.gateway_code.empty()) out.msg = cut_utf8(body.gateway_code, max_msg);
}

}  // namespace

void Classifier::classify(Answer& answer, std::string_view expected_id, WallTime now, Outcome& out) {
  out.clear();
  switch (answer.delivery) {
    case Delivery::answered:
      judge_answer(answer, impl_->read(answer.body), expected_id, now, out);
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
