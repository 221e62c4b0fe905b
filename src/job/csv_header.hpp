#pragma once
#include "koobatch/job/reading.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::job {

/// The header row of a CSV job: what each column is.
class CsvHeader {
 public:
  enum class Column : std::uint8_t {
    field,     ///< of operations, or common to all
    ignored,   ///< as the user wants
    nameless,  ///< as spreadsheets add them: nothing may be in it
  };

  /// Returns what is wrong with the header; empty if nothing is. Blanks, case and underscores in a column's name do not
  /// count. The catalogue must outlive this.
  std::string read(const std::vector<std::string_view>& cells, const koodrive::OperationCatalogue& catalogue,
                   const Reading& reading);

  std::size_t size() const { return columns_.size(); }
  Column column(std::size_t i) const { return columns_[i]; }
  /// The field's own name; what the header has, if the column is none.
  const std::string& name(std::size_t i) const { return names_[i]; }
  /// The column with the operation's name; size() if there is none.
  std::size_t op() const { return op_; }
  /// For the operation of that index in the catalogue, for each column the index of the field in its row, if it has it.
  const std::vector<std::optional<std::size_t>>& fields_of(std::size_t operation) const { return fields_[operation]; }
  /// How names are read that are not written as the fields are: "file_name as fileName".
  const std::vector<std::string>& respelled() const { return respelled_; }
  /// Whether all columns are fields or nameless, and one is the operation's name.
  bool is_complete() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::string> names_;
  std::vector<std::string> respelled_;
  std::size_t op_ = 0;
  std::vector<std::vector<std::optional<std::size_t>>> fields_;
};

/// Whether a line looks like the header of a CSV job: at least two of its cells are columns of one.
bool looks_like_header(std::string_view line, const koodrive::OperationCatalogue& catalogue);

}  // namespace koobatch::job
