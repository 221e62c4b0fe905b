#include "job/csv_header.hpp"

#include "job/csv_delimiter.hpp"
#include "job/record.hpp"
#include "job/record_source.hpp"
#include "koobatch/core/bare_name.hpp"
#include "koobatch/core/nearest.hpp"
#include "koobatch/core/spelling.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace koobatch::job {
namespace {

using Names = std::vector<std::string_view>;

Names known_columns(const koodrive::OperationCatalogue& catalogue) {
  Names names;
  for (const auto& row : catalogue.rows()) {
    for (const auto name : known_fields(row)) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

/// The one of `known` that a name denotes; empty if there is none.
std::string_view find_column(std::string_view name, const Names& known) {
  if (std::ranges::find(known, name) != known.end()) return name;
  const auto wanted = bare_name(name);
  const auto found = std::ranges::find_if(known, [&](std::string_view k) { return bare_name(k) == wanted; });
  return found == known.end() ? std::string_view() : *found;
}

/// The one of `known` that was probably meant; empty if none is similar.
std::string_view find_near(std::string_view name, const Names& known) {
  std::vector<std::string> bares;
  for (const auto k : known) bares.push_back(bare_name(k));
  const Names views(bares.begin(), bares.end());
  const auto near = nearest(bare_name(name), views);
  return near.empty() ? near : known[static_cast<std::size_t>(std::ranges::find(views, near) - views.begin())];
}

/// The common field that a name is written like; the name itself, if there is none.
std::string common_name(const std::string& name) {
  for (const auto common : {user_id_field, language_field, ref_field}) {
    if (bare_name(common) == bare_name(name)) return std::string(common);
  }
  return name;
}

bool is_ignored(std::string_view name, const Reading& reading) {
  for (const std::string& list : reading.ignored_columns) {
    for (const auto ignored : rough_cells(list, ',')) {
      if (bare_name(ignored) == bare_name(name)) return true;
    }
  }
  return false;
}

std::string unknown_column(std::string_view name, const Names& known) {
  const auto near = find_near(name, known);
  const auto printable = printable_name(name);
  return fmt::format("column {} is not known; {} columns are {}; to ignore it, give {}", printable,
                     near.empty() ? "known" : fmt::format("did you mean {}? Known", near), fmt::join(known, ", "),
                     spell(SettingName::ignore_columns, printable.starts_with('"') ? "with its name" : printable));
}

}  // namespace

std::string CsvHeader::read(const std::vector<std::string_view>& cells, const koodrive::OperationCatalogue& catalogue,
                            const Reading& reading) {
  const auto known = known_columns(catalogue);
  for (const auto cell : cells) {
    names_.emplace_back(cell);
    if (is_blank(cell)) {
      columns_.push_back(Column::nameless);
    } else if (is_ignored(cell, reading)) {
      columns_.push_back(Column::ignored);
    } else {
      columns_.push_back(Column::field);
      const auto name = find_column(cell, known);
      if (name.empty()) return unknown_column(cell, known);
      if (name != cell) respelled_.push_back(fmt::format("{} as {}", printable_name(cell), name));
      const auto twin = std::ranges::find(names_.begin(), names_.end() - 1, name);
      if (twin != names_.end() - 1) return fmt::format("column {} appears more than once", name);
      names_.back() = name;
    }
  }
  for (const auto& name : names_) other_names_.push_back(common_name(name));
  op_ = static_cast<std::size_t>(std::ranges::find(names_, op_field) - names_.begin());
  if (op_ < size() && columns_[op_] != Column::field) op_ = size();
  if (op_ == size() && reading.operation.empty()) {
    return "column op is missing: the first row is the header and names the columns; if all rows are of one operation, "
           "give it with " +
           spell(SettingName::op);
  }
  for (const auto& row : catalogue.rows()) {
    auto& fields = fields_.emplace_back();
    for (std::size_t i = 0; i < size(); ++i) {
      fields.push_back(columns_[i] == Column::field ? find_field(row, names_[i], 0) : std::nullopt);
    }
  }
  return {};
}

bool CsvHeader::is_complete() const {
  return op_ < size() && std::ranges::find(columns_, Column::ignored) == columns_.end();
}

bool looks_like_header(std::string_view line, const koodrive::OperationCatalogue& catalogue) {
  const auto known = known_columns(catalogue);
  const auto cells = rough_cells(line, find_delimiter(line));
  return std::ranges::count_if(cells, [&](std::string_view cell) { return !find_column(cell, known).empty(); }) > 1;
}

}  // namespace koobatch::job
