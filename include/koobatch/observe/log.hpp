#pragma once
#include "koobatch/observe/console.hpp"

#include <spdlog/common.h>

#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class formatter;
}

/// The log is spdlog's default logger: any code writes spdlog::warn("…"). Here is how it looks and where it goes.
namespace koobatch::observe::log {

enum class Format {
  text,  ///< 2026-11-21T17:00:00.123Z warning: message
  json,  ///< {"time":"2026-11-21T17:00:00.123Z","level":"warning","message":"message"}
};

struct Settings {
  Format format = Format::text;
  spdlog::level::level_enum level = spdlog::level::info;
};

/// Sets up the default logger and print(). `console` is kept until the next call. Not thread-safe: before other threads
/// log.
void setup(const Settings& settings, std::shared_ptr<Console> console);

/// A line of a command's own output to standard error (a broken rule, a progress line): as it is in text, an entry like
/// any other in JSON. Kept back, like the log, if `level` is below the one set up.
void print(spdlog::level::level_enum level, std::string_view line);

/// Without the final newline. Foreign text in messages is made harmless: in text, control characters are written as
/// \x{1b}; in both, bytes that are not UTF-8 are replaced.
std::unique_ptr<spdlog::formatter> make_formatter(Format format);
/// The text alone, as print() writes it.
std::unique_ptr<spdlog::formatter> make_plain_formatter();

}  // namespace koobatch::observe::log
