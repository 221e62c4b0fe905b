#include "koobatch/cli/config_file.hpp"

#include "koobatch/cli/reference.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <CLI/CLI.hpp>
#include <map>
#include <optional>
#include <sstream>

namespace koobatch::cli {
namespace {

constexpr std::size_t max_config = 1U << 20U;

/// One `key = value`, without comments, and where it starts.
struct Statement {
  std::string text;
  std::size_t line = 0;
};

/// Cuts a file into statements. CLI11 reads the values, but it takes a '#' within quotes for a comment, knows no line
/// numbers and passes over what it does not understand; so it is given one clean statement at a time.
class Splitter {
 public:
  explicit Splitter(const std::string& name) : name_(name) {}

  Result<std::vector<Statement>> split(std::string_view text) {
    std::istringstream lines{std::string(text)};
    for (std::string line; std::getline(lines, line);) {
      ++line_;
      if (auto ok = add_line(line); !ok) return ok.error();
    }
    if (depth_ > 0) return error(statement_.line, "the '[' is never closed; write the list as [ \"one\", \"two\" ]");
    return std::move(statements_);
  }

 private:
  Error error(std::size_t line, std::string_view what) const {
    return usage_error(fmt::format("{}:{}: {}", name_, line, what));
  }

  Result<void> add_line(std::string_view line) {
    if (depth_ == 0) statement_ = {{}, line_};
    if (auto ok = scan(line); !ok) return ok;
    if (depth_ > 0) return {};
    CLI::detail::trim(statement_.text);
    if (!statement_.text.empty()) statements_.push_back(std::move(statement_));
    return {};
  }

  /// Appends the line without its comment, and follows its quotes and brackets.
  Result<void> scan(std::string_view line) {
    char quote = 0;
    for (const char c : line) {
      if (quote != 0) {
        // TOML's escapes are not for paths, units and names; read as they stand they would mean something else.
        if (quote == '"' && c == '\\') return error(line_, "a '\\' needs single quotes: 'like this'");
        if (c == quote) quote = 0;
      } else if (c == '#') {
        break;
      } else if (c == '"' || c == '\'') {
        quote = c;
      } else if (c == '[') {
        ++depth_;
      } else if (c == ']' && --depth_ < 0) {
        return error(line_, "a ']' without its '['; write the list as [ \"one\", \"two\" ]");
      }
      statement_.text.push_back(c);
    }
    if (quote != 0) return error(line_, "the quote is never closed; it must end on this line");
    return {};
  }

  const std::string& name_;
  std::size_t line_ = 0;
  int depth_ = 0;
  Statement statement_;
  std::vector<Statement> statements_;
};

/// CLI11's reader, told not to look for comments and dotted names: there are none left.
class ValueReader : public CLI::ConfigTOML {
 public:
  ValueReader() {
    commentChar = '\0';
    parentSeparatorChar = '\0';
  }
};

/// A bare TOML value: a number or a boolean. Anything else is written in quotes.
bool is_bare_value(std::string_view text) {
  if (text == "true" || text == "false") return true;
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+';
  });
}

bool is_quoted(std::string_view text) {
  return text.size() >= 2 && (text.front() == '"' || text.front() == '\'') &&
         text.find(text.front(), 1) == text.size() - 1;
}

/// What is wrong with the right-hand side, if anything: CLI11 would take nearly everything for something.
std::optional<std::string> check_value(std::string_view value) {
  if (value.empty()) return "the value is missing; a setting is written as: rate = \"500/s\"";
  if (value.front() == '[') {
    if (value.back() != ']') return "text after the ']'; a list ends the setting";
    return std::nullopt;
  }
  if (is_bare_value(value) || is_quoted(value)) return std::nullopt;
  // Not repeated: it may be a secret that was put in the wrong place.
  return "the value is neither a number nor true or false; text needs quotes, as in rate = \"500/s\"";
}

/// Understands the statements one after the other.
class Reader {
 public:
  explicit Reader(const std::string& name) : name_(name) {}

  Result<std::vector<ConfigEntry>> read(const std::vector<Statement>& statements) {
    for (const auto& statement : statements) {
      line_ = statement.line;
      auto ok = statement.text.front() == '[' ? begin_section(statement.text) : add_entry(statement.text);
      if (!ok) return ok.error();
    }
    return std::move(entries_);
  }

 private:
  Error error(std::string_view what) const { return usage_error(fmt::format("{}:{}: {}", name_, line_, what)); }

  Result<void> begin_section(const std::string& text) {
    const auto verb = text.back() == ']' ? CLI::detail::trim_copy(text.substr(1, text.size() - 2)) : std::string();
    if (verb_named(verb) == nullptr) {
      return error(fmt::format("this is no section; write [VERB] above what is for one verb alone, which is one of {}",
                               names_of(every_verb)));
    }
    if (const auto first = sections_.find(verb); first != sections_.end()) {
      return error(fmt::format("[{}] has begun on line {} already; put its settings together", verb, first->second));
    }
    sections_[verb] = line_;
    section_ = verb;
    return {};
  }

  Result<void> add_entry(const std::string& text) {
    const auto equals = text.find('=');
    if (equals == std::string::npos) return error("'=' is missing; a setting is written as: rate = \"500/s\"");
    const auto value = CLI::detail::trim_copy(text.substr(equals + 1));
    if (const auto wrong = check_value(value)) return error(*wrong);
    std::istringstream input(text);
    auto items = ValueReader().from_config(input);
    if (items.size() != 1 || items.front().name.empty()) {
      return error("this cannot be read; a setting is written as: rate = \"500/s\"");
    }
    auto& item = items.front();
    const auto same = [&](const ConfigEntry& entry) { return entry.section == section_ && entry.name == item.name; };
    if (const auto first = std::find_if(entries_.begin(), entries_.end(), same); first != entries_.end()) {
      return error(fmt::format("'{}' was set on line {} already; leave one of them out", item.name, first->line));
    }
    entries_.push_back({section_, std::move(item.name), std::move(item.inputs), value.front() == '[', line_});
    return {};
  }

  const std::string& name_;
  std::size_t line_ = 0;
  std::string section_;
  std::map<std::string, std::size_t> sections_;  ///< the lines they begin on
  std::vector<ConfigEntry> entries_;
};

}  // namespace

Result<std::vector<ConfigEntry>> parse_config(std::string_view text, const std::string& name) {
  const auto statements = Splitter(name).split(text);
  if (!statements) return statements.error();
  return Reader(name).read(*statements);
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
  if (text.size() > max_config)
    return usage_error(path.string() + ": longer than 1 MiB, so it is no configuration file; name another");
  return text;
}

}  // namespace koobatch::cli
