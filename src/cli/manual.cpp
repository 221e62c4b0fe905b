#include "koobatch/cli/manual.hpp"

#include "koobatch/cli/reference.hpp"
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

/// ASCII that roff would make hyphens, typographic quotes and accents of, or take for an escape.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> named = {
    {{"\\", "\\e"}, {"-", "\\-"}, {"'", "\\(aq"}, {"^", "\\(ha"}, {"~", "\\(ti"}, {"`", "\\(ga"}}};

/// Text that roff is to print as it is.
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
  // At the beginning of a line a dot is a command.
  return fmt::format("{}{}", out.starts_with('.') ? "\\&" : "", out);
}

struct Entry {
  std::string_view name;
  std::string_view text;
};

constexpr std::array environment = {
    Entry{"CI", "If it is set and not empty, progress is a line now and then, on a terminal, too."},
    Entry{"NO_COLOR", "If it is set and not empty, summaries have no colour. They have none but on a terminal anyway."},
    Entry{"TMPDIR", "The folder for temporary files (/tmp)."},
};

constexpr std::array files = {
    Entry{"JOB.report.ndjson",
          "The report: the result of each operation, one JSON object a line. It is the journal, too, from which resume "
          "goes on, so it is appended to and never rewritten."},
    Entry{"REPORT.job", "The copy of a job that came from standard input, for resume and retry to read."},
    Entry{"REPORT.control",
          "The socket through which status and set reach a run, for its owner only, while it goes on."},
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

/// Writes the sections one after the other.
class ManualWriter {
 public:
  std::string write() {
    line(R"(.\" Made by: koobatch generate man)");
    line(R"(.TH KOOBATCH 1 "" "koobatch {}" "User Commands")", KOOBATCH_VERSION);
    section("NAME");
    line(R"(koobatch \- rename and update KooDrive folders and albums in bulk)");
    synopsis();
    section("DESCRIPTION", description);
    verbs();
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
  /// `tag` is roff already.
  void entry(std::string_view tag, std::string_view text) { line(".TP\n{}\n{}", tag, escaped(text)); }
  static std::string bold(std::string_view text) { return fmt::format("\\fB{}\\fR", escaped(text)); }
  static std::string slanted(std::string_view text) { return fmt::format("\\fI{}\\fR", escaped(text)); }

  static std::string arguments_of(const VerbRow& verb) {
    if (verb.argument.empty()) return {};
    const std::string first = slanted(verb.argument);
    return verb.extra_name.empty() ? first : fmt::format("{} [{}...]", first, slanted(verb.extra_name));
  }

  void synopsis() {
    section("SYNOPSIS");
    for (const auto& verb : verb_table) {
      const bool has_options = !options_of(verb.verb).empty();
      line(".B koobatch {}\n{}{}\n.br", verb.name, has_options ? "[\\fIOPTION\\fR...] " : "", arguments_of(verb));
    }
    line(".B koobatch\n[\\fIVERB\\fR]\n.B \\-\\-help\n.br\n.B koobatch \\-\\-version");
  }

  void verbs() {
    section("VERBS");
    for (const auto& verb : verb_table) {
      entry(fmt::format("{} {}", bold(verb.name), arguments_of(verb)), fmt::format("{}.", verb.summary));
      for (const auto& [name, help] :
           {std::pair(verb.argument, verb.argument_help), std::pair(verb.extra_name, verb.extra_help)}) {
        if (!name.empty()) line("{}: {}.", slanted(name), escaped(help));
      }
    }
  }

  void options() {
    section("OPTIONS", sources);
    for (const auto group : option_groups()) {
      line(".SS {}", escaped(group));
      for (const auto& row : option_table()) {
        if (row.group == group) option(row);
      }
    }
    line(".SS Help");
    entry(fmt::format("{}, {}", bold("-h"), bold("--help")), "Print help, of the verb if there is one.");
    entry(bold("--version"), "Print the version.");
  }

  void option(const OptionRow& row) {
    std::string tag = bold(fmt::format("--{}", row.name));
    if (row.letter != 0) tag = fmt::format("{}, {}", bold(fmt::format("-{}", row.letter)), tag);
    if (!row.is_switch()) tag += fmt::format(" {}", slanted(row.argument));
    entry(tag, fmt::format("{}.", without_default(row)));
    const auto value = default_of(row);
    line(".br\n{}Verbs: {}.{}", value.empty() ? "" : fmt::format("Default: {}. ", escaped(value)), names_of(row.verbs),
         row.flag_only ? "" : fmt::format(" Variable: {}.", variable_name(row.name)));
  }

  void exit_status() {
    section("EXIT STATUS");
    for (const auto& row : exit_table()) {
      entry(bold(row.status), fmt::format("{}: {}.", names_of(row.verbs), row.meaning));
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
    for (const auto& verb : verb_table) {
      line(".PP\n{}:\n.PP\n.nf\n.RS 4", escaped(verb.summary));
      std::string_view text = verb.example;
      while (!text.empty()) {
        const auto end = text.find('\n');
        auto shown = text.substr(0, end);
        // In the help, lines after the first are indented as the first one is.
        if (shown.starts_with("  ")) shown.remove_prefix(2);
        line("{}", escaped(shown));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      }
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
