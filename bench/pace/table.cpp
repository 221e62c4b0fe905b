#include "pace/figures.hpp"
#include "pace/score.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace koobatch::pace_bench {
namespace {

/// At most seven characters, plus `mark`.
std::string cell(std::optional<double> value, char mark = ' ', int decimals = 2) {
  if (!value) return fmt::format("{:>7} ", "-");
  std::string text = std::isinf(*value)     ? "never"
                     : *value >= 10'000     ? fmt::format("{:.0f}k", *value / 1000)
                     : *value >= 1000 / 4.0 ? fmt::format("{:.0f}", *value)
                                            : fmt::format("{:.{}f}", *value, decimals);
  return fmt::format("{:>7}{}", text, mark);
}

std::string heading(bool with_rivals) {
  std::string line = fmt::format("{:<36}{:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} {:>7} ", "", "util",
                                 "time", "early", "late", "down", "up", "probes", "fair", "refused", "lost", "ms");
  if (!with_rivals) return line + '\n';
  std::string above = std::string(line.size(), ' ');
  for (const Player player : rivals) {
    above += fmt::format("| {:<23}", name_of(player));
    line += fmt::format("|{:>7} {:>7} {:>7} ", "util", "time", "late");
  }
  return above + '\n' + line + '\n';
}

std::string line_of(const Score& score, bool with_rivals) {
  const Measures& it = score.ours;
  const auto mark = [&](bool Misses::* goal) { return score.avoidable.*goal ? '!' : score.misses.*goal ? '=' : ' '; };
  std::string line = fmt::format("{:<36}", score.name());
  line += cell(it.utilisation, mark(&Misses::utilisation)) + cell(it.completion, mark(&Misses::completion)) +
          cell(it.early, mark(&Misses::early)) + cell(it.late, mark(&Misses::late), 3) +
          cell(it.back_down, mark(&Misses::back_down), 1) + cell(it.back_up, mark(&Misses::back_up), 1) +
          cell(it.probes, mark(&Misses::probes), 0) + cell(it.fairness, mark(&Misses::fairness)) +
          cell(it.refused, mark(&Misses::refused), 0) + cell(it.lost, mark(&Misses::lost), 0) +
          cell(it.latency * 1000, ' ', 1);
  if (with_rivals) {
    for (const Measures& their : score.theirs) {
      line += '|' + cell(their.utilisation) + cell(their.completion) + cell(their.late, ' ', 3);
    }
    if (score.below_best) line += "< below the best";
  }
  if (score.row.bound && score.misses.any()) line += " = " + score.row.bound->why;
  return line + '\n';
}

struct Spread {
  std::vector<double> values;

  void add(std::optional<double> value) {
    if (value) values.push_back(*value);
  }
  std::optional<double> median() {
    if (values.empty()) return std::nullopt;
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  }
  std::optional<double> least() const {
    return values.empty() ? std::nullopt : std::optional(*std::min_element(values.begin(), values.end()));
  }
  std::optional<double> most() const {
    return values.empty() ? std::nullopt : std::optional(*std::max_element(values.begin(), values.end()));
  }
};

/// The worst value and the median of one player in a family.
std::string spread_of(const std::vector<const Measures*>& measures) {
  Spread utilisation, completion, late;
  for (const Measures* it : measures) {
    utilisation.add(it->utilisation);
    completion.add(it->completion);
    late.add(it->late);
  }
  return '|' + cell(utilisation.least()) + cell(utilisation.median()) + cell(completion.most()) +
         cell(completion.median()) + cell(late.most(), ' ', 3) + cell(late.median(), ' ', 3);
}

std::string summary_line(const std::string& family, const std::vector<const Score*>& scores, bool with_rivals) {
  std::size_t reached = 0, bounded = 0, below = 0;
  std::vector<const Measures*> ours;
  for (const Score* score : scores) {
    reached += !score->misses.any();
    bounded += score->misses.any() && !score->avoidable.any();
    below += score->below_best;
    ours.push_back(&score->ours);
  }
  std::string line =
      fmt::format("{:<14}{:>6}{:>9}{:>9}{:>9} ", family, scores.size(), reached, bounded, below) + spread_of(ours);
  for (std::size_t i = 0; with_rivals && i < rivals.size(); ++i) {
    std::vector<const Measures*> theirs;
    for (const Score* score : scores) theirs.push_back(&score->theirs[i]);
    line += spread_of(theirs);
  }
  return line + '\n';
}

std::string summary(const std::vector<Score>& scores, bool with_rivals) {
  std::vector<std::pair<std::string, std::vector<const Score*>>> families;
  std::vector<const Score*> all;
  for (const Score& score : scores) {
    if (families.empty() || families.back().first != score.row.family) families.push_back({score.row.family, {}});
    families.back().second.push_back(&score);
    all.push_back(&score);
  }
  const std::string figures =
      fmt::format("|{:>15} {:>15} {:>15} ", "util worst, mid", "time worst, mid", "late worst, mid");
  std::string text = fmt::format("\n{:<48}", "");
  text += fmt::format("| {:<47}", "koobatch");
  for (std::size_t i = 0; with_rivals && i < rivals.size(); ++i) text += fmt::format("| {:<47}", name_of(rivals[i]));
  text += fmt::format("\n{:<14}{:>6}{:>9}{:>9}{:>9} ", "family", "rows", "reached", "bounded", "below");
  text += figures;
  for (std::size_t i = 0; with_rivals && i < rivals.size(); ++i) text += figures;
  text += '\n';
  for (const auto& [family, members] : families) text += summary_line(family, members, with_rivals);
  if (families.size() > 1) text += summary_line("all", all, with_rivals);
  return text;
}

std::string json_figures(const Measures& measures) {
  std::string text = "{";
  for (const NamedFigure& figure : figures_of(measures)) {
    if (!figure.value) continue;
    if (text.size() > 1) text += ", ";
    // JSON has no infinity: a job that was not done yields null.
    text += std::isinf(*figure.value) ? fmt::format("\"{}\": null", figure.name)
                                      : fmt::format("\"{}\": {:.6g}", figure.name, *figure.value);
  }
  return text + "}";
}

}  // namespace

std::string table_of(const std::vector<Score>& scores, bool with_rivals) {
  std::string text = heading(with_rivals);
  for (const Score& score : scores) text += line_of(score, with_rivals);
  return text + summary(scores, with_rivals);
}

std::string json_of(const std::vector<Score>& scores, bool with_rivals) {
  std::string text = "[";
  for (const Score& score : scores) {
    text +=
        fmt::format("{}\n  {{\"row\": \"{}\", \"reached\": {}, \"bounded\": {}, \"below_best\": {}, \"koobatch\": {}",
                    text.size() > 1 ? "," : "", score.name(), !score.misses.any(), !score.avoidable.any(),
                    score.below_best, json_figures(score.ours));
    for (std::size_t i = 0; with_rivals && i < rivals.size(); ++i) {
      text += fmt::format(", \"{}\": {}", name_of(rivals[i]), json_figures(score.theirs[i]));
    }
    text += "}";
  }
  return text + "\n]\n";
}

}  // namespace koobatch::pace_bench
