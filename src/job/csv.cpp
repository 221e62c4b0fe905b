#include "koobatch/core/csv.hpp"
#include "job/csv_delimiter.hpp"
#include "job/csv_header.hpp"
#include "job/flat_object.hpp"
#include "job/record.hpp"
#include "job/record_source.hpp"
#include "koobatch/core/ascii.hpp"
#include "koobatch/core/describe.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/job/csv_rows.hpp"
#include "koobatch/job/json_syntax.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace koobatch::job {
namespace {

constexpr char list_separator = ';';

Result<void> read_header(CsvRows& rows, CsvHeader& header, const koodrive::OperationCatalogue& catalogue,
                         const Reading& reading, const std::string& name) {
  const auto item = rows.next();
  if (!item) return item.error();
  if (*item == CsvRows::Item::end) {
    return job_error(fmt::format("{}: is empty: a CSV job starts with a header row that names the columns", name));
  }
  const auto fault = *item == CsvRows::Item::broken ? rows.fault() : header.read(rows.cells(), catalogue, reading);
  if (!fault.empty()) return job_error(fmt::format("{}:{}: {}", name, rows.line(), fault));
  return {};
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

class CsvSource final : public RecordSource {
 public:
  CsvSource(LineSplitter lines, const koodrive::OperationCatalogue& catalogue, const Reading& reading)
      : rows_(std::move(lines), reading.delimiter), catalogue_(catalogue), reading_(reading) {}

  Result<void> open(const std::string& name) {
    if (auto read = read_header(rows_, header_, catalogue_, reading_, name); !read) return read;
    default_row_ = catalogue_.find(reading_.operation);
    rows_.set_row_test([this](std::string_view line) { return is_row(line); });
    return {};
  }

  Result<bool> next(koodrive::Fields& fields, std::vector<koodrive::Violation>& out) override {
    fields.clear();
    objects_.clear();
    for (;;) {
      const auto item = rows_.next();
      if (!item) return item.error();
      if (*item == CsvRows::Item::end) return false;
      if (*item == CsvRows::Item::row && is_empty_row()) {
        ++empty_rows_;
        continue;
      }
      read_row(*item, fields, out);
      return true;
    }
  }

  std::uint32_t line() const override { return rows_.line(); }
  std::uint32_t last_line() const override { return rows_.last_line(); }
  void append_record(const koodrive::Fields& fields, std::string& out) const override {
    const auto& indices = header_.fields_of(catalogue_.index_of(*fields.row));
    const char delimiter = written_delimiter();
    bool more = false;
    if (header_.op() == header_.size()) {
      out += fields.row->name;
      more = true;
    }
    for (std::size_t i = 0; i < indices.size(); ++i) {
      if (!is_written(i)) continue;
      if (std::exchange(more, true)) out.push_back(delimiter);
      if (i == header_.op()) {
        append_csv_cell(out, fields.row->name, delimiter);
      } else if (!indices[i] || fields.values[*indices[i]].present) {
        append_csv_cell(out, rows_.cells()[i], delimiter);
      }
    }
  }
  void append_header(std::string& out) const override {
    bool more = false;
    if (header_.op() == header_.size()) {
      out += op_field;
      more = true;
    }
    for (std::size_t i = 0; i < header_.size(); ++i) {
      if (!is_written(i)) continue;
      if (std::exchange(more, true)) out.push_back(written_delimiter());
      if (header_.column(i) == CsvHeader::Column::field) append_csv_cell(out, header_.name(i), written_delimiter());
    }
    out.push_back('\n');
  }
  bool stands_alone() const override {
    return header_.is_complete() && default_row_ == nullptr && !reading_.delimiter && !rows_.names_delimiter();
  }
  std::vector<std::string> notes() const override {
    std::vector<std::string> notes;
    if (rows_.delimiter() != ',') {
      notes.push_back(fmt::format("cells separated by {}", name_delimiter(rows_.delimiter())));
    }
    for (const auto& column : header_.respelled()) notes.push_back("column " + column);
    for (const auto column : read_as_common_) {
      notes.push_back(fmt::format("column {} as {}", header_.name(column), header_.other_name(column)));
    }
    if (empty_rows_ > 0) notes.push_back(count_of(empty_rows_, "empty row") + " ignored");
    return notes;
  }
  Digest digest() const override { return rows_.digest(); }
  bool cut_short() const override { return rows_.cut_short() || joined_; }

 private:
  /// Whether a line that a quote may have joined to others is a row of its own: it names an operation or, if all rows
  /// are of one operation, has a number as its identifier, like the row itself.
  bool is_row(std::string_view line) const {
    const auto cells = rough_cells(line, rows_.delimiter());
    if (cells.size() < header_.size()) return false;
    if (header_.op() < header_.size()) {
      return std::ranges::any_of(cells, [this](auto cell) { return catalogue_.find(cell) != nullptr; });
    }
    return cells.size() > 1 && is_number(cells[key_column()]);
  }
  /// Of the operation that all rows are of; 0 if it has no column.
  std::size_t key_column() const {
    const auto& indices = header_.fields_of(catalogue_.index_of(*default_row_));
    const auto found = std::ranges::find(indices, std::optional(default_row_->key_field));
    return found == indices.end() ? 0 : static_cast<std::size_t>(found - indices.begin());
  }

  /// Whether all cells are empty: spreadsheets export such rows below the last one.
  bool is_empty_row() const {
    const auto& cells = rows_.cells();
    return is_blank(cells.front()) && std::ranges::all_of(cells, is_blank);
  }

  bool is_written(std::size_t column) const {
    return stands_alone() || header_.column(column) == CsvHeader::Column::field;
  }
  char written_delimiter() const { return stands_alone() ? rows_.delimiter() : ','; }

  void read_row(CsvRows::Item item, koodrive::Fields& fields, std::vector<koodrive::Violation>& out) {
    if (item == CsvRows::Item::broken) {
      out.push_back({"", rows_.fault()});
    } else if (rows_.cells().size() != header_.size()) {
      out.push_back({"", describe_size()});
    } else {
      read_cells(fields, out);
    }
  }

  std::string describe_size() {
    auto text = fmt::format("has {}, but the header has {}", count_of(rows_.cells().size(), "cell"), header_.size());
    if (rows_.last_line() == rows_.line()) return text;
    // If a quote is misplaced, each of the lines may be a row.
    joined_ = true;
    return text + fmt::format(" (a quote joins the lines {} to {})", rows_.line(), rows_.last_line());
  }

  void read_cells(koodrive::Fields& fields, std::vector<koodrive::Violation>& out) {
    const auto op = header_.op() < header_.size() ? rows_.cells()[header_.op()] : std::string_view();
    fields.row = op.empty() ? default_row_ : find_operation(op, catalogue_);
    fields.op = op;
    if (fields.row == nullptr) {
      out.push_back(op.empty() ? missing_operation(catalogue_) : unknown_operation(op, catalogue_));
      return;
    }
    const bool is_utf8 = rows_.is_utf8();
    const auto& indices = header_.fields_of(catalogue_.index_of(*fields.row));
    for (std::size_t i = 0; i < indices.size(); ++i) {
      if (i == header_.op() || rows_.cells()[i].empty()) continue;
      auto fault = is_utf8 ? std::nullopt : explain_utf8_error(rows_.cells()[i]);
      if (indices[i]) {
        read_field(fields.row->fields[*indices[i]], rows_.cells()[i], std::move(fault), fields, out);
      } else if (header_.column(i) == CsvHeader::Column::field) {
        read_other(i, std::move(fault), fields, out);
      } else if (header_.column(i) == CsvHeader::Column::nameless && !is_blank(rows_.cells()[i])) {
        out.push_back({"", fmt::format("cell {} is in a column that has no name in the header", i + 1)});
      }
    }
  }

  void read_field(const koodrive::FieldRow& field, std::string_view cell, std::optional<std::string> fault,
                  koodrive::Fields& fields, std::vector<koodrive::Violation>& out) {
    auto& value = fields.values[static_cast<std::size_t>(&field - fields.row->fields.data())];
    value.present = true;
    if (!fault) {
      switch (field.type) {
        case koodrive::FieldType::text:
          value.text = cell;
          break;
        case koodrive::FieldType::integer:
          fault = read_integer(cell, value);
          break;
        case koodrive::FieldType::text_list:
          fault = read_list(cell, value, fields.list_items);
          break;
        case koodrive::FieldType::boolean:
          fault = read_boolean(cell, value);
          break;
        case koodrive::FieldType::object:
          fault = objects_.read(cell, value);
          break;
      }
    }
    if (!fault) return;
    value.malformed = true;
    out.push_back({std::string(field.name), std::move(*fault)});
  }

  /// A cell in a column that is not a field of this row's operation.
  void read_other(std::size_t column, std::optional<std::string> fault, koodrive::Fields& fields,
                  std::vector<koodrive::Violation>& out) {
    const std::string& name = header_.other_name(column);
    const auto cell = rows_.cells()[column];
    auto* common = find_common_field(fields, name);
    if (common != nullptr && name != header_.name(column)) read_as_common_.insert(column);
    if (common != nullptr && *common) {
      out.push_back(duplicate_field(name));
    } else if (common == nullptr) {
      // It may be meant for people, and have the name of another operation's field by chance.
      auto violation = unknown_field(name, fields.row->name, known_fields(*fields.row));
      violation.message += "; to ignore the column, give " + spell(SettingName::ignore_columns, name);
      out.push_back(std::move(violation));
    } else if (fault) {
      out.push_back({std::string(name), std::move(*fault)});
    } else {
      *common = cell;
    }
  }

  /// Whether the text is a number with commas in it: "1,00", "1,000".
  static bool has_comma_in_number(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    return text.find(',') != std::string_view::npos && is_digit(text.front()) && is_digit(text.back()) &&
           std::ranges::all_of(text, [](char c) { return c == ',' || is_digit(c); });
  }

  static std::optional<std::string> read_integer(std::string_view cell, koodrive::FieldValue& value) {
    const auto integer = integer_of(cell);
    if (!integer) {
      return fmt::format("expected an integer, found {}{}", quote(cell),
                         has_comma_in_number(cell)
                             ? ": write it without a comma, be it a decimal comma or one between thousands"
                             : "");
    }
    value.integer = *integer;
    value.text = cell;
    return std::nullopt;
  }

  static std::optional<std::string> read_boolean(std::string_view cell, koodrive::FieldValue& value) {
    bool boolean = false;
    if (!boolean_of(cell, boolean)) return fmt::format("expected true or false, found {}", quote(cell));
    value.integer = boolean ? 1 : 0;
    return std::nullopt;
  }

  static std::optional<std::string> read_list(std::string_view cell, koodrive::FieldValue& value,
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
  const koodrive::OperationCatalogue& catalogue_;
  Reading reading_;
  const koodrive::OperationRow* default_row_ = nullptr;  ///< of the rows that name no operation
  CsvHeader header_;
  FlatObjects objects_;
  std::set<std::size_t> read_as_common_;  ///< columns that some rows have for a common field under another name
  std::uint64_t empty_rows_ = 0;
  bool joined_ = false;  ///< whether lines were joined of which nobody can tell whether they are rows
};

}  // namespace

Result<std::unique_ptr<RecordSource>> read_csv(LineSplitter lines, const koodrive::OperationCatalogue& catalogue,
                                               const std::string& name, const Reading& reading) {
  auto source = std::make_unique<CsvSource>(std::move(lines), catalogue, reading);
  if (auto opened = source->open(name); !opened) return opened.error();
  return std::unique_ptr<RecordSource>(std::move(source));
}

}  // namespace koobatch::job
