#include "koobatch/cli/config_file.hpp"

#include "koobatch/cli/reference.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>

namespace koobatch::cli {
namespace {

constexpr std::size_t max_config = 1U << 20U;

/// Some editors put it first.
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";

constexpr std::string_view blanks = " \t\r\f\v";

std::string_view trimmed(std::string_view text) {
  const auto from = text.find_first_not_of(blanks);
  if (from == std::string_view::npos) return {};
  return text.substr(from, text.find_last_not_of(blanks) - from + 1);
}

/// A bare TOML value: a number or a boolean. Anything else is written in quotes.
bool is_bare_value(std::string_view text) {
  if (text == "true" || text == "false") return true;
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '+';
  });
}

/// Understands the file from its beginning to its end. Of what it does not understand nothing is repeated: it may be a
/// secret that was put in the wrong place.
class Parser {
 public:
  Parser(std::string_view text, const std::string& name) : text_(text), name_(name) {}

  Result<std::vector<ConfigEntry>> parse() {
    if (text_.starts_with(byte_order_mark)) at_ = byte_order_mark.size();
    for (skip_empty(); !at_end(); skip_empty()) {
      begun_ = line_;
      if (peek() == ']') return error(unopened);
      auto ok = peek() == '[' ? read_section() : read_entry();
      if (!ok) return ok.error();
    }
    return std::move(entries_);
  }

 private:
  static constexpr std::string_view unopened = "a ']' without its '['; write the list as [ \"one\", \"two\" ]";

  Error error(std::string_view what) const { return error_at(line_, what); }
  Error error_at(std::size_t line, std::string_view what) const {
    return usage_error(fmt::format("{}:{}: {}", name_, line, what));
  }

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_end() ? '\n' : text_[at_]; }
  bool at_line_end() const { return peek() == '\n'; }
  bool at_quote() const { return peek() == '"' || peek() == '\''; }

  /// What stands before the first of `ends`, or before the end of the line.
  std::string_view ahead(std::string_view ends) const {
    const auto line = text_.substr(at_, text_.find('\n', at_) - at_);
    return line.substr(0, line.find_first_of(ends));
  }
  std::string_view take(std::string_view ends) {
    const auto taken = ahead(ends);
    at_ += taken.size();
    return taken;
  }

  void skip_blanks_and_comment() {
    while (!at_end() && blanks.find(peek()) != std::string_view::npos) ++at_;
    if (peek() == '#') take({});
  }
  void skip_empty() {
    for (skip_blanks_and_comment(); !at_end() && at_line_end(); skip_blanks_and_comment()) {
      ++at_;
      ++line_;
    }
  }

  Result<void> read_section() {
    const auto line = trimmed(take("#"));
    const std::string verb(line.back() == ']' ? trimmed(line.substr(1, line.size() - 2)) : std::string_view());
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

  Result<void> read_entry() {
    const std::string name(trimmed(take("=#")));
    if (peek() != '=') return error("'=' is missing; a setting is written as: rate = \"500/s\"");
    if (name.empty()) return error("the name is missing; a setting is written as: rate = \"500/s\"");
    ++at_;
    skip_blanks_and_comment();
    if (at_line_end()) return error("the value is missing; a setting is written as: rate = \"500/s\"");
    const bool is_array = peek() == '[';
    auto values = is_array ? read_list() : read_single();
    if (!values) return values.error();
    skip_blanks_and_comment();
    if (peek() == ']') return error(unopened);
    if (!at_line_end()) return error("text after the value; a list is written as [ \"one\", \"two\" ]");
    return add({section_, name, std::move(*values), is_array, begun_});
  }

  Result<void> add(ConfigEntry entry) {
    const auto first = std::find_if(entries_.begin(), entries_.end(), [&](const ConfigEntry& other) {
      return other.section == entry.section && other.name == entry.name;
    });
    if (first != entries_.end()) {
      return error_at(begun_,
                      fmt::format("'{}' was set on line {} already; leave one of them out", entry.name, first->line));
    }
    entries_.push_back(std::move(entry));
    return {};
  }

  Result<std::vector<std::string>> read_single() {
    if (!at_value()) {
      return error("the value is neither a number nor true or false; text needs quotes, as in rate = \"500/s\"");
    }
    auto value = read_value();
    if (!value) return value.error();
    return std::vector<std::string>{std::move(*value)};
  }

  Result<std::vector<std::string>> read_list() {
    std::vector<std::string> values;
    ++at_;
    for (skip_empty(); peek() != ']'; skip_empty()) {
      if (at_end()) return unclosed();
      if (!at_value()) {
        return error("the list expects a number, true, false, text in quotes, or ']', as in [ \"one\", \"two\" ]");
      }
      auto value = read_value();
      if (!value) return value.error();
      values.push_back(std::move(*value));
      skip_empty();
      if (at_end()) return unclosed();
      if (peek() == ',') {
        ++at_;
      } else if (peek() != ']') {
        return error("the list expects ',' or ']' after an element, as in [ \"one\", \"two\" ]");
      }
    }
    ++at_;
    return values;
  }
  Error unclosed() const { return error_at(begun_, "the '[' is never closed; write the list as [ \"one\", \"two\" ]"); }

  static constexpr std::string_view ends_of_bare_value = " \t\r\f\v,]#";
  bool at_value() const { return at_quote() || is_bare_value(ahead(ends_of_bare_value)); }
  Result<std::string> read_value() {
    if (at_quote()) return read_text();
    return std::string(take(ends_of_bare_value));
  }

  Result<std::string> read_text() {
    const std::string_view quote = text_.substr(at_++, 1);
    const std::string value(take(quote));
    // TOML's escapes are not for paths, units and names; read as they stand they would mean something else.
    if (quote == "\"" && value.find('\\') != std::string::npos) {
      return error("a '\\' needs single quotes: 'like this'");
    }
    if (at_line_end()) return error("the quote is never closed; it must end on this line");
    ++at_;
    return value;
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t begun_ = 1;  ///< the line of what is being read
  std::string section_;
  std::map<std::string, std::size_t> sections_;  ///< the lines they begin on
  std::vector<ConfigEntry> entries_;
};

}  // namespace

Result<std::vector<ConfigEntry>> parse_config(std::string_view text, const std::string& name) {
  return Parser(text, name).parse();
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
