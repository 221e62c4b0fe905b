#include "cli/settings/recorded.hpp"

#include "cli/settings/option_table.hpp"
#include "koobatch/core/json.hpp"
#include "koobatch/report/decoder.hpp"
#include "koobatch/report/reader.hpp"
#include "koobatch/report/record.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <cerrno>
#include <fstream>
#include <string>
#include <utility>

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

Result<std::string> recorded_text(const Setting& setting, const std::string& value) {
  auto text = setting.option->store.is_path ? std::filesystem::absolute(value).lexically_normal().string() : value;
  if (simdjson::validate_utf8(text)) return text;
  return bad_value(setting, value,
                   fmt::format("must be UTF-8 to be recorded in the report{}",
                               setting.option->store.is_path ? ", as must the path of the folder it is in" : ""));
}

Result<void> append_values(std::string& out, const Setting& setting) {
  const bool is_list = setting.option->store.is_list;
  if (is_list) out += '[';
  for (std::size_t i = 0; i < setting.values.size(); ++i) {
    const auto text = recorded_text(setting, setting.values[i]);
    if (!text) return text.error();
    if (i > 0) out += ',';
    append_json_string(out, *text);
  }
  if (is_list) out += ']';
  return {};
}

}  // namespace

Result<std::string> record_settings(const std::vector<Setting>& settings) {
  std::string text;
  JsonWriter json(text);
  for (const auto& setting : settings) {
    if (!setting.option->recorded) continue;
    if (auto ok = append_values(json.key(setting.option->name), setting); !ok) return ok.error();
  }
  json.end();
  return text;
}

std::string without_recorded(std::string_view settings, std::string_view option) {
  dom::parser parser;
  dom::object object;
  if (parser.parse(settings.data(), settings.size()).get(object) != simdjson::SUCCESS) return std::string(settings);
  std::string text;
  JsonWriter json(text);
  for (const auto& [name, value] : object) {
    if (name != option) json.raw(name, simdjson::minify(value));
  }
  json.end();
  return text;
}

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

Result<void> store_recorded(std::string_view settings, const Groups& groups) {
  const auto flags = parse_recorded(settings);
  if (!flags) return flags.error();
  for (const Option& option : option_table()) {
    const auto found = flags->find(option.name);
    void* const group = groups.find(option.store.group);
    if (found == flags->end() || group == nullptr) continue;
    for (const auto& value : found->second) {
      if (auto stored = option.store.set(value, group); !stored) {
        return usage_error(fmt::format("the report's {}: {}", option.name, stored.error().message));
      }
    }
  }
  return {};
}

Result<report::RunRecord> read_run_line(const std::filesystem::path& report) {
  const std::string& name = report.native();
  std::error_code ignored;
  if (std::filesystem::is_directory(report, ignored)) {
    return usage_error(name + ": is a folder; name the report file in it");
  }
  std::ifstream file(report, std::ios::binary);
  if (!file) return report::open_error(name, errno);
  std::string line;
  if (!std::getline(file, line)) return report::empty_error(name);
  report::Decoder decoder;
  const auto type = report::has_valid_sum(line) ? decoder.type(line) : Result<report::LineType>(usage_error(""));
  if (!type || *type != report::LineType::run) {
    return report::first_line_error(name, file.eof() ? std::string_view() : line);
  }
  auto run = decoder.run(line);
  if (!run) return usage_error(fmt::format("{}:1: this line {}", name, run.error().message));
  return std::move(*run);
}

Result<Flags> read_recorded(const std::filesystem::path& report) {
  const auto run = read_run_line(report);
  if (!run) return run.error();
  return parse_recorded(run->settings);
}

}  // namespace koobatch::cli
