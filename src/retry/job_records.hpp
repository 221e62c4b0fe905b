#pragma once
#include "koobatch/core/error.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::retry {

/// Records as rows of a CSV job, which has a column for each field that any of them has. They are given as lines of
/// NDJSON, see job::Reader::append_json().
class CsvRecords {
 public:
  CsvRecords();
  ~CsvRecords();
  CsvRecords(const CsvRecords&) = delete;
  CsvRecords& operator=(const CsvRecords&) = delete;

  /// Makes columns for the record's fields. For all records, before the header is made.
  void note(std::string_view record);
  void append_header(std::string& out) const;
  /// Appends a row. Precondition: the record was noted. An error (usage) if it has a value that a CSV job cannot
  /// express: an empty text, which is an absent field there, or a list with an empty item or a semicolon in one.
  /// `line`: where it stands in its job.
  Result<void> append(std::string_view record, std::uint32_t line, std::string& out);

 private:
  struct Cell;
  class Fields;

  std::vector<std::string> columns_;
  std::unique_ptr<Fields> fields_;
};

}  // namespace koobatch::retry
