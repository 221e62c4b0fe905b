#include "koobatch/job/csv_rows.hpp"

#include "job/csv_delimiter.hpp"
#include "job/record_source.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <malloc.h>
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace koobatch::job {
namespace {

// libcsv trims what this calls a space around cells; RFC 4180: "Spaces are considered part of a field".
int no_space(unsigned char /*c*/) {
  return 0;
}

// libcsv copies a cell's bytes into its own memory, and a cell may be a token.
void wipe_and_free(void* memory) {
  if (memory != nullptr) OPENSSL_cleanse(memory, ::malloc_usable_size(memory));
  std::free(memory);
}
void* grow_and_wipe(void* memory, std::size_t size) {
  void* const larger = std::malloc(size);
  if (larger == nullptr || memory == nullptr) return larger;
  std::memcpy(larger, memory, std::min(size, ::malloc_usable_size(memory)));
  wipe_and_free(memory);
  return larger;
}

}  // namespace

CsvRows::CsvRows(LineSplitter lines, std::optional<char> delimiter)
    : lines_(std::move(lines)), wanted_delimiter_(delimiter), parser_() {
  constexpr std::size_t growth = 4096;
  csv_init(&parser_, CSV_STRICT);  // cannot fail: it allocates nothing
  csv_set_space_func(&parser_, no_space);
  csv_set_blk_size(&parser_, growth);
  csv_set_realloc_func(&parser_, grow_and_wipe);
  csv_set_free_func(&parser_, wipe_and_free);
  text_.reserve(growth);
}

CsvRows::~CsvRows() {
  csv_free(&parser_);
}

void CsvRows::on_cell(void* text, std::size_t size, void* self) {
  auto& rows = *static_cast<CsvRows*>(self);
  rows.slices_.emplace_back(rows.text_.size(), size);
  if (size > 0) rows.text_.append(static_cast<const char*>(text), size);
  // Separates the halves of a character that was cut in two, so that is_utf8() can check all cells at once.
  rows.text_.push_back(',');
}

void CsvRows::on_row_end(int /*terminator*/, void* self) {
  static_cast<CsvRows*>(self)->row_ended_ = true;
}

bool CsvRows::is_utf8() const {
  return simdjson::validate_utf8(text_);
}

Result<CsvRows::Item> CsvRows::next() {
  text_.clear();
  slices_.clear();
  cells_.clear();
  row_ended_ = false;
  joined_from_ = 0;
  const auto item = started_ ? next_filled_line() : first_filled_line();
  if (!item) return item.error();
  if (*item == LineSplitter::Item::end) return Item::end;
  first_line_ = lines_.number();
  if (*item == LineSplitter::Item::too_long) {
    // It may have left a quote open, so what follows may be rows or parts of a cell.
    return swallow_rest(too_long_line(lines_.limits()).message);
  }
  return read_row();
}

Result<LineSplitter::Item> CsvRows::next_filled_line() {
  for (;;) {
    auto item = lines_.next();
    if (!item || *item != LineSplitter::Item::line || !is_blank(lines_.text())) return item;
  }
}

// Determines the delimiter before the first row.
Result<LineSplitter::Item> CsvRows::first_filled_line() {
  started_ = true;
  auto item = next_filled_line();
  if (!item || *item != LineSplitter::Item::line) return item;
  const auto named = named_delimiter(lines_.text());
  delimiter_ = wanted_delimiter_ ? *wanted_delimiter_ : named ? *named : find_delimiter(lines_.text());
  names_delimiter_ = named.has_value();
  csv_set_delim(&parser_, static_cast<unsigned char>(delimiter_));
  return named ? next_filled_line() : item;
}

// Reads the row that starts with the current line. It continues as long as a line ends inside quotes.
Result<CsvRows::Item> CsvRows::read_row() {
  const bool starts_with_return = lines_.text().starts_with('\r');  // libcsv would pass over it
  std::size_t size = 0;
  for (;;) {
    const auto line = lines_.text();
    size += line.size() + lines_.line_end().size();
    if (size > lines_.limits().bytes + 2)
      return swallow_rest(open_quote("is not closed within the maximum length of a row"));
    if (!feed(line)) {
      return broken(
          fmt::format("cell {} has a quote out of place: put the whole cell in quotes and double each quote inside",
                      slices_.size() + 1));
    }
    if (row_ended_ || starts_with_return) {
      return broken("has a carriage return outside quotes that is not the end of a line");
    }
    // The last line of a file may lack a line end.
    feed(lines_.line_end().empty() ? std::string_view("\n") : lines_.line_end());
    if (row_ended_) return joined_from_ > 0 ? broken(joined_rows()) : complete();
    const auto item = next_line_of_row();
    if (!item) return item.error();
    if (*item == LineSplitter::Item::end) return swallow_rest(open_quote("is never closed"));
    if (*item == LineSplitter::Item::too_long)
      return swallow_rest(open_quote("is not closed within the maximum length of a row"));
  }
}

// Reads the next line of a row that has not ended yet.
Result<LineSplitter::Item> CsvRows::next_line_of_row() {
  if (lines_.number() == first_line_) open_cell_ = slices_.size() + 1;
  auto item = lines_.next();
  if (!item || *item != LineSplitter::Item::line || !is_row_ || !is_row_(lines_.text())) return item;
  if (joined_from_ == 0) joined_from_ = lines_.number();
  joined_to_ = lines_.number();
  return item;
}

bool CsvRows::feed(std::string_view bytes) {
  if (csv_parse(&parser_, bytes.data(), bytes.size(), on_cell, on_row_end, this) == bytes.size()) return true;
  if (csv_error(&parser_) == CSV_ENOMEM) throw std::bad_alloc();
  return false;
}

void CsvRows::reset() {
  csv_fini(&parser_, nullptr, nullptr, nullptr);
}

CsvRows::Item CsvRows::broken(std::string fault) {
  reset();
  fault_ = std::move(fault);
  // Reading continues after the lines that a quote has joined, and any of them may have been a row.
  if (lines_.number() > first_line_) {
    cut_short_ = true;
    fault_ += fmt::format(" (a quote joins the lines {} to {})", first_line_, lines_.number());
  }
  return Item::broken;
}

CsvRows::Item CsvRows::complete() {
  for (const auto& [from, size] : slices_) cells_.push_back(std::string_view(text_).substr(from, size));
  return Item::row;
}

std::string CsvRows::open_quote(std::string_view why) const {
  return fmt::format("cell {} opens a quote that {}", slices_.size() + 1, why);
}

std::string CsvRows::joined_rows() const {
  return joined_from_ == joined_to_
             ? fmt::format("cell {} opens a quote, and line {} in it looks like a row: is the quote closed too late?",
                           open_cell_, joined_from_)
             : fmt::format(
                   "cell {} opens a quote, and the lines {} to {} in it look like rows: is the quote closed too "
                   "late?",
                   open_cell_, joined_from_, joined_to_);
}

// What follows may be rows or parts of a cell, so none of it may be treated as an operation.
Result<CsvRows::Item> CsvRows::swallow_rest(const std::string& why) {
  cut_short_ = true;
  for (;;) {
    const auto item = lines_.next();
    if (!item) return item.error();
    if (*item == LineSplitter::Item::end) break;
  }
  reset();
  fault_ = fmt::format("{}: it swallows the rest of the file, up to line {}", why, lines_.number());
  return Item::broken;
}

}  // namespace koobatch::job
