#include "koobatch/observe/log.hpp"

#include "koobatch/core/clock.hpp"
#include "koobatch/core/json.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/utf8.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <mutex>
#include <utility>

namespace koobatch::observe::log {
namespace {

std::string repaired_utf8(std::string_view text) {
  std::string out;
  for_each_character(text, [&](std::int32_t c, std::string_view bytes) { out.append(c < 0 ? "\uFFFD" : bytes); });
  return out;
}

std::string_view view(spdlog::string_view_t text) {
  return {text.data(), text.size()};
}

/// " [run 0123456789abcdef, line 17, trace 0101…]"; empty without fields.
std::string fields_text(const Fields& fields) {
  std::string text;
  const auto add = [&](std::string_view name, const std::string& value) {
    text += fmt::format("{}{} {}", text.empty() ? " [" : ", ", name, value);
  };
  if (!fields.run.empty()) add("run", fields.run);
  if (fields.attempt) {
    add("line", std::to_string(fields.attempt->line));
    add("trace", to_string(*fields.attempt));
  }
  return text.empty() ? text : text + "]";
}

std::string render_text(const spdlog::details::log_msg& message, const Fields& fields) {
  std::string line = timestamp(message.time);
  line.append(" ").append(view(spdlog::level::to_string_view(message.level))).append(": ");
  append_harmless(line, view(message.payload));
  return line + fields_text(fields);
}

std::string render_json(const spdlog::details::log_msg& message, const Fields& fields) {
  std::string line;
  const auto text = view(message.payload);
  const bool valid = simdjson::validate_utf8(text.data(), text.size());
  JsonWriter json(line);
  json.add("time", timestamp(message.time))
      .add("level", view(spdlog::level::to_string_view(message.level)))
      .add("message", valid ? text : repaired_utf8(text));
  if (!fields.run.empty()) json.add("run", fields.run);
  if (fields.attempt) json.add("line", fields.attempt->line).add("trace_id", to_string(*fields.attempt));
  json.end();
  return line;
}

class ConsoleSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  ConsoleSink(Format format, std::shared_ptr<Console> console) : format_(format), console_(std::move(console)) {}

  void begin_run(const std::string& run_id) {
    const std::lock_guard guard(mutex_);
    run_ = run_id;
  }
  void write(const spdlog::details::log_msg& message, const TraceId& attempt) {
    const std::lock_guard guard(mutex_);
    console_->print(render(format_, message, {run_, attempt}));
  }
  /// A command's own output, not a log entry.
  void print(const spdlog::details::log_msg& message) {
    if (format_ == Format::json) return log(message);
    std::string line;
    append_harmless(line, view(message.payload));
    console_->print(line);
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    console_->print(render(format_, message, {run_, {}}));
  }
  void flush_() override {}

  const Format format_;
  const std::shared_ptr<Console> console_;
  std::string run_;
};

/// The sink that setup() made; null before.
std::shared_ptr<ConsoleSink>& sink() {
  static std::shared_ptr<ConsoleSink> current;
  return current;
}

spdlog::details::log_msg entry(spdlog::level::level_enum level, std::string_view text) {
  return {{}, {}, level, spdlog::string_view_t(text.data(), text.size())};
}

bool passes(spdlog::level::level_enum level) {
  return sink() && spdlog::should_log(level);
}

}  // namespace

std::string render(Format format, const spdlog::details::log_msg& message, const Fields& fields) {
  return format == Format::json ? render_json(message, fields) : render_text(message, fields);
}

void setup(const Settings& settings, std::shared_ptr<Console> console) {
  sink() = std::make_shared<ConsoleSink>(settings.format, std::move(console));
  auto logger = std::make_shared<spdlog::logger>("koobatch", sink());
  logger->set_level(settings.level);
  spdlog::set_default_logger(std::move(logger));
}

void begin_run(const std::string& run_id) {
  if (sink()) sink()->begin_run(run_id);
}

void write(spdlog::level::level_enum level, const TraceId& attempt, std::string_view message) {
  if (passes(level)) sink()->write(entry(level, message), attempt);
}

void print(spdlog::level::level_enum level, std::string_view line) {
  if (passes(level)) sink()->print(entry(level, line));
}

void answer(std::string_view line) {
  if (sink()) sink()->print(entry(spdlog::level::info, line));
}

}  // namespace koobatch::observe::log
