#include "koobatch/core/nearest.hpp"

#include <algorithm>
#include <cstddef>

namespace koobatch {
namespace {

using Row = std::vector<std::size_t>;

/// The number of typing errors that turn one word into the other: an extra, missing or wrong character, or two
/// neighbours exchanged (the optimal string alignment distance).
std::size_t slips(std::string_view a, std::string_view b) {
  Row before_last(b.size() + 1), last(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      const bool exchanged = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (exchanged) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

/// With more errors than one in three characters, it is a different word.
std::size_t most_slips(std::string_view word) {
  return std::max<std::size_t>(1, word.size() / 3);
}

}  // namespace

std::string_view nearest(std::string_view wrong, const std::vector<std::string_view>& known) {
  // The user's text may be of any length, but none this long resembles one of our names.
  constexpr std::size_t longest = 64;
  if (wrong.size() < 2 || wrong.size() > longest) return {};
  std::string_view found;
  std::size_t fewest = most_slips(wrong) + 1;
  for (const auto name : known) {
    const std::size_t number = slips(wrong, name);
    if (number >= fewest || number > most_slips(name)) continue;
    fewest = number;
    found = name;
  }
  return found;
}

}  // namespace koobatch
