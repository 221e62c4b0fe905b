#include "retry/job_records.hpp"

#include "koobatch/core/csv.hpp"
#include "koobatch/core/describe.hpp"
#include "koobatch/core/json.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cassert>
#include <optional>
#include <utility>

namespace koobatch::retry {
namespace {

constexpr std::string_view op_field = "op";
constexpr std::string_view user_field = "user_id";
constexpr std::string_view language_field = "language";
constexpr std::string_view ref_field = "ref";
constexpr std::string_view list_separator = ";";

/// The field that is sent in the path and is not part of the body; null if all of them are in the body.
const koodrive::FieldRow* path_field(const koodrive::OperationRow& row) {
  const auto found = std::ranges::find(row.fields, koodrive::FieldPlace::path, &koodrive::FieldRow::place);
  return found == row.fields.end() ? nullptr : &*found;
}

void add_common_fields(const koodrive::Operation& operation, JsonWriter& json) {
  if (!operation.user().empty()) json.add(user_field, operation.user());
  if (!operation.language().empty()) json.add(language_field, operation.language());
  if (operation.ref()) json.add(ref_field, *operation.ref());
}

}  // namespace

void append_ndjson(const koodrive::Operation& operation, std::string& out) {
  // The body is an object that holds the other fields, so its text goes between ours.
  std::string before, after;
  JsonWriter head(before);
  head.add(op_field, operation.row().name);
  if (const auto* in_path = path_field(operation.row())) head.add(in_path->name, operation.id());
  head.end();
  JsonWriter tail(after);
  add_common_fields(operation, tail);
  tail.end();
  before.pop_back();
  const auto append_members = [&](std::string_view object) {
    const auto members = object.substr(1, object.size() - 2);
    if (!members.empty()) before.append(",").append(members);
  };
  append_members(operation.body());
  append_members(after);
  out.append(before).append("}\n");
}

struct CsvRecords::Cell {
  std::string_view name;
  std::string text;
  std::string fault;  ///< why CSV cannot express it; empty: it can
};

/// The fields of one operation after the other, as cells.
class CsvRecords::Fields {
 public:
  const std::vector<Cell>& read(const koodrive::Operation& operation) {
    cells_.clear();
    add(op_field, std::string(operation.row().name));
    if (const auto* in_path = path_field(operation.row())) add(in_path->name, std::string(operation.id()));
    simdjson::dom::object body;
    [[maybe_unused]] const auto error = parser_.parse(operation.body().data(), operation.body().size()).get(body);
    assert(error == simdjson::SUCCESS);
    for (const auto& [name, value] : body) add_member(name, value);
    if (!operation.user().empty()) add(user_field, std::string(operation.user()));
    if (!operation.language().empty()) add(language_field, std::string(operation.language()));
    if (operation.ref()) add(ref_field, std::string(*operation.ref()));
    return cells_;
  }

 private:
  void add(std::string_view name, std::string text, std::string fault = {}) {
    if (text.empty() && fault.empty()) fault = "an empty cell would mean that there is no value";
    cells_.push_back({name, std::move(text), std::move(fault)});
  }

  void add_member(std::string_view name, const simdjson::dom::element& value) {
    std::string_view text;
    simdjson::dom::array list;
    if (value.get_string().get(text) == simdjson::SUCCESS) {
      add(name, std::string(text));
    } else if (value.get_array().get(list) == simdjson::SUCCESS) {
      add_list(name, list);
    } else {
      add(name, simdjson::minify(value));
    }
  }

  void add_list(std::string_view name, const simdjson::dom::array& list) {
    std::string text, fault;
    for (const auto& value : list) {
      std::string_view item;
      [[maybe_unused]] const auto error = value.get_string().get(item);
      assert(error == simdjson::SUCCESS);
      if (item.empty()) fault = "it has an empty item";
      if (item.find(list_separator) != std::string_view::npos) {
        fault = fmt::format("its item {} holds ';', which separates items there", quote(item));
      }
      if (!text.empty()) text += list_separator;
      text += item;
    }
    add(name, std::move(text), std::move(fault));
  }

  simdjson::dom::parser parser_;
  std::vector<Cell> cells_;
};

CsvRecords::CsvRecords() : fields_(std::make_unique<Fields>()) {}
CsvRecords::~CsvRecords() = default;

void CsvRecords::note(const koodrive::Operation& operation) {
  for (const auto& cell : fields_->read(operation)) {
    if (std::ranges::find(columns_, cell.name) == columns_.end()) columns_.emplace_back(cell.name);
  }
}

void CsvRecords::append_header(std::string& out) const {
  for (const auto& column : columns_) {
    if (&column != columns_.data()) out.push_back(',');
    append_csv_cell(out, column);
  }
  out.append("\r\n");
}

Result<void> CsvRecords::append(const koodrive::Operation& operation, std::string& out) {
  const auto& cells = fields_->read(operation);
  for (const auto& cell : cells) {
    if (cell.fault.empty()) continue;
    return usage_error(fmt::format("line {}: {} cannot be written as CSV: {}; name the new job .ndjson",
                                   operation.line(), cell.name, cell.fault));
  }
  for (const auto& column : columns_) {
    if (&column != columns_.data()) out.push_back(',');
    const auto cell = std::ranges::find(cells, column, &Cell::name);
    if (cell != cells.end()) append_csv_cell(out, cell->text);
  }
  out.append("\r\n");
  return {};
}

}  // namespace koobatch::retry
