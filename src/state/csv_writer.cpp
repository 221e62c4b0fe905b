#include "koobatch/state/csv_writer.hpp"

#include "koobatch/core/csv.hpp"
#include "koobatch/state/value_reader.hpp"
#include "state/csv_cells.hpp"

#include <algorithm>

namespace koobatch::state {
namespace {

void add_once(std::vector<std::string_view>& names, std::string_view name) {
  if (std::ranges::find(names, name) == names.end()) names.push_back(name);
}

void append_text_cell(std::string& out, std::string_view text) {
  append_csv_cell(out, guarded(text));
}

/// A number without more digits than spreadsheets keep needs no guard.
bool is_safe_number(const Value& value) {
  constexpr std::int64_t largest = 999'999'999'999'999;
  const auto* const number = std::get_if<std::int64_t>(&value);
  return number != nullptr && *number >= 0 && *number <= largest;
}

}  // namespace

CsvWriter::CsvWriter(const std::vector<const koodrive::ResourceKind*>& kinds) {
  std::vector<std::string_view> informing;
  for (const auto* kind : kinds) {
    for (const auto& field : kind->fields) {
      add_once(field.is_compared() ? old_columns_ : informing, field.name);
      if (field.is_compared()) add_once(new_columns_, field.name);
    }
  }
  for (const auto name : informing) add_once(old_columns_, name);
}

void CsvWriter::append_header(std::string& out) const {
  out.append("\xef\xbb\xbf");
  out.append(type_member).append(",").append(user_id_member).append(",").append(id_member);
  for (const auto name : old_columns_) out.append(",").append(name);
  for (const auto name : new_columns_) out.append(",").append(new_prefix).append(name);
  out.append(",").append(check_column).append("\n");
}

void CsvWriter::append_row(std::string& out, const Item& item) const {
  out.append(item.kind->name).push_back(',');
  append_text_cell(out, item.user_id);
  out.push_back(',');
  append_text_cell(out, item.id);
  for (const auto name : old_columns_) {
    out.push_back(',');
    const auto index = item.kind->find(name);
    if (index == item.values.size() || !item.values[index]) continue;
    const auto& value = *item.values[index];
    is_safe_number(value) ? out.append(cell_of(value)) : (append_text_cell(out, cell_of(value)), out);
  }
  out.append(new_columns_.size() + 1, ',').append(check_cell(check_of(item))).push_back('\n');
}

}  // namespace koobatch::state
