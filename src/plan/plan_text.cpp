#include "plan/plan_text.hpp"

#include "koobatch/state/value_reader.hpp"
#include "plan/plan_members.hpp"

#include <charconv>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace koobatch::plan {
namespace {

namespace dom = simdjson::dom;

bool take(const dom::object& object, std::string_view name, std::string& to) {
  std::string_view text;
  if (object[name].get(text) != simdjson::SUCCESS) return false;
  to = text;
  return true;
}

template <class T>
bool take(const dom::object& object, std::string_view name, T& to) {
  return object[name].get(to) == simdjson::SUCCESS;
}

bool take_time(const dom::object& object, std::string_view name, WallTime& to) {
  std::string text;
  const auto time = take(object, name, text) ? parse_timestamp(text) : std::nullopt;
  if (time) to = *time;
  return time.has_value();
}

bool take_hash(const dom::object& object, std::string_view name, std::uint64_t& to) {
  std::string text;
  if (!take(object, name, text)) return false;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, to, 16);
  return error == std::errc() && rest == end;
}

bool read_state(const dom::object& header, PlanHeader::State& state) {
  dom::object object;
  return take(header, "state", object) && take_hash(object, "xxh3", state.xxh3) &&
         take_time(object, "from", state.from) && take_time(object, "to", state.to) &&
         take(object, "items", state.items) && take(object, "users", state.users) &&
         take(object, "complete", state.is_complete);
}

bool read_desired(const dom::object& header, PlanHeader::Desired& desired) {
  dom::object object;
  return take(header, "desired", object) && take(object, "path", desired.path) &&
         take_hash(object, "xxh3", desired.xxh3);
}

bool read_limits(const dom::object& header, std::vector<std::string>& limits) {
  dom::array array;
  if (!take(header, "limits", array)) return false;
  for (const dom::element item : array) {
    std::string_view text;
    if (item.get(text) != simdjson::SUCCESS) return false;
    limits.emplace_back(text);
  }
  return true;
}

bool read_counts(const dom::object& header, std::vector<KindCounts>& counts) {
  dom::object object;
  if (!take(header, "counts", object)) return false;
  for (const auto [name, value] : object) {
    dom::object numbers;
    KindCounts kind{.kind = std::string(name)};
    const bool is_read = value.get(numbers) == simdjson::SUCCESS && take(numbers, "items", kind.items) &&
                         take(numbers, "desired", kind.desired) && take(numbers, "changed", kind.changed) &&
                         take(numbers, "missing", kind.missing);
    if (!is_read) return false;
    counts.push_back(std::move(kind));
  }
  return true;
}

/// Reads what the line sets, and what that was, in the order of the line.
bool read_settings(const dom::object& object, PlanLine& line) {
  dom::object was;
  if (!take(object, members::was, was)) return false;
  for (const auto [name, old_value] : was) {
    Step::Setting setting;
    setting.field = line.kind->find_set_by(line.operation->name, name);
    dom::element new_value;
    if (setting.field == line.kind->fields.size() || !take(object, name, new_value)) return false;
    const auto& field = line.kind->fields[setting.field];
    if (read_value(field, old_value, setting.was) || read_value(field, new_value, setting.wanted)) return false;
    setting.is_carried = setting.was == setting.wanted;
    line.settings.push_back(std::move(setting));
  }
  return !line.settings.empty();
}

/// Whether the line has no member that is not read.
bool is_read_whole(const dom::object& object, const PlanLine& line) {
  // n, type, op, the identifier, was
  const std::size_t expected = 5 + line.settings.size() + (line.user_id.empty() ? 0U : 1U) + (line.needs ? 1U : 0U) +
                               (line.is_temporary ? 1U : 0U);
  return object.size() == expected;
}

}  // namespace

std::optional<PlanHeader> parse_header(const dom::object& object) {
  PlanHeader header;
  const bool is_read = take(object, "id", header.id) && take_time(object, "made", header.made) &&
                       take(object, "version", header.version) && take(object, "endpoint", header.endpoint) &&
                       read_state(object, header.state) && read_desired(object, header.desired) &&
                       read_limits(object, header.limits) && read_counts(object, header.counts) &&
                       take_time(object, "expires", header.expires);
  return is_read ? std::optional(std::move(header)) : std::nullopt;
}

std::optional<PlanLine> parse_line(const dom::object& object, const koodrive::ResourceCatalogue& kinds) {
  PlanLine line;
  std::string type;
  std::string op;
  if (!take(object, members::n, line.n) || !take(object, members::type, type) || !take(object, members::op, op)) {
    return std::nullopt;
  }
  line.kind = kinds.find(type);
  line.operation = line.kind == nullptr ? nullptr : line.kind->find_operation(op);
  if (line.operation == nullptr) return std::nullopt;
  if (!take(object, line.operation->fields[line.operation->key_field].name, line.id)) return std::nullopt;
  take(object, members::user_id, line.user_id);
  if (std::uint64_t needs = 0; take(object, members::needs, needs)) line.needs = needs;
  take(object, members::temporary, line.is_temporary);
  if (!read_settings(object, line) || !is_read_whole(object, line)) return std::nullopt;
  return line;
}

}  // namespace koobatch::plan
