#include "cli/reference/manual.hpp"

#include "cli/reference/reference.hpp"
#include "koobatch/core/utf8.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

namespace koobatch::cli {
namespace {

/// ASCII characters that roff would turn into hyphens, typographic quotes or accents, or take for an escape.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> named = {
    {{"\\", "\\e"}, {"-", "\\-"}, {"'", "\\(aq"}, {"^", "\\(ha"}, {"~", "\\(ti"}, {"`", "\\(ga"}}};

/// Escapes text so that roff prints it unchanged.
std::string escaped(std::string_view text) {
  std::string out;
  for_each_character(text, [&](std::int32_t c, std::string_view bytes) {
    const auto found = std::find_if(named.begin(), named.end(), [&](const auto& name) { return name.first == bytes; });
    if (found != named.end()) {
      out += found->second;
    } else if (bytes.size() > 1) {
      out += fmt::format("\\[u{:04X}]", c);
    } else {
      out += bytes;
    }
  });
  // At the beginning of a line, a dot starts a command.
  return fmt::format("{}{}", out.starts_with('.') ? "\\&" : "", out);
}

struct Entry {
  std::string_view name;
  std::string_view text;
};

constexpr std::array environment = {
    Entry{"CI", "If it is set and not empty, progress is a line now and then, even on a terminal."},
    Entry{"NO_COLOR", "If it is set and not empty, summaries have no colour, even on a terminal."},
    Entry{"TMPDIR", "The folder for temporary files (/tmp)."},
};

constexpr std::array files = {
    Entry{
        "JOB.report.ndjson",
        "The report: the result of each operation, one JSON object a line. It is also the journal from which a run is "
        "resumed, so it is appended to and never rewritten."},
    Entry{"REPORT.job", "The copy of a job that came from standard input or a pipe, for resume and retry to read."},
    Entry{"REPORT.control", "The socket through which status and set reach a run in progress, for its owner only."},
};

constexpr std::string_view description =
    "koobatch reads a job file of operations that rename and update KooDrive folders and albums, validates all of it, "
    "and pushes it through a pool of connections with rate limiting, retries and a trace ID for each request. Every "
    "operation ends in exactly one final result in a report, across any number of crashes and resumes.";

constexpr std::string_view sources =
    "Settings come from flags, then, with resume and retry, from the report, then from environment variables, then "
    "from "
    "the configuration file named by --config, then from the defaults. A variable is named after its option: "
    "KOOBATCH_RATE=500/s is --rate 500/s. In the file, which is TOML, it is rate = \"500/s\".";

/// Writes the sections, one after the other.
class ManualWriter {
 public:
  std::string write() {
    line(R"(.\" Made by: koobatch generate man)");
    line(R"(.TH KOOBATCH 1 "" "koobatch {}" "User Commands")", KOOBATCH_VERSION);
    section("NAME");
    line(R"(koobatch \- rename and update KooDrive folders and albums in bulk)");
    synopsis();
    section("DESCRIPTION", description);
    all_commands();
    options();
    exit_status();
    surroundings();
    examples();
    section("SEE ALSO");
    line(R"(.BR curl (1),)");
    line(R"(.BR gzip (1),)");
    line(R"(.BR zstd (1))");
    return std::move(out_);
  }

 private:
  template <class... T>
  void line(fmt::format_string<T...> format, T&&... values) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<T>(values)...);
    out_.push_back('\n');
  }
  void section(std::string_view name) { line(".SH {}", name); }
  void section(std::string_view name, std::string_view text) { line(".SH {}\n{}", name, escaped(text)); }
  void paragraph(std::string_view text) { line(".PP\n{}", escaped(text)); }
  /// `tag` is roff source.
  void entry(std::string_view tag, std::string_view text) { line(".TP\n{}\n{}", tag, escaped(text)); }
  static std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", escaped(text)); }
  static std::string slanted(std::string_view text) { return fmt::format("\\fI{}\\fR", escaped(text)); }

  static std::string arguments_of(const Command& command) {
    std::string text;
    for (const auto& argument : command.arguments) {
      const auto* const form = argument.repeated ? "{}[{}...]" : argument.optional ? "{}[{}]" : "{}{}";
      text += fmt::format(fmt::runtime(form), text.empty() ? "" : " ", slanted(argument.label()));
    }
    return text;
  }

  void synopsis() {
    section("SYNOPSIS");
    for (const auto* command : commands()) {
      const bool has_options = !options_of(*command).empty();
      line(".B koobatch {}\n{}{}\n.br", command->name, has_options ? "[\\fIOPTION\\fR...] " : "",
           arguments_of(*command));
    }
    line(".B koobatch\n[\\fICOMMAND\\fR]\n.B \\-\\-help\n.br\n.B koobatch \\-\\-version");
  }

  void all_commands() {
    section("COMMANDS");
    for (const auto* command : commands()) {
      entry(fmt::format("{} {}", bold(command->name), arguments_of(*command)), fmt::format("{}.", command->summary));
      for (const auto& argument : command->arguments) {
        line("{}: {}.", slanted(argument.label()), escaped(argument.help));
      }
    }
  }

  void options() {
    section("OPTIONS", sources);
    std::string_view heading;
    for (const auto* one : every_option()) {
      if (one->heading != heading) line(".SS {}", escaped(heading = one->heading));
      option(*one);
    }
    line(".SS Help");
    entry(fmt::format("{}, {}", bold("-h"), bold("--help")), "Print help, of the command if there is one.");
    entry(bold("--version"), "Print the version.");
  }

  void option(const Option& row) {
    std::string tag = bold(fmt::format("--{}", row.name));
    if (row.letter != 0) tag = fmt::format("{}, {}", bold(fmt::format("-{}", row.letter)), tag);
    if (!row.is_switch()) tag += fmt::format(" {}", slanted(row.store.label));
    entry(tag, fmt::format("{}.", row.help));
    if (!row.parts.empty()) line(".RS");
    for (const auto& part : row.parts) entry(bold(part.form), fmt::format("{}.", part.help));
    if (!row.parts.empty()) line(".RE\n.IP");
    const auto value = row.default_text();
    line(".br\n{}Commands: {}.{}", value.empty() ? "" : fmt::format("Default: {}. ", escaped(value)),
         names_of(commands_with(row)), row.flag_only ? "" : fmt::format(" Variable: {}.", variable_name(row.name)));
  }

  void exit_status() {
    section("EXIT STATUS");
    for (const auto& [row, commands] : exit_meanings()) {
      entry(bold(row.status), fmt::format("{}: {}.", names_of(commands), row.meaning));
    }
  }

  void surroundings() {
    section("ENVIRONMENT", "Each option is set by the variable named with it, too. There are also:");
    for (const auto& [name, text] : environment) entry(bold(name), text);
    section("FILES");
    for (const auto& [name, text] : files) entry(slanted(name), text);
  }

  void examples() {
    section("EXAMPLES", "HOST stands for the host of the service, token for a file that holds the access token.");
    for (const auto* command : commands()) {
      line(".PP\n{}:\n.PP\n.nf\n.RS 4", escaped(command->summary));
      for (const auto example : command->examples) line("{}", escaped(example));
      line(".RE\n.fi");
    }
  }

  std::string out_;
};

}  // namespace

std::string manual_page() {
  return ManualWriter().write();
}

}  // namespace koobatch::cli
