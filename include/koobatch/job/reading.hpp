#pragma once
#include <optional>
#include <string>
#include <vector>

namespace koobatch::job {

/// How to read a job file, as far as the file itself does not reveal it. A run records it, so that the job is read in
/// the same way when it is read again.
struct Reading {
  std::string encoding;           ///< as check_encoding() accepts it; empty: UTF-8, or what a byte order mark says
  std::optional<char> delimiter;  ///< of CSV; none: it is found in the header
  std::vector<std::string> ignored_columns;  ///< of CSV; each may be several names, separated by commas
  std::string operation;                     ///< for records that name none; empty: those are invalid
};

/// Whether a character may separate the cells of CSV: TAB or printable ASCII, but neither a quote nor a letter, digit
/// or the like that may be part of a word.
bool may_separate(char c);

}  // namespace koobatch::job
