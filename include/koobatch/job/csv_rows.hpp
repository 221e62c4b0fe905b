#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/core/wiping_allocator.hpp"
#include "koobatch/job/line_splitter.hpp"

#include <csv.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koobatch::job {

/// Reads rows of CSV as RFC 4180 has them, strictly, with libcsv. A row may span lines inside quotes, but has at most
/// as many bytes as a line may have.
class CsvRows {
 public:
  enum class Item {
    row,
    broken,  ///< see fault(); reading goes on with the next physical line
    end,
  };

  explicit CsvRows(LineSplitter lines);
  ~CsvRows();
  CsvRows(const CsvRows&) = delete;
  CsvRows& operator=(const CsvRows&) = delete;

  /// Reads the next row that is not blank.
  Result<Item> next();
  /// The cells without their quotes. Valid until next().
  const std::vector<std::string_view>& cells() const { return cells_; }
  bool is_utf8() const;
  const std::string& fault() const { return fault_; }
  /// The physical line on which the last row starts.
  std::uint32_t line() const { return first_line_; }
  /// The one on which it ends.
  std::uint32_t last_line() const { return lines_.number(); }
  Digest digest() const { return lines_.digest(); }
  /// Was the rest of the file passed over, because it cannot be told what in it is a row?
  bool cut_short() const { return cut_short_; }

 private:
  static void on_cell(void* text, std::size_t size, void* self);
  static void on_row_end(int terminator, void* self);

  Result<LineSplitter::Item> next_filled_line();
  Result<Item> read_row();
  bool feed(std::string_view bytes);
  void reset();
  Item broken(std::string fault);
  Item complete();
  std::string open_quote(std::string_view why) const;
  Result<Item> swallow_rest(const std::string& why);

  LineSplitter lines_;
  csv_parser parser_;
  WipedString text_;  ///< the cells, each followed by a comma
  std::vector<std::pair<std::size_t, std::size_t>> slices_;
  std::vector<std::string_view> cells_;
  bool row_ended_ = false;
  std::uint32_t first_line_ = 0;
  std::string fault_;
  bool cut_short_ = false;
};

}  // namespace koobatch::job
