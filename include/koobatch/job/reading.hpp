#pragma once
#include <optional>
#include <string>
#include <vector>

namespace koobatch::job {

/// How a job file is read, as far as the file does not tell. A run records it, because whoever reads the job again must
/// read it in the same way.
struct Reading {
  std::string encoding;           ///< as check_encoding() accepts it; empty: UTF-8, or what a byte order mark says
  std::optional<char> delimiter;  ///< of CSV; none: the header tells it
  std::vector<std::string> ignored_columns;  ///< of CSV; each may be several names, with commas between them
  std::string operation;                     ///< of the records that name none; empty: those are invalid
};

/// Whether a character may separate the cells of CSV: printable ASCII or TAB, but neither a quote nor part of a word.
bool may_separate(char c);

}  // namespace koobatch::job
