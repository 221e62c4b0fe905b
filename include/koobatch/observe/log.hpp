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

/// The log is spdlog's default logger: any code writes spdlog::warn("…"). What is about one operation goes through
/// write(), which adds whose. Here is how it looks and where it goes.
namespace koobatch::observe::log {

enum class Format {
  text,  ///< 2026-11-21T17:00:00.123Z warning: message [run 0123456789abcdef, line 17, trace 0101…]
  json,  ///< {"time":"2026-11-21T17:00:00.123Z","level":"warning","message":"message","run":"0123…","line":17,…}
};

struct Settings {
  Format format = Format::text;
  spdlog::level::level_enum level = spdlog::level::info;
};

/// What an entry is about, beside its words.
struct Fields {
  std::string run{};                 ///< empty: none has begun
  std::optional<TraceId> attempt{};  ///< of the operation it is about
};

/// Sets up the default logger and print(). `console` is kept until the next call. Not thread-safe: before other threads
/// log.
void setup(const Settings& settings, std::shared_ptr<Console> console);

/// From here on, every entry names the run. From any thread.
void begin_run(const std::string& run_id);

/// An entry about one attempt of an operation. Does the level pass? Ask spdlog::should_log() before making a message
/// that may be for nothing.
void write(spdlog::level::level_enum level, const TraceId& attempt, std::string_view message);

/// A line of a command's own output to standard error (a broken rule, a progress line): as it is in text, an entry like
/// any other in JSON. Kept back, like the log, if `level` is below the one set up.
void print(spdlog::level::level_enum level, std::string_view line);

/// A line that somebody has asked for just now: printed whatever level was set up.
void answer(std::string_view line);

/// An entry as a line, without the final newline. Foreign text in messages is made harmless: in text, control
/// characters are written as \u{1b}; in both, bytes that are not UTF-8 are replaced.
std::string render(Format format, const spdlog::details::log_msg& message, const Fields& fields = {});

}  // namespace koobatch::observe::log
