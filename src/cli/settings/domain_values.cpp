#include "cli/settings/domain_values.hpp"

#include "koobatch/auth/app_key.hpp"
#include "koobatch/auth/authorization.hpp"
#include "koobatch/auth/token.hpp"
#include "koobatch/job/encoding.hpp"
#include "koobatch/job/reading.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"
#include "koobatch/koodrive/rules.hpp"
#include "koobatch/observe/metrics_server.hpp"

#include <cassert>
#include <vector>

namespace koobatch::cli {
namespace {

using Violations = std::vector<koodrive::Violation>;

/// A text that obeys the rule of a job's field.
ValueType<std::string> ruled_text(std::string label, void (*check)(std::string_view, Violations&)) {
  return checked_text(std::move(label), [check](const std::string& value) -> Result<void> {
    Violations violations;
    check(value, violations);
    if (violations.empty()) return {};
    return usage_error(violations.front().message);
  });
}

Result<void> check_resource_id(const koodrive::OperationRow& row, const std::string& value) {
  koodrive::Fields fields;
  fields.row = &row;
  fields.values[row.key_field].present = true;
  fields.values[row.key_field].text = value;
  Violations violations;
  koodrive::check(fields, violations);
  for (const auto& violation : violations) {
    if (violation.field == row.fields[row.key_field].name) return usage_error(violation.message);
  }
  return {};
}

/// The template becomes a header: no line breaks. Without its placeholder it could only be a token itself.
Result<void> check_authorization(const std::string& value) {
  if (!auth::fits_a_header(value)) {
    return usage_error("only printable ASCII characters can stand in a header");
  }
  if (value.find(auth::token_placeholder) == std::string::npos) {
    return usage_error("must contain {token}, which the token replaces; for example 'Bearer {token}'");
  }
  return {};
}

Result<void> check_app_id(const std::string& value) {
  if (auth::is_app_id(value)) return {};
  return usage_error("must be 1 to 128 visible ASCII characters, none of them a comma");
}

/// TAB, which is hard to type, has names.
Result<char> parse_delimiter(const std::string& value) {
  if (value == "tab" || value == "TAB" || value == "\\t") return '\t';
  if (value.size() == 1 && job::may_separate(value.front())) return value.front();
  return usage_error("must be one character, such as ';' or '|', or tab");
}

Result<AnyFault> parse_any_fault(const std::string& value) {
  sim::SimulatorSettings read;
  if (auto ok = sim::add_fault(value, read); !ok) return ok.error();
  if (!read.faults.empty()) return AnyFault(read.faults.front());
  if (!read.list_faults.empty()) return AnyFault(read.list_faults.front());
  return AnyFault(read.clock_faults.front());
}

}  // namespace

ValueType<std::string> user_id() {
  return ruled_text("ID", koodrive::check_user_id);
}

ValueType<std::string> language() {
  return ruled_text("TAG", koodrive::check_language);
}

ValueType<std::string> resource_id(std::string_view operation) {
  const auto* row = koodrive::service_catalogue().find(operation);
  assert(row != nullptr);
  return checked_text("ID", [row](const std::string& value) { return check_resource_id(*row, value); });
}

ValueType<std::string> app_id() {
  return checked_text("ID", check_app_id);
}

ValueType<std::string> encoding() {
  return checked_text("NAME", job::check_encoding);
}

ValueType<char> delimiter() {
  return {.label = "CHAR", .parse = parse_delimiter, .show = [](const char& value) {
            return value == '\t' ? std::string("tab") : std::string(1, value);
          }};
}

ValueType<std::string> authorization() {
  return checked_text("TEMPLATE", check_authorization);
}

ValueType<flow::ErrorLimit> error_limit() {
  return {.label = "N|N%",
          .parse = [](const std::string& value) { return flow::ErrorLimit::parse(value); },
          .show = [](const flow::ErrorLimit& value) { return value.text(); }};
}

ValueType<AnyFault> fault() {
  return {.label = "FAULT", .parse = parse_any_fault, .show = {}};
}

ValueType<std::optional<sim::MadeUpItems>> made_up_items() {
  return {.label = "N",
          .parse = [](const std::string& value) -> Result<std::optional<sim::MadeUpItems>> {
            auto items = sim::parse_made_up_items(value);
            if (!items) return items.error();
            return std::optional(*items);
          },
          .show =
              [](const std::optional<sim::MadeUpItems>& items) {
                return items ? fmt::format("{},users={},albums={}", items->count, items->users, items->albums) : "";
              }};
}

ValueType<sim::ThrottleSettings> throttle() {
  return {.label = "THROTTLE|none",
          .parse = [](const std::string& value) { return sim::parse_throttle(value); },
          .show = [](const sim::ThrottleSettings& value) { return std::string(value.limits() ? "" : "none"); }};
}

ValueType<std::string> metrics_address() {
  return checked_text("ADDRESS:PORT", [](const std::string& value) { return observe::check_metrics_address(value); });
}

ValueType<observe::Metrics::Label> metrics_label() {
  return {.label = "NAME=VALUE",
          .parse = [](const std::string& value) { return observe::parse_metric_label(value); },
          .show = {}};
}

}  // namespace koobatch::cli
