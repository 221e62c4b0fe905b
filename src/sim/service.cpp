#include "sim/service.hpp"

#include "koobatch/core/ascii.hpp"
#include "koobatch/core/json.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/core/trimmed.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/job/request_body.hpp"
#include "koobatch/koodrive/refresh_call.hpp"
#include "koobatch/koodrive/route.hpp"
#include "koobatch/koodrive/rules.hpp"
#include "koobatch/koodrive/x_date.hpp"
#include "koobatch/sim/operations.hpp"
#include "sim/answer.hpp"
#include "sim/app_signature.hpp"
#include "sim/state.hpp"

#include <simdjson.h>

#include <algorithm>

namespace koobatch::sim {
namespace {

constexpr std::size_t max_user_id = 128;
constexpr std::size_t max_language = 128;

bool is_visible(char c) {
  return c > ' ' && c < '\x7f';
}
bool all_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_visible);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

/// Refuses with the given status. Returns false, so that a check can end with it.
template <class... Args>
bool refuse(Judgement& out, int status, std::int64_t code, fmt::format_string<Args...> format, Args&&... args) {
  out.status = status;
  out.code = code;
  out.msg.clear();
  fmt::format_to(std::back_inserter(out.msg), format, std::forward<Args>(args)...);
  return false;
}

template <class... Args>
bool refuse_parameter(Judgement& out, fmt::format_string<Args...> format, Args&&... args) {
  return refuse(out, 400, koodrive::code::parameter_check_failed, format, std::forward<Args>(args)...);
}

/// The token, in one of the documented forms; nothing if there is none.
std::optional<std::string_view> token_of(std::string_view authorization) {
  for (const std::string_view scheme : {"Bearer+", "Bearer ", "AT "}) {
    if (authorization.starts_with(scheme)) return authorization.substr(scheme.size());
  }
  return std::nullopt;
}

bool check_once(const Request& r, Judgement& out) {
  if (r.repeated.empty()) return true;
  return refuse_parameter(out, "{}: given more than once", r.repeated);
}

bool check_host(const Request& r, Judgement& out) {
  if (r.host && !r.host->empty()) return true;
  return refuse_parameter(out, "Host: missing");
}

bool check_user(const Request& r, Judgement& out) {
  if (!r.user_id) return refuse_parameter(out, "X-User-Id: missing");
  if (r.user_id->empty() || r.user_id->size() > max_user_id) {
    return refuse_parameter(out, "X-User-Id: has {} characters, 1 to {} are allowed", r.user_id->size(), max_user_id);
  }
  return all_visible(*r.user_id) || refuse_parameter(out, "X-User-Id: contains a character that is not visible ASCII");
}

bool check_date(const Request& r, WallTime now, Duration window, Judgement& out) {
  if (!r.date) return refuse_parameter(out, "X-Date: missing");
  const auto date = koodrive::parse_x_date(*r.date);
  if (!date) return refuse_parameter(out, "X-Date: is not of the form yyyyMMdd'T'HHmmss'Z', e.g. 20251103T070140Z");
  const double age = seconds(now - *date);
  if (age < 0) return refuse_parameter(out, "X-Date: {} is {:.3f} s later than the server's now", *r.date, -age);
  return now - *date <= window ||
         refuse_parameter(out, "X-Date: {} is {:.0f} s old, more than {}", *r.date, age, format_duration(window));
}

bool check_trace_id(const Request& r, Judgement& out) {
  if (!r.trace_id || out.trace_id) return true;
  return refuse_parameter(out, "X-Traceid: is not 58 characters '0' or '1' (it has {})", r.trace_id->size());
}

/// "application/json", alone or with charset=utf-8.
bool is_json_type(std::string_view type) {
  const auto semicolon = type.find(';');
  if (!equals_ignoring_case(trimmed(type.substr(0, semicolon)), "application/json")) return false;
  if (semicolon == std::string_view::npos) return true;
  const std::string_view parameter = trimmed(type.substr(semicolon + 1));
  return equals_ignoring_case(parameter, "charset=utf-8") || equals_ignoring_case(parameter, "charset=\"utf-8\"");
}

bool check_content_type(const Request& r, Judgement& out) {
  if (!r.content_type) return refuse_parameter(out, "Content-Type: missing; it must be application/json");
  return is_json_type(*r.content_type) ||
         refuse_parameter(out, "Content-Type: must be application/json, optionally with charset=utf-8");
}

/// Whether `text` has the form of a BCP 47 language tag, or of one with '_' as in the documentation: en, en-US, en_us,
/// zh-Hans-CN.
bool is_language_tag(std::string_view text) {
  if (text.size() > max_language) return false;
  bool first = true;
  for (std::string_view rest = text;; first = false) {
    const std::size_t end = std::min(rest.find_first_of("-_"), rest.size());
    const std::string_view part = rest.substr(0, end);
    const bool fits =
        part.size() >= (first ? 2U : 1U) && part.size() <= 8 &&
        std::all_of(part.begin(), part.end(), [&](char c) { return is_letter(c) || (!first && is_digit(c)); });
    if (!fits || end == rest.size()) return fits;
    rest.remove_prefix(end + 1);
  }
}

bool check_language(const Request& r, Judgement& out) {
  return !r.language || is_language_tag(*r.language) ||
         refuse_parameter(out, "language: is not a language code such as en-US");
}

/// The value of a header field that only some operations have; the last one, if there are several.
std::optional<std::string_view> other_header(const Request& r, std::string_view name) {
  std::optional<std::string_view> value;
  for (std::size_t i = 0; i < r.other_count; ++i) {
    if (equals_ignoring_case(r.others[i].first, name)) value = r.others[i].second;
  }
  return value;
}

/// Reads key and fields from path, header and body, and collects violations in out.violations.
void read_operation(const Request& r, Judgement& out) {
  job::read_body(r.body, out.fields, out.storage, out.violations);
  const auto& fields = out.row->fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].place == koodrive::FieldPlace::body) continue;
    const bool in_path = fields[i].place == koodrive::FieldPlace::path;
    const auto value = in_path ? std::optional<std::string_view>(out.route.value_of(fields[i].name))
                               : other_header(r, fields[i].header);
    if (!value) continue;
    out.fields.values[i].present = true;
    out.fields.values[i].text = *value;
  }
  if (out.violations.empty()) koodrive::check(out.fields, out.violations);
  const koodrive::FieldValue& key = out.fields.values[out.row->key_field];
  const bool is_text = fields[out.row->key_field].type == koodrive::FieldType::text;
  if (!key.present || key.malformed || (is_text && key.text.empty())) return;
  out.key.assign(out.row->key_prefix);
  koodrive::append_key(out.key, out.fields);
  out.key_hash = hash_key(out.key);
}

bool check_body(Judgement& out) {
  if (out.violations.empty()) return true;
  const koodrive::Violation& first = out.violations.front();
  if (first.field.empty()) return refuse_parameter(out, "{}", first.message);
  return refuse_parameter(out, "{}: {}", first.field, first.message);
}

/// The member refreshToken of a body; empty if it is missing.
std::string refresh_token_in(std::string_view body) {
  simdjson::dom::parser parser;
  const simdjson::padded_string padded(body);
  simdjson::dom::object object;
  std::string_view text;
  if (parser.parse(padded).get(object) != simdjson::SUCCESS) return {};
  if (object.at_key("refreshToken").get(text) != simdjson::SUCCESS) return {};
  return std::string(text);
}

/// The body of a refresh, as in the reference documentation.
void append_session(std::string& out, const Tokens& tokens, WallTime now) {
  const auto issued = std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch());
  JsonWriter data(out);
  JsonWriter session(data.key("sessionInfo"));
  session.add("accessToken", fmt::format("AT {}", tokens.access()))
      .add("expiresIn", tokens.lifetime().count())
      .add("issuedAt", fmt::format("{}", issued.count()))
      .add("refreshToken", tokens.refresh_token())
      .end();
  data.end();
}

}  // namespace

bool Service::find_route(const Request& r, Judgement& out) const {
  auto route = koodrive::match_route(*operations_, r.method, r.target);
  if (!route) {
    return refuse(out, 404, koodrive::code::no_such_resource, "there is no operation {} {}", r.method,
                  r.target.substr(0, r.target.find('?')));
  }
  out.row = out.fields.row = route->row;
  out.route = std::move(*route);
  return true;
}

/// Whether the request reads items; then rules that it breaks are in out.violations.
bool Service::find_reading(const Request& r, Judgement& out) const {
  if (!has_items_) return false;
  std::string wrong;
  out.reading = parse_reading(r.method, r.target, wrong);
  if (!wrong.empty()) out.violations.push_back({{}, std::move(wrong)});
  if (out.reading && out.reading->what == Reading::What::one_folder) {
    out.key.assign(key_prefix(ItemKind::shared_folder)).append(out.reading->id);
    out.key_hash = hash_key(out.key);
  }
  return out.reading.has_value();
}

bool Service::accepts(std::string_view token, std::optional<std::string_view> user, WallTime now) {
  if (!user_tokens_) return (!app_ || tokens_.is_set()) && tokens_.accept(token, now);
  // Without a user, the missing user is the error, not the token.
  if (!user) return true;
  const auto* entry = user_tokens_->find(*user);
  return entry != nullptr && entry->token == token;
}

bool Service::judge_refresh(const Request& r, WallTime now, Judgement& out) {
  constexpr std::string_view scheme = "AT ";
  out.refresh = true;
  if (r.method != "POST") return refuse_parameter(out, "method: must be POST");
  const std::string_view authorization = r.authorization.value_or("");
  if (!authorization.starts_with(scheme)) {
    return refuse(out, 401, koodrive::code::generic_failure, "Authorization: is not of the form 'AT TOKEN'");
  }
  // An expired token is accepted as well: that is what the call is for.
  if (!tokens_.was_issued(authorization.substr(scheme.size()))) {
    return refuse(out, 401, koodrive::code::generic_failure, "Authorization: the token was never issued");
  }
  if (!tokens_.refresh(refresh_token_in(r.body), now)) {
    return refuse(out, 401, koodrive::code::generic_failure, "refreshToken: is not valid");
  }
  out.storage.clear();
  append_session(out.storage, tokens_, now);
  out.status = 200;
  out.code = koodrive::code::success;
  out.msg = "success";
  return true;
}

bool Service::check_authorization(const Request& r, WallTime now, Judgement& out) {
  constexpr int status = 401;
  if (!r.authorization) return refuse(out, status, koodrive::code::generic_failure, "Authorization: missing");
  if (is_app_signature(*r.authorization)) return check_signature(r, out);
  const auto token = token_of(*r.authorization);
  if (!token) {
    return refuse(out, status, koodrive::code::generic_failure,
                  "Authorization: has none of the forms 'Bearer+TOKEN', 'Bearer TOKEN', 'AT TOKEN'");
  }
  if (token->empty() || !all_visible(*token)) {
    return refuse(out, status, koodrive::code::generic_failure,
                  "Authorization: the token is empty or not visible ASCII");
  }
  return accepts(*token, r.user_id, now) ||
         refuse(out, status, koodrive::code::generic_failure, "Authorization: the token is not valid");
}

bool Service::check_signature(const Request& r, Judgement& out) const {
  const std::string wrong =
      app_ ? refusal_of_signature(r, *app_)
           : fmt::format("no app is known here ({} {})", to_string(CommandName::simulate), spell(SettingName::app_id));
  return wrong.empty() || refuse(out, 401, koodrive::code::generic_failure, "Authorization: {}", wrong);
}

/// Those that all requests need.
bool Service::check_headers(const Request& r, WallTime now, Duration x_date_ahead, Judgement& out) {
  return check_once(r, out) && check_host(r, out) && check_authorization(r, now, out) && check_user(r, out) &&
         check_date(r, now + x_date_ahead, x_date_window_, out) && check_trace_id(r, out);
}

void Service::judge(const Request& r, WallTime now, Judgement& out, Duration x_date_ahead) {
  out.row = nullptr;
  out.reading.reset();
  out.refresh = false;
  out.fields.clear();
  out.key.clear();
  out.key_hash = 0;
  out.trace_id = r.trace_id ? parse_trace_id(*r.trace_id) : std::nullopt;
  out.violations.clear();
  if (tokens_.refreshes() && r.target == koodrive::refresh_target) {
    judge_refresh(r, now, out);
    return;
  }
  if (!find_route(r, out)) {
    const bool accepted =
        find_reading(r, out) && check_headers(r, now, x_date_ahead, out) && check_language(r, out) && check_body(out);
    if (!accepted) return;
    out.status = 200;
    out.code = koodrive::code::success;
    return;
  }
  read_operation(r, out);

  const bool accepted = check_headers(r, now, x_date_ahead, out) && check_content_type(r, out) &&
                        check_language(r, out) && check_body(out);
  if (!accepted) return;
  out.status = out.row->success_http.empty() ? 200 : out.row->success_http.front();
  out.code = out.row->success_code;
  // As in the documentation's example answers, which differ from page to page.
  out.msg = out.row->answers_id ? "success" : "Success.";
}

void append_answer_body(std::string& out, const Judgement& j) {
  JsonWriter json(out);
  if (j.refresh && j.accepted()) {
    json.raw("data", j.storage);
  } else if (j.accepted() && j.row->answers_id) {
    json.add(j.row->id_member, std::string_view(j.key).substr(j.row->key_prefix.size()));
  }
  json.add("code", j.code).add("msg", j.msg).end();
}

}  // namespace koobatch::sim
