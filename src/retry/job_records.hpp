#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/koodrive/operation.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::retry {

/// Appends an operation as a line of an NDJSON job, with its line end. Precondition: it was rendered without defaults
/// for user and language, which would become its own.
void append_ndjson(const koodrive::Operation& operation, std::string& out);

/// Operations as rows of a CSV job, which has a column for each field that any of them has. Same precondition.
class CsvRecords {
 public:
  CsvRecords();
  ~CsvRecords();
  CsvRecords(const CsvRecords&) = delete;
  CsvRecords& operator=(const CsvRecords&) = delete;

  /// Makes columns for the operation's fields. For all operations, before the header is made.
  void note(const koodrive::Operation& operation);
  void append_header(std::string& out) const;
  /// Appends a row. Precondition: the operation was noted. An error (usage) if it has a value that a CSV job cannot
  /// express: an empty text, which is an absent field there, or a list with an empty item or a semicolon in one.
  Result<void> append(const koodrive::Operation& operation, std::string& out);

 private:
  struct Cell;
  class Fields;

  std::vector<std::string> columns_;
  std::unique_ptr<Fields> fields_;
};

}  // namespace koobatch::retry
