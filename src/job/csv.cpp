#include "koobatch/core/csv.hpp"
#include "koobatch/job/csv_rows.hpp"
#include "koobatch/job/describe.hpp"
#include "koobatch/job/json_syntax.hpp"
#include "koobatch/job/record.hpp"
#include "koobatch/job/record_source.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace koobatch::job {
namespace {

constexpr char list_separator = ';';

/// The header row: what each column is.
struct Columns {
  std::vector<std::string> names;
  std::size_t op = 0;  ///< the column with the operation's name
  /// [operation][column]: the index of the field in that operation's row, if it has it.
  std::vector<std::vector<std::optional<std::size_t>>> fields;
};

std::vector<std::string_view> known_columns() {
  std::vector<std::string_view> names;
  for (const auto& row : service_operations()) {
    for (const auto name : known_fields(row)) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

/// What is wrong with the header; empty if nothing is.
std::string find_header_fault(const std::vector<std::string_view>& names) {
  const auto known = known_columns();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (std::ranges::find(known, names[i]) == known.end()) {
      return fmt::format("column {} is not known, known columns are {}", printable_name(names[i]),
                         fmt::join(known, ", "));
    }
    if (std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(i), names[i]) !=
        names.begin() + static_cast<std::ptrdiff_t>(i)) {
      return fmt::format("column {} appears more than once", names[i]);
    }
  }
  if (std::ranges::find(names, op_field) == names.end()) {
    return "column op is missing: the first row is the header and names the columns";
  }
  return {};
}

Columns make_columns(const std::vector<std::string_view>& names) {
  Columns columns;
  columns.names.assign(names.begin(), names.end());
  columns.op = static_cast<std::size_t>(std::ranges::find(names, op_field) - names.begin());
  for (const auto& row : operation_table()) {
    auto& fields = columns.fields.emplace_back();
    for (const auto name : names) fields.push_back(find_field(row, name, 0));
  }
  return columns;
}

Result<Columns> read_header(CsvRows& rows, const std::string& name) {
  const auto item = rows.next();
  if (!item) return item.error();
  if (*item == CsvRows::Item::end) {
    return job_error(fmt::format("{}: is empty: a CSV job starts with a header row that names the columns", name));
  }
  const auto fault = *item == CsvRows::Item::broken ? rows.fault() : find_header_fault(rows.cells());
  if (!fault.empty()) return job_error(fmt::format("{}:{}: {}", name, rows.line(), fault));
  return make_columns(rows.cells());
}

class CsvSource final : public RecordSource {
 public:
  explicit CsvSource(LineSplitter lines) : rows_(std::move(lines)) {}

  Result<void> open(const std::string& name) {
    auto columns = read_header(rows_, name);
    if (!columns) return columns.error();
    columns_ = std::move(*columns);
    return {};
  }

  Result<bool> next(Fields& fields, std::vector<Violation>& out) override {
    fields.clear();
    const auto item = rows_.next();
    if (!item) return item.error();
    if (*item == CsvRows::Item::end) return false;
    if (*item == CsvRows::Item::broken) {
      out.push_back({"", rows_.fault()});
    } else if (rows_.cells().size() != columns_.names.size()) {
      out.push_back({"", fmt::format("has {} cells, the header has {}", rows_.cells().size(), columns_.names.size())});
    } else {
      read_cells(fields, out);
    }
    return true;
  }

  std::uint32_t line() const override { return rows_.line(); }
  std::uint32_t last_line() const override { return rows_.last_line(); }
  void append_record(const Fields& fields, std::string& out) const override {
    const auto& indices = columns_.fields[static_cast<std::size_t>(fields.row - operation_table().data())];
    for (std::size_t i = 0; i < indices.size(); ++i) {
      if (i > 0) out.push_back(',');
      if (!indices[i] || fields.values[*indices[i]].present) append_csv_cell(out, rows_.cells()[i]);
    }
  }
  Digest digest() const override { return rows_.digest(); }
  bool cut_short() const override { return rows_.cut_short(); }

 private:
  void read_cells(Fields& fields, std::vector<Violation>& out) {
    const auto op = rows_.cells()[columns_.op];
    fields.row = find_operation(op);
    if (fields.row == nullptr) {
      out.push_back(op.empty() ? missing_operation() : unknown_operation(op));
      return;
    }
    const bool is_utf8 = rows_.is_utf8();
    const auto& indices = columns_.fields[static_cast<std::size_t>(fields.row - operation_table().data())];
    for (std::size_t i = 0; i < indices.size(); ++i) {
      if (i == columns_.op || rows_.cells()[i].empty()) continue;
      auto fault = is_utf8 ? std::nullopt : explain_utf8_error(rows_.cells()[i]);
      if (indices[i]) {
        read_field(fields.row->fields[*indices[i]], rows_.cells()[i], std::move(fault), fields, out);
      } else {
        read_other(columns_.names[i], rows_.cells()[i], std::move(fault), fields, out);
      }
    }
  }

  static void read_field(const FieldRow& field, std::string_view cell, std::optional<std::string> fault, Fields& fields,
                         std::vector<Violation>& out) {
    auto& value = fields.values[static_cast<std::size_t>(&field - fields.row->fields.data())];
    value.present = true;
    if (!fault) {
      switch (field.type) {
        case FieldType::text:
          value.text = cell;
          break;
        case FieldType::integer:
          fault = read_integer(cell, value);
          break;
        case FieldType::text_list:
          fault = read_list(cell, value, fields.list_items);
          break;
      }
    }
    if (!fault) return;
    value.malformed = true;
    out.push_back({std::string(field.name), std::move(*fault)});
  }

  // A cell of a column that is no field of this row's operation.
  static void read_other(std::string_view name, std::string_view cell, std::optional<std::string> fault, Fields& fields,
                         std::vector<Violation>& out) {
    auto* common = find_common_field(fields, name);
    if (common == nullptr) {
      out.push_back(unknown_field(name, fields.row->name, known_fields(*fields.row)));
    } else if (fault) {
      out.push_back({std::string(name), std::move(*fault)});
    } else {
      *common = cell;
    }
  }

  static std::optional<std::string> read_integer(std::string_view cell, FieldValue& value) {
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value.integer);
    if (error == std::errc() && end == cell.data() + cell.size()) return std::nullopt;
    return fmt::format("expected an integer, found {}", quote(cell));
  }

  static std::optional<std::string> read_list(std::string_view cell, FieldValue& value,
                                              std::vector<std::string_view>& items) {
    value.list_from = static_cast<std::uint32_t>(items.size());
    for (bool more = true; more;) {
      const auto end = cell.find(list_separator);
      const auto item = cell.substr(0, end);
      if (item.empty()) {
        return fmt::format("item {} is empty: one ';' separates two items", items.size() - value.list_from + 1);
      }
      items.push_back(item);
      more = end != std::string_view::npos;
      if (more) cell.remove_prefix(end + 1);
    }
    value.list_size = static_cast<std::uint32_t>(items.size()) - value.list_from;
    return std::nullopt;
  }

  CsvRows rows_;
  Columns columns_;
};

}  // namespace

Result<std::unique_ptr<RecordSource>> read_csv(LineSplitter lines, const std::string& name) {
  auto source = std::make_unique<CsvSource>(std::move(lines));
  if (auto opened = source->open(name); !opened) return opened.error();
  return std::unique_ptr<RecordSource>(std::move(source));
}

}  // namespace koobatch::job
