#include "koobatch/koodrive/operation_catalogue.hpp"

#include "koodrive/request_path.hpp"
#include "koodrive/service_operations.hpp"

#include <algorithm>
#include <cassert>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <utility>

namespace koobatch::koodrive {
namespace {

constexpr std::string_view root = "/koodrive/ose/v1/";

/// The first segments after `root` in the service's reference.
constexpr std::string_view segments_after_root[] = {
    "album", "auth",       "cancel",   "departmentList", "departments", "files",
    "jobs",  "permission", "revision", "session",        "share",       "sharefolder",
    "space", "user",       "userList", "usergroup",      "usergroups",  "users"};

/// Calls `each` with the name of every placeholder of a target, until it returns false. Returns whether it never did;
/// false also if a brace is out of place.
template <class Each>
bool for_each_placeholder(std::string_view target, Each each) {
  while (!target.empty()) {
    const auto brace = target.find_first_of("{}");
    if (brace == std::string_view::npos) return true;
    const auto close = target.find('}', brace);
    if (target[brace] == '}' || close == std::string_view::npos) return false;
    if (!each(target.substr(brace + 1, close - brace - 1))) return false;
    target.remove_prefix(close + 1);
  }
  return true;
}

const FieldRow* find_field(std::span<const FieldRow> fields, std::string_view name) {
  const auto found = std::ranges::find(fields, name, &FieldRow::name);
  return found == fields.end() ? nullptr : &*found;
}

[[maybe_unused]] bool are_distinct(std::span<const OperationRow> rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (rows[i].name == rows[j].name) return false;
    }
  }
  return true;
}

/// The literal segments that other operations have where this one has segment number `index`, after segments that are
/// equal or can be.
std::vector<std::string_view> taken_segments(std::string_view target, std::size_t index,
                                             std::span<const OperationRow> rows) {
  std::vector<std::string_view> taken;
  const auto own = segments_of(target);
  if (std::string_view(target).starts_with(root) && index == segments_of(root).size() - 1) {
    taken.assign(std::begin(segments_after_root), std::end(segments_after_root));
  }
  for (const auto& row : rows) {
    const auto other = segments_of(row.target);
    if (other.size() <= index || is_placeholder(other[index])) continue;
    bool meets = true;
    for (std::size_t i = 0; i < index; ++i) {
      meets = meets && (own[i] == other[i] || is_placeholder(other[i]));
    }
    if (meets && std::ranges::find(taken, other[index]) == taken.end()) taken.push_back(other[index]);
  }
  return taken;
}

bool has_text_rules(const FieldRow& field) {
  return field.type == FieldType::text || field.type == FieldType::text_list;
}

}  // namespace

/// Everything rows point to that is derived. Deques never move their elements.
struct OperationCatalogue::Prepared {
  std::deque<std::vector<FieldRow>> fields;
  std::deque<PlainBytes> plain;
  std::deque<std::vector<std::string_view>> taken;
  /// What can be set, by key prefix; the place in the list is the target's number.
  std::map<std::string_view, std::vector<std::string_view>> targets;

  void prepare_text(FieldRow& field);
  void prepare_target(const OperationRow& row, FieldRow& field);
  void prepare_taken(const OperationRow& row, FieldRow& field, std::span<const OperationRow> rows);
};

namespace {

bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<signed char>(c) >= 0; });
}

/// The bytes that break no rule of the field, wherever in a text they are.
PlainBytes plain_bytes(const FieldRow& field) {
  const FieldRule& rule = field.rule;
  const auto has = [](std::string_view set, char c) { return set.find(c) != std::string_view::npos; };
  const bool only_ascii = field.place == FieldPlace::header || rule.forbids_emoji || !rule.only.empty();
  PlainBytes bytes{};
  for (std::size_t c = 0; c < bytes.size(); ++c) {
    const char sign = static_cast<char>(c);
    bytes[c] = c < 0x80 ? !has(rule.forbid, sign) && (rule.only.empty() || has(rule.only, sign)) &&
                              !(rule.forbids_space && has("\n\r\b\t", sign))
                        : !only_ascii && is_ascii(rule.forbid);
    if (field.place == FieldPlace::header) bytes[c] = bytes[c] && c > ' ' && c < 0x7f;
    if (field.place == FieldPlace::path) bytes[c] = bytes[c] && !has(suspicious_in_path, sign);
    // No operation's segment begins with a digit, as nearly all identifiers do.
    if (!field.taken.empty()) bytes[c] = bytes[c] && c >= '0' && c <= '9';
  }
  for (const auto segment : field.taken) bytes[static_cast<unsigned char>(segment.front())] = false;
  return bytes;
}

}  // namespace

/// Which texts keep all rules is decided by their bytes alone, so that nearly all of them need no closer look.
void OperationCatalogue::Prepared::prepare_text(FieldRow& field) {
  constexpr std::size_t all = std::numeric_limits<std::size_t>::max();
  const FieldRule& rule = field.rule;
  if (!has_text_rules(field) || !rule.texts.empty() || !rule.same_as.empty()) return;
  const bool in_path = field.place == FieldPlace::path;
  const bool in_header = field.place == FieldPlace::header;
  const auto least = static_cast<std::size_t>(std::max<std::int64_t>(rule.min, in_path || in_header ? 1 : 0));
  // A character has at most four bytes.
  field.plain_min = least <= 1 || rule.count == TextCount::bytes ? least : 4 * least;
  for (const auto text : rule.excluded) field.plain_min = std::max(field.plain_min, text.size() + 1);
  if (in_path) field.plain_min = std::max<std::size_t>(field.plain_min, 3);  // neither "." nor ".."
  // No text has more characters than bytes, however they are counted.
  field.plain_max = rule.max == FieldRule::no_max ? all : static_cast<std::size_t>(std::max<std::int64_t>(rule.max, 0));
  if (in_header) field.plain_max = std::min(field.plain_max, max_header_value);
  // Identifiers of other characters than digits are looked at in any case.
  const bool restricts_path = in_path && !is_identifier(rule);
  const bool restricts =
      restricts_path || !rule.forbid.empty() || !rule.only.empty() || rule.forbids_space || rule.forbids_emoji;
  if (!restricts && !in_header && field.taken.empty()) return;
  field.plain = &plain.emplace_back(plain_bytes(field));
  field.plain_scan = restricts || in_header ? all : 1;
  // Of identifiers, only their size is looked at if they consist of digits.
  const bool digits_are_plain = std::ranges::all_of(
      std::string_view("0123456789"), [&](char c) { return (*field.plain)[static_cast<unsigned char>(c)]; });
  if (is_identifier(rule) && !digits_are_plain) field.plain_max = 0;
}

/// Decides what the field sets, and what depends on it.
void OperationCatalogue::Prepared::prepare_target(const OperationRow& row, FieldRow& field) {
  const bool begins_key = &field - fields.back().data() == static_cast<std::ptrdiff_t>(row.key_field);
  const bool is_key = begins_key || !for_each_placeholder(row.key_rest, [&](auto name) { return name != field.name; });
  if (is_key || field.place != FieldPlace::body) return;
  const auto index = static_cast<std::size_t>(&field - fields.back().data());
  const bool decides_repeats =
      std::ranges::find(row.repeatable_if, index, &RepeatCondition::field) != row.repeatable_if.end();
  field.identifies = field.selects && !decides_repeats;
  if (field.selects) return;
  constexpr auto same_as = [](const FieldRow& other) { return other.rule.same_as; };
  const bool is_compared = std::ranges::find(row.fields, field.name, same_as) != row.fields.end();
  field.is_fixed =
      field.required || field.rule.default_value || !field.rule.same_as.empty() || is_compared || decides_repeats;
  auto& known = targets[row.key_prefix];
  const auto sets = field.sets.empty() ? field.name : field.sets;
  auto found = std::ranges::find(known, sets);
  if (found == known.end()) found = known.insert(found, sets);
  const auto number = found - known.begin();
  assert(number < static_cast<std::ptrdiff_t>(max_fields));
  field.target = static_cast<std::uint8_t>(number);
}

void OperationCatalogue::Prepared::prepare_taken(const OperationRow& row, FieldRow& field,
                                                 std::span<const OperationRow> rows) {
  if (field.place != FieldPlace::path) return;
  const auto segments = segments_of(row.target);
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (!is_placeholder(segments[i]) || segments[i].substr(1, segments[i].size() - 2) != field.name) continue;
    if (auto list = taken_segments(row.target, i, rows); !list.empty()) {
      field.taken = taken.emplace_back(std::move(list));
    }
  }
}

bool is_sound(const OperationRow& row) {
  if (row.fields.size() > max_fields || row.key_field >= row.fields.size()) return false;
  const auto& key = row.fields[row.key_field];
  if ((key.type != FieldType::text && key.type != FieldType::integer) || !key.required) return false;
  const bool rest_is_known = for_each_placeholder(row.key_rest, [&](std::string_view name) {
    const auto* field = find_field(row.fields, name);
    return field != nullptr && field->required && (field->type == FieldType::text || field->type == FieldType::integer);
  });
  std::size_t placeholders = 0;
  const bool target_is_known = for_each_placeholder(row.target, [&](std::string_view name) {
    ++placeholders;
    const auto* field = find_field(row.fields, name);
    return field != nullptr && field->place == FieldPlace::path;
  });
  if (!rest_is_known || !target_is_known || !row.target.starts_with('/')) return false;
  std::size_t in_path = 0, in_header = 0;
  for (const auto& field : row.fields) {
    in_header += field.place == FieldPlace::header ? 1 : 0;
    if (field.place == FieldPlace::header && (field.type != FieldType::text || field.header.empty())) return false;
    if (field.place != FieldPlace::path) continue;
    if (field.type != FieldType::text || !field.required) return false;
    ++in_path;
  }
  return in_path == placeholders && in_header <= max_header_fields;
}

OperationCatalogue::OperationCatalogue(std::vector<OperationRow> rows, std::shared_ptr<const void> texts)
    : rows_(std::move(rows)), prepared_(std::make_unique<Prepared>()), texts_(std::move(texts)) {
  assert(std::ranges::all_of(rows_, is_sound) && are_distinct(rows_));
  for (auto& row : rows_) {
    auto& fields = prepared_->fields.emplace_back(row.fields.begin(), row.fields.end());
    for (auto& field : fields) {
      field.plain = nullptr;
      field.plain_scan = 0;
      field.plain_min = 1;
      field.plain_max = 0;
      field.taken = {};
      field.target = FieldRow::no_target;
      field.is_fixed = false;
      field.identifies = false;
      prepared_->prepare_taken(row, field, rows_);
      prepared_->prepare_text(field);
      prepared_->prepare_target(row, field);
    }
    row.fields = fields;
    // Of two operations with one request, the later one is meant: a file comes after what is built in.
    routes_.insert(routes_.begin(), &row);
  }
  const auto literal_beginning = [](const OperationRow* row) { return row->target.substr(0, row->target.find('{')); };
  std::ranges::stable_sort(routes_, std::greater(),
                           [&](const OperationRow* row) { return literal_beginning(row).size(); });
}

OperationCatalogue::~OperationCatalogue() = default;
OperationCatalogue::OperationCatalogue(OperationCatalogue&&) noexcept = default;

const OperationRow* OperationCatalogue::find(std::string_view name) const {
  const auto row = std::ranges::find(rows_, name, &OperationRow::name);
  return row == rows_.end() ? nullptr : &*row;
}

std::size_t OperationCatalogue::index_of(const OperationRow& row) const {
  assert(&row >= rows_.data() && &row < rows_.data() + rows_.size());
  return static_cast<std::size_t>(&row - rows_.data());
}

const OperationCatalogue& service_catalogue() {
  static const OperationCatalogue catalogue({service_rows().begin(), service_rows().end()});
  return catalogue;
}

}  // namespace koobatch::koodrive
