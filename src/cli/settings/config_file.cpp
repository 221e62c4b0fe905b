#include "cli/settings/config_file.hpp"

#include "koobatch/core/toml_text.hpp"
#include "vendor/toml.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <utility>

namespace koobatch::cli {
namespace {

constexpr std::size_t max_config = 1U << 20U;

ConfigPlace place_of(const toml::source_region& region) {
  return {region.begin.line, region.begin.column};
}

/// A message for text that is not valid TOML. The parser's own descriptions quote the file, so they only select one of
/// these: the first whose `sign` occurs.
struct Mistake {
  std::string_view sign;
  std::string_view sentence;
};
constexpr std::string_view as_an_example = "a setting is written as: rate = \"500/s\"";
constexpr auto mistakes = std::to_array<Mistake>({
    {"utf-8", "the file must be UTF-8"},
    {"as table", "this section has the name of a setting above; move that setting into the sections of its commands"},
    {"cannot redefine", "this name is used above already; put its settings together, or leave one of them out"},
    {"maximum nested", "values are nested too deeply"},
    {"table header", "a section is written as [run], alone on its line"},
    {"escape", "unknown escape after '\\'; in single quotes a text is taken as it is: 'C:\\file'"},
    {"unicode scalar", "unknown escape after '\\'; in single quotes a text is taken as it is: 'C:\\file'"},
    {"literal string", "the quote is not closed on its line, or there is a control character within it"},
    {"parsing string", "the quote is not closed on its line, or there is a control character within it"},
    {"parsing array", "a list is written as [ \"one\", \"two\" ]; text needs quotes"},
    {"inline table", "a table is written as { name = \"value\" }; text needs quotes"},
    {"leading zeroes", "a number has no leading zeroes; text needs quotes, as in user-id = \"0123\""},
    {"not representable", "the number is too large; as text it needs quotes, as in user-id = \"42\""},
    {"expected '='", "'=' is missing; a setting is written as: rate = \"500/s\""},
    {"comma or whitespace", "text after the value; a list is written as [ \"one\", \"two\" ]"},
    {"comment or whitespace", "text after the value; a list is written as [ \"one\", \"two\" ]"},
    {"key-value pair", "the line is not complete; a setting is written as: rate = \"500/s\""},
    {"parsing key", "a name is missing; a section is written as [run], a setting as: rate = \"500/s\""},
    {"root table", "the name is missing; a setting is written as: rate = \"500/s\""},
    {"parsing", "the value is neither a number nor true or false; text needs quotes, as in rate = \"500/s\""},
});

std::string_view describe_mistake(std::string_view description) {
  for (const auto& mistake : mistakes) {
    if (description.find(mistake.sign) != std::string_view::npos) return mistake.sentence;
  }
  return as_an_example;
}

/// The text of a value that a setting may have; nothing for a date, a table or a list.
std::optional<std::string> scalar_text(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* boolean = node.as_boolean()) return boolean->get() ? "true" : "false";
  return std::nullopt;
}

/// The name of a kind of value that no setting can have.
std::string_view kind_of(const toml::node& node) {
  if (node.is_table()) return "a table";
  if (node.is_array_of_tables()) return "a list of tables";
  if (node.is_array()) return "a list";
  return "a date or time";
}

/// Collects settings from the tree. Its tables are sorted by name; the file's order is restored at the end.
class Collector {
 public:
  explicit Collector(std::string file) { config_.file = std::move(file); }

  Result<Config> collect(const toml::table& root) {
    for (const auto& [key, node] : root) {
      auto added = node.is_table() ? add_section(key, *node.as_table()) : add_entry({}, key, node);
      if (!added) keep_first(added.error(), place_of(node.source()));
    }
    if (error_) return *error_;
    const auto by_place = [](const auto& a, const auto& b) { return a.place < b.place; };
    std::sort(config_.sections.begin(), config_.sections.end(), by_place);
    std::sort(config_.entries.begin(), config_.entries.end(), by_place);
    return std::move(config_);
  }

 private:
  /// Keeps the error that comes first in the file.
  void keep_first(const Error& error, ConfigPlace place) {
    if (error_ && error_place_ < place) return;
    error_ = error;
    error_place_ = place;
  }

  Result<void> add_section(const toml::key& key, const toml::table& table) {
    config_.sections.push_back({std::string(key.str()), place_of(key.source())});
    for (const auto& [name, node] : table) {
      if (auto added = add_entry(std::string(key.str()), name, node); !added) {
        keep_first(added.error(), place_of(node.source()));
      }
    }
    return {};
  }

  Result<void> add_entry(std::string section, const toml::key& key, const toml::node& node) {
    ConfigEntry entry{std::move(section), std::string(key.str()), {}, node.is_array(), place_of(key.source())};
    if (node.is_array_of_tables()) return wrong_list_of_tables(entry, node);
    if (!node.is_array()) {
      auto text = scalar_text(node);
      if (!text) return wrong_value(entry, node);
      entry.values.push_back(std::move(*text));
    } else {
      for (const auto& element : *node.as_array()) {
        auto text = scalar_text(element);
        if (!text) return wrong_element(entry, element);
        entry.values.push_back(std::move(*text));
      }
    }
    config_.entries.push_back(std::move(entry));
    return {};
  }

  Error wrong_list_of_tables(const ConfigEntry& entry, const toml::node& node) const {
    return config_.error_at(place_of(node.source()),
                            fmt::format("'{}' is a list of tables; a setting is a value or a list of values, and a "
                                        "section begins once, as [run]",
                                        entry.name));
  }
  Error wrong_value(const ConfigEntry& entry, const toml::node& node) const {
    const std::string_view advice = node.is_table()
                                        ? "settings do not nest: a section holds settings, and no further sections"
                                        : "a setting is text, a number, true or false; text needs quotes";
    return config_.error_at(place_of(node.source()), fmt::format("'{}' is {}; {}", entry.name, kind_of(node), advice));
  }
  Error wrong_element(const ConfigEntry& entry, const toml::node& element) const {
    return config_.error_at(place_of(element.source()),
                            fmt::format("an element of the list '{}' is {}; write it as [ \"one\", \"two\" ]",
                                        entry.name, kind_of(element)));
  }

  Config config_;
  std::optional<Error> error_;
  ConfigPlace error_place_;
};

}  // namespace

std::string Config::at(const ConfigPlace& place) const {
  return fmt::format("{}:{}:{}", file, place.line, place.column);
}

Error Config::error_at(const ConfigPlace& place, std::string_view what) const {
  return usage_error(fmt::format("{}: {}", at(place), what));
}

Result<Config> parse_config(std::string_view text, const std::string& file) {
  const Config nothing{file, {}, {}};
  if (const auto line = too_deep_line(text)) return nothing.error_at({*line, 1}, "too many dots in this line");
  const auto parsed = toml::parse(text);
  if (!parsed)
    return nothing.error_at(place_of(parsed.error().source()), describe_mistake(parsed.error().description()));
  return Collector(file).collect(parsed.table());
}

Result<std::string> read_config(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return system_error(ErrorKind::usage, path.string(), "cannot be read", errno);
  std::string text;
  std::array<char, 16384> buffer;
  ssize_t size = 0;
  while (text.size() <= max_config && (size = ::read(file, buffer.data(), buffer.size())) > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  const int cause = errno;
  ::close(file);
  if (size < 0) return system_error(ErrorKind::usage, path.string(), "cannot be read", cause);
  if (text.size() > max_config) {
    return usage_error(path.string() + ": longer than 1 MiB, so it is not a configuration file; name another");
  }
  return text;
}

}  // namespace koobatch::cli
