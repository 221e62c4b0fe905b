// Plays the models of services and prints how well the pace does; see bench/README.md.
#include "pace/recorded.hpp"
#include "pace/score.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <fstream>
#include <sstream>

using namespace koobatch::pace_bench;

namespace {

struct Options {
  std::string family, row, check, record;
  std::uint64_t seed = 1;
  unsigned seeds = 1;
  bool json = false, without_rivals = false;

  bool wants(const Row& it) const {
    const std::string name = it.family + "/" + it.name;
    return (family.empty() || it.family == family) && (row.empty() || name.find(row) != std::string::npos);
  }
  bool wants_all() const { return family.empty() && row.empty(); }
  bool plays_rivals() const { return !without_rivals && check.empty(); }
};

int check(const Options& options, const std::vector<Score>& scores) {
  std::ifstream file(options.check);
  std::stringstream text;
  text << file.rdbuf();
  if (!file) {
    fmt::print(stderr, "cannot read {}\n", options.check);
    return 2;
  }
  const auto worse = find_regressions(scores, text.str(), options.wants_all());
  for (const std::string& line : worse) fmt::print("{}\n", line);
  if (worse.empty()) fmt::print("{} rows, none worse than in {}\n", scores.size(), options.check);
  return worse.empty() ? 0 : 1;
}

int run(const Options& options) {
  std::vector<Score> scores;
  for (const Row& row : all_rows()) {
    if (options.wants(row)) scores.push_back(play_all(row, options.seed, options.seeds, options.plays_rivals()));
  }
  if (scores.empty()) {
    fmt::print(stderr, "no row matches\n");
    return 2;
  }
  if (!options.check.empty()) return check(options, scores);
  fmt::print("{}", options.json ? json_of(scores, options.plays_rivals()) : table_of(scores, options.plays_rivals()));
  if (options.record.empty()) return 0;
  std::ofstream file(options.record);
  file << recorded(scores);
  return file.flush() ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Measures how much of a service's capacity the pace uses, against models of services in virtual time");
  app.add_option("--family", options.family, "Play only rows of this family");
  app.add_option("--row", options.row, "Play only rows whose name contains this");
  app.add_option("--seed", options.seed, "Seed of all randomness");
  app.add_option("--seeds", options.seeds, "Report medians over this many seeds, starting with --seed")
      ->check(CLI::Range(1, 1000));
  app.add_flag("--json", options.json, "Print JSON");
  app.add_flag("--without-rivals", options.without_rivals, "Play only our own client, which is quicker");
  app.add_option("--check", options.check, "Fail if a row is worse than recorded in this file by more than a margin");
  app.add_option("--record", options.record, "Write the file that --check reads");
  CLI11_PARSE(app, argc, argv);
  return run(options);
}
