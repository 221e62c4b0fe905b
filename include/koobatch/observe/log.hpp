#pragma once
#include "koobatch/core/trace_id.hpp"
#include "koobatch/observe/console.hpp"

#include <spdlog/common.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace spdlog::details {
struct log_msg;
}

/// The log is spdlog's default logger: any code calls spdlog::warn("…"). Entries about one operation go through
/// write(), which adds the operation. This sets the format and destination.
namespace koobatch::observe::log {

enum class Format {
  text,  ///< 2026-11-21T17:00:00.123Z warning: message [run 0123456789abcdef, line 17, trace 0101…]
  json,  ///< {"time":"2026-11-21T17:00:00.123Z","level":"warning","message":"message","run":"0123…","line":17,…}
};

struct Settings {
  Format format = Format::text;
  spdlog::level::level_enum level = spdlog::level::info;
};

/// The context of an entry, besides its message.
struct Fields {
  std::string run{};                 ///< empty: no run has begun
  std::optional<TraceId> attempt{};  ///< of the operation it is about
};

/// Sets up the default logger and print(). `console` is kept until the next call. Not thread-safe: call it before other
/// threads log.
void setup(const Settings& settings, std::shared_ptr<Console> console);

/// From now on, every entry names the run. From any thread.
void begin_run(const std::string& run_id);

/// Logs an entry about one attempt of an operation. Check spdlog::should_log() before building a message that is
/// costly.
void write(spdlog::level::level_enum level, const TraceId& attempt, std::string_view message);

/// Prints a line of a command's own output to standard error (a broken rule, a progress line): unchanged in text
/// format, as an ordinary entry in JSON. Suppressed, like the log, if `level` is below the configured one.
void print(spdlog::level::level_enum level, std::string_view line);

/// Prints a line that the user has just asked for, at any log level.
void answer(std::string_view line);

/// Renders an entry as a line, without the final newline. Foreign text in messages is made harmless: in text format,
/// control characters are written as \u{1b}; in both formats, bytes that are not UTF-8 are replaced.
std::string render(Format format, const spdlog::details::log_msg& message, const Fields& fields = {});

}  // namespace koobatch::observe::log
