#include "pace/recorded.hpp"

#include "pace/figures.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <sstream>

namespace koobatch::pace_bench {
namespace {

using Figures = std::map<std::string, double, std::less<>>;

std::map<std::string, Figures, std::less<>> read(std::string_view record) {
  std::map<std::string, Figures, std::less<>> rows;
  std::istringstream lines{std::string(record)};
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    std::istringstream words(line);
    std::string name;
    words >> name;
    Figures& figures = rows[name];
    for (std::string word; words >> word;) {
      const auto equals = word.find('=');
      if (equals != std::string::npos) figures[word.substr(0, equals)] = std::stod(word.substr(equals + 1));
    }
  }
  return rows;
}

bool is_worse(const NamedFigure& now, double before) {
  const double margin = std::abs(before) * now.margin_share + now.margin;
  if (std::isinf(before)) return now.more_is_better;
  return now.more_is_better ? *now.value < before - margin : *now.value > before + margin;
}

}  // namespace

std::string recorded(const std::vector<Score>& scores) {
  std::string text = "# What pace_scoreboard --check compares with. Made by pace_scoreboard --record.\n";
  for (const Score& score : scores) {
    text += score.name();
    for (const NamedFigure& figure : figures_of(score.ours)) {
      if (figure.value) text += fmt::format(" {}={:.4g}", figure.name, *figure.value);
    }
    text += '\n';
  }
  return text;
}

std::vector<std::string> find_regressions(const std::vector<Score>& scores, std::string_view record, bool all) {
  auto before = read(record);
  std::vector<std::string> found;
  for (const Score& score : scores) {
    const auto row = before.extract(score.name());
    if (!row) {
      found.push_back(score.name() + ": not recorded");
      continue;
    }
    for (const NamedFigure& figure : figures_of(score.ours)) {
      const auto recorded = row.mapped().find(figure.name);
      if (!figure.value || recorded == row.mapped().end() || !is_worse(figure, recorded->second)) continue;
      found.push_back(fmt::format("{}: {} is {:.4g}, recorded as {:.4g}", score.name(), figure.name, *figure.value,
                                  recorded->second));
    }
  }
  if (!all) return found;
  for (const auto& [name, figures] : before) found.push_back(name + ": recorded, but no longer exists");
  return found;
}

}  // namespace koobatch::pace_bench
