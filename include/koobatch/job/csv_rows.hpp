#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/core/wiping_allocator.hpp"
#include "koobatch/job/line_splitter.hpp"

#include <csv.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koobatch::job {

/// Reads rows of CSV strictly according to RFC 4180, with libcsv. A row may span lines inside quotes, but must not be
/// longer than a line may be. The delimiter need not be a comma, because spreadsheets use that of the region.
class CsvRows {
 public:
  enum class Item {
    row,
    broken,  ///< see fault(); reading continues with the next physical line
    end,
  };

  /// Whether a line, taken by itself, looks like a row of this job.
  using RowTest = std::function<bool(std::string_view line)>;

  /// `delimiter`: none: the one that the first line that is not blank names ("sep=;") or, being a header, uses (see
  /// find_delimiter()).
  explicit CsvRows(LineSplitter lines, std::optional<char> delimiter = std::nullopt);
  ~CsvRows();
  CsvRows(const CsvRows&) = delete;
  CsvRows& operator=(const CsvRows&) = delete;

  /// Reads the next row that is not blank. A row that spans lines is broken if one of them, other than the first,
  /// passes the row test: then a stray quote joins rows.
  Result<Item> next();
  void set_row_test(RowTest is_row) { is_row_ = std::move(is_row); }
  /// The cells without their quotes. Valid until next().
  const std::vector<std::string_view>& cells() const { return cells_; }
  bool is_utf8() const;
  const std::string& fault() const { return fault_; }
  /// The physical line on which the last row starts.
  std::uint32_t line() const { return first_line_; }
  /// The physical line on which it ends.
  std::uint32_t last_line() const { return lines_.number(); }
  Digest digest() const { return lines_.digest(); }
  /// Whether lines were skipped that may or may not be rows.
  bool cut_short() const { return cut_short_; }
  /// The delimiter. Known once a row was read.
  char delimiter() const { return delimiter_; }
  /// Whether the text names its delimiter in a line of its own, "sep=;".
  bool names_delimiter() const { return names_delimiter_; }

 private:
  static void on_cell(void* text, std::size_t size, void* self);
  static void on_row_end(int terminator, void* self);

  Result<LineSplitter::Item> next_filled_line();
  Result<LineSplitter::Item> first_filled_line();
  Result<Item> read_row();
  Result<LineSplitter::Item> next_line_of_row();
  bool feed(std::string_view bytes);
  void reset();
  Item broken(std::string fault);
  Item complete();
  std::string open_quote(std::string_view why) const;
  std::string joined_rows() const;
  Result<Item> swallow_rest(const std::string& why);

  LineSplitter lines_;
  std::optional<char> wanted_delimiter_;
  char delimiter_ = ',';
  bool names_delimiter_ = false;
  bool started_ = false;
  RowTest is_row_;
  csv_parser parser_;
  WipedString text_;  ///< the cells, each followed by a comma
  std::vector<std::pair<std::size_t, std::size_t>> slices_;
  std::vector<std::string_view> cells_;
  bool row_ended_ = false;
  std::uint32_t first_line_ = 0;
  std::size_t open_cell_ = 0;      ///< of a row that spans lines: the cell in which the first one ends
  std::uint32_t joined_from_ = 0;  ///< the first line of the row that looks like a row of its own; 0: none does
  std::uint32_t joined_to_ = 0;    ///< the last one
  std::string fault_;
  bool cut_short_ = false;
};

}  // namespace koobatch::job
