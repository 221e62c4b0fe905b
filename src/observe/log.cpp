#include "koobatch/observe/log.hpp"

#include "koobatch/core/clock.hpp"
#include "koobatch/core/json.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/core/utf8.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <spdlog/formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <mutex>

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

void append(spdlog::memory_buf_t& to, std::string_view text) {
  to.append(text.data(), text.data() + text.size());
}

class TextFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    std::string line = timestamp(message.time);
    line.append(" ").append(view(spdlog::level::to_string_view(message.level))).append(": ");
    append_harmless(line, view(message.payload));
    append(out, line);
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<TextFormatter>(); }
};

class JsonFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    std::string line;
    const auto text = view(message.payload);
    const bool valid = simdjson::validate_utf8(text.data(), text.size());
    JsonWriter json(line);
    json.add("time", timestamp(message.time))
        .add("level", view(spdlog::level::to_string_view(message.level)))
        .add("message", valid ? text : repaired_utf8(text));
    json.end();
    append(out, line);
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<JsonFormatter>(); }
};

class PlainFormatter final : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    std::string line;
    append_harmless(line, view(message.payload));
    append(out, line);
  }
  std::unique_ptr<spdlog::formatter> clone() const override { return std::make_unique<PlainFormatter>(); }
};

class ConsoleSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  ConsoleSink(std::shared_ptr<Console> console, std::unique_ptr<spdlog::formatter> formatter)
      : base_sink(std::move(formatter)), console_(std::move(console)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    console_->print({line.data(), line.size()});
  }
  void flush_() override {}

  std::shared_ptr<Console> console_;
};

std::shared_ptr<spdlog::logger> make_logger(const char* name, const Settings& settings,
                                            const std::shared_ptr<Console>& console,
                                            std::unique_ptr<spdlog::formatter> formatter) {
  auto logger = std::make_shared<spdlog::logger>(name, std::make_shared<ConsoleSink>(console, std::move(formatter)));
  logger->set_level(settings.level);
  return logger;
}

std::shared_ptr<spdlog::logger>& plain_logger() {
  static std::shared_ptr<spdlog::logger> logger;
  return logger;
}

}  // namespace

std::unique_ptr<spdlog::formatter> make_formatter(Format format) {
  if (format == Format::json) return std::make_unique<JsonFormatter>();
  return std::make_unique<TextFormatter>();
}

std::unique_ptr<spdlog::formatter> make_plain_formatter() {
  return std::make_unique<PlainFormatter>();
}

void setup(const Settings& settings, std::shared_ptr<Console> console) {
  spdlog::set_default_logger(make_logger("koobatch", settings, console, make_formatter(settings.format)));
  const bool json = settings.format == Format::json;
  plain_logger() =
      make_logger("plain", settings, console, json ? make_formatter(settings.format) : make_plain_formatter());
}

void print(spdlog::level::level_enum level, std::string_view line) {
  if (plain_logger()) plain_logger()->log(level, spdlog::string_view_t(line.data(), line.size()));
}

}  // namespace koobatch::observe::log
