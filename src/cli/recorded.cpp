#include "koobatch/cli/recorded.hpp"

#include "koobatch/report/decoder.hpp"
#include "koobatch/report/record.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <fstream>
#include <string>

namespace koobatch::cli {
namespace {

namespace dom = simdjson::dom;

std::vector<std::string> values_of(dom::element value) {
  std::vector<std::string> values;
  if (dom::array list; value.get(list) == simdjson::SUCCESS) {
    for (const dom::element item : list) values.emplace_back(std::string_view(item));
  } else if (std::string_view text; value.get(text) == simdjson::SUCCESS) {
    values.emplace_back(text);
  }
  return values;
}

}  // namespace

Result<Flags> parse_recorded(std::string_view settings) {
  dom::parser parser;
  dom::object object;
  if (parser.parse(settings.data(), settings.size()).get(object) != simdjson::SUCCESS) {
    return usage_error("the settings in the report's first line cannot be read");
  }
  Flags flags;
  for (const auto& [name, value] : object) {
    if (auto values = values_of(value); !values.empty()) flags.emplace(name, std::move(values));
  }
  return flags;
}

Result<Flags> read_recorded(const std::filesystem::path& report) {
  std::ifstream file(report, std::ios::binary);
  std::string line;
  if (!file || !std::getline(file, line)) {
    return usage_error(fmt::format("{}: cannot be read, or is empty; name the report of a run", report.string()));
  }
  if (!report::has_valid_sum(line)) {
    return usage_error(fmt::format("{}:1: not the first line of a report, or damaged", report.string()));
  }
  const auto run = report::Decoder().run(line);
  if (!run) return usage_error(fmt::format("{}:1: {}", report.string(), run.error().message));
  return parse_recorded(run->settings);
}

}  // namespace koobatch::cli
