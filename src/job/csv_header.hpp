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

/// The header row of a CSV job: the meaning of each column.
class CsvHeader {
 public:
  enum class Column : std::uint8_t {
    field,     ///< of some operations, or common to all
    ignored,   ///< at the user's request
    nameless,  ///< as spreadsheets add them: its cells must be empty
  };

  /// Returns what is wrong with the header; empty if nothing is. Blanks, case and underscores in a column's name are
  /// ignored. The catalogue must outlive this.
  std::string read(const std::vector<std::string_view>& cells, const koodrive::OperationCatalogue& catalogue,
                   const Reading& reading);

  std::size_t size() const { return columns_.size(); }
  Column column(std::size_t i) const { return columns_[i]; }
  /// The field's own name; for a column that is not a field, its name in the header.
  const std::string& name(std::size_t i) const { return names_[i]; }
  /// Its name for operations that have no such field: that of a common field, if it is written like one. So "userId" is
  /// a field of some operations, and the user_id of all others.
  const std::string& other_name(std::size_t i) const { return other_names_[i]; }
  /// The column with the operation's name; size() if there is none.
  std::size_t op() const { return op_; }
  /// For each column, the index of its field in the row of an operation, if the operation has that field. `operation`:
  /// its index in the catalogue.
  const std::vector<std::optional<std::size_t>>& fields_of(std::size_t operation) const { return fields_[operation]; }
  /// How columns are read whose names differ from those of the fields: "file_name as fileName".
  const std::vector<std::string>& respelled() const { return respelled_; }
  /// Whether every column is a field or nameless, and one of them is the operation's name.
  bool is_complete() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::string> names_;
  std::vector<std::string> other_names_;
  std::vector<std::string> respelled_;
  std::size_t op_ = 0;
  std::vector<std::vector<std::optional<std::size_t>>> fields_;
};

/// Whether a line looks like the header of a CSV job: at least two of its cells are names of columns.
bool looks_like_header(std::string_view line, const koodrive::OperationCatalogue& catalogue);

}  // namespace koobatch::job
