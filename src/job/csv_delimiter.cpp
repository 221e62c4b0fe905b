#include "job/csv_delimiter.hpp"

#include "koobatch/job/reading.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/predicate.hpp>

#include <array>

namespace koobatch::job {
namespace {

constexpr std::string_view usual = ",;\t|";

std::string_view without_quotes(std::string_view cell) {
  if (cell.starts_with('"')) cell.remove_prefix(1);
  if (cell.ends_with('"')) cell.remove_suffix(1);
  return cell;
}

}  // namespace

bool may_separate(char c) {
  const bool in_word =
      (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '"' || c == ' ';
  return c == '\t' || (c > ' ' && c < '\x7f' && !in_word);
}

std::optional<char> named_delimiter(std::string_view line) {
  constexpr std::string_view name = "sep=";
  line = without_quotes(line);
  if (line.size() != name.size() + 1 || !boost::algorithm::istarts_with(line, name)) return std::nullopt;
  return may_separate(line.back()) ? std::optional(line.back()) : std::nullopt;
}

char find_delimiter(std::string_view header) {
  std::array<std::size_t, usual.size()> counts{};
  bool quoted = false;
  for (const char c : header) {
    if (c == '"') quoted = !quoted;
    const auto which = quoted ? std::string_view::npos : usual.find(c);
    if (which != std::string_view::npos) ++counts[which];
  }
  std::size_t most = 0;
  for (std::size_t i = 1; i < counts.size(); ++i) {
    if (counts[i] > counts[most]) most = i;
  }
  return usual[most];
}

std::vector<std::string_view> rough_cells(std::string_view line, char delimiter) {
  std::vector<std::string_view> cells;
  for (bool more = true; more;) {
    const auto end = line.find(delimiter);
    cells.push_back(without_quotes(line.substr(0, end)));
    more = end != std::string_view::npos;
    if (more) line.remove_prefix(end + 1);
  }
  return cells;
}

std::string name_delimiter(char delimiter) {
  return delimiter == '\t' ? "TAB" : fmt::format("'{}'", delimiter);
}

}  // namespace koobatch::job
