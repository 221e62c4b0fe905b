#include "retry/job_records.hpp"

#include "koobatch/core/csv.hpp"
#include "koobatch/core/describe.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace koobatch::retry {
namespace {

constexpr std::string_view list_separator = ";";

}  // namespace

struct CsvRecords::Cell {
  std::string_view name;
  std::string text;
  std::string fault;  ///< why CSV cannot express it; empty: it can
};

/// The fields of one record after the other, as cells.
class CsvRecords::Fields {
 public:
  const std::vector<Cell>& read(std::string_view record) {
    cells_.clear();
    simdjson::dom::object object;
    [[maybe_unused]] const auto error = parser_.parse(record.data(), record.size()).get(object);
    assert(error == simdjson::SUCCESS);
    for (const auto& [name, value] : object) add_member(name, value);
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

void CsvRecords::note(std::string_view record) {
  for (const auto& cell : fields_->read(record)) {
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

Result<void> CsvRecords::append(std::string_view record, std::uint32_t line, std::string& out) {
  const auto& cells = fields_->read(record);
  for (const auto& cell : cells) {
    if (cell.fault.empty()) continue;
    return usage_error(
        fmt::format("line {}: {} cannot be written as CSV: {}; name the new job .ndjson", line, cell.name, cell.fault));
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
