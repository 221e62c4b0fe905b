#include "job/valid_records.hpp"

#include "job/record.hpp"

#include <utility>

namespace koobatch::job {
namespace {

/// An object in which no character of a text is escaped, from its beginning to its end.
class PlainObject {
 public:
  explicit PlainObject(std::string_view text) : text_(text) {}

  /// Takes `c` and the blanks before it, if it is next.
  bool take(char c) {
    while (at_ < text_.size() && is_blank(text_[at_])) ++at_;
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  /// Takes a text, if that is next.
  std::optional<std::string_view> take_text() {
    if (!take('"')) return std::nullopt;
    const auto end = text_.find('"', at_);
    if (end == std::string_view::npos) return std::nullopt;
    const auto from = std::exchange(at_, end + 1);
    return text_.substr(from, end - from);
  }

 private:
  static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::size_t offset(std::string_view part, std::string_view whole) {
  return static_cast<std::size_t>(part.data() - whole.data());
}

}  // namespace

bool ValidRecords::read(std::string_view text, koodrive::Fields& fields) {
  if (text.find('\\') != std::string_view::npos) return false;
  for (const Form& form : forms_) {
    if (matches(form, text, fields)) return true;
  }
  auto form = read_pieces(text, fields);
  if (!form) return false;
  if (forms_.size() < most_forms) forms_.push_back(std::move(*form));
  return true;
}

bool ValidRecords::matches(const Form& form, std::string_view text, koodrive::Fields& fields) {
  if (!text.starts_with(form.members.front().before)) return false;
  fields.clear();
  fields.row = form.row;
  fields.op = text.substr(form.op_at, form.op_size);
  auto rest = text;
  for (const Member& member : form.members) {
    if (!rest.starts_with(member.before)) return false;
    rest.remove_prefix(member.before.size());
    auto& value = place_of(member, fields);
    value = rest.substr(0, rest.find('"'));
    rest.remove_prefix(value.size());
  }
  return rest == form.end;
}

std::string_view& ValidRecords::place_of(const Member& member, koodrive::Fields& fields) {
  if (member.common != nullptr) return (fields.*member.common).emplace();
  auto& value = fields.values[member.field];
  value.present = true;
  return value.text;
}

/// `expected`: the field that should be next; becomes the one after.
std::optional<ValidRecords::Member> ValidRecords::member_named(std::string_view name, koodrive::Fields& fields,
                                                               std::size_t& expected) {
  if (const auto field = find_field(*fields.row, name, expected)) {
    expected = *field + 1;
    const bool is_text = fields.row->fields[*field].type == koodrive::FieldType::text;
    return is_text ? std::optional(Member{.before = {}, .field = *field}) : std::nullopt;
  }
  for (const auto common : {&koodrive::Fields::user_id, &koodrive::Fields::language, &koodrive::Fields::ref}) {
    if (&(fields.*common) == find_common_field(fields, name)) return Member{.before = {}, .common = common};
  }
  return std::nullopt;
}

/// Also returns the record's form.
std::optional<ValidRecords::Form> ValidRecords::read_pieces(std::string_view text, koodrive::Fields& fields) const {
  fields.clear();
  PlainObject object(text);
  if (!object.take('{') || object.take_text() != op_field || !object.take(':')) return std::nullopt;
  const auto op = object.take_text();
  if (!op) return std::nullopt;
  fields.op = *op;
  fields.row = find_operation(*op, catalogue_);
  if (fields.row == nullptr) return std::nullopt;
  Form form{.row = fields.row, .op_at = offset(*op, text), .op_size = op->size(), .members = {}, .end = {}};
  std::size_t end = 0;  // of the last value
  for (std::size_t expected = 0; object.take(',');) {
    const auto name = object.take_text();
    if (!name || !object.take(':')) return std::nullopt;
    const auto value = object.take_text();
    auto member = value ? member_named(*name, fields, expected) : std::nullopt;
    if (!member) return std::nullopt;
    place_of(*member, fields) = *value;
    member->before = text.substr(end, offset(*value, text) - end);
    end = offset(*value, text) + value->size();
    form.members.push_back(std::move(*member));
  }
  if (!object.take('}') || form.members.empty()) return std::nullopt;
  form.end = text.substr(end);
  return form;
}

}  // namespace koobatch::job
