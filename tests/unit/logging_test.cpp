#include "koobatch/observe/log.hpp"

#include "koobatch/core/clock.hpp"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <array>

using namespace koobatch;
using namespace koobatch::observe;

namespace {

std::string rendered(log::Format format, spdlog::level::level_enum level, std::string_view text,
                     const log::Fields& fields = {}) {
  return log::render(format,
                     {*parse_timestamp("2026-11-21T17:00:00.123Z"),
                      {},
                      "koobatch",
                      level,
                      spdlog::string_view_t(text.data(), text.size())},
                     fields);
}

std::string as_text(std::string_view text) {
  return rendered(log::Format::text, spdlog::level::warn, text);
}

std::string as_json(std::string_view text) {
  return rendered(log::Format::json, spdlog::level::err, text);
}

const TraceId attempt{5, 17, 2};

/// A console that writes into a pipe, and what came out at the other end. Undoes the log's set-up when done.
class Captured {
 public:
  Captured() {
    BOOST_REQUIRE(::pipe2(ends_.data(), O_CLOEXEC | O_NONBLOCK) == 0);
    console = std::make_shared<Console>(ends_[1]);
  }
  ~Captured() {
    spdlog::set_default_logger(before_);
    log::setup({}, std::make_shared<Console>(-1));
    spdlog::set_default_logger(before_);
    for (const int end : ends_) ::close(end);
  }
  std::string take() {
    std::array<char, 4096> buffer;
    const auto size = ::read(ends_[0], buffer.data(), buffer.size());
    return {buffer.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
  }

  std::shared_ptr<Console> console;

 private:
  std::array<int, 2> ends_{};
  std::shared_ptr<spdlog::logger> before_ = spdlog::default_logger();
};

}  // namespace

BOOST_AUTO_TEST_SUITE(logging)

BOOST_AUTO_TEST_CASE(a_text_line_tells_time_level_and_message) {
  BOOST_TEST(as_text("the service is back") == "2026-11-21T17:00:00.123Z warning: the service is back");
}

BOOST_AUTO_TEST_CASE(a_json_line_is_one_object_with_its_strings_escaped) {
  BOOST_TEST(as_json("said \"no\"\n\x1b[2J") ==
             R"({"time":"2026-11-21T17:00:00.123Z","level":"error","message":"said \"no\"\n\u001b[2J"})");
}

BOOST_AUTO_TEST_CASE(foreign_text_can_neither_command_the_terminal_nor_forge_lines) {
  BOOST_TEST(as_text("a\x1b[2Jb\r\nc\x7f\xc2\x9b") ==
             "2026-11-21T17:00:00.123Z warning: a\\u{1b}[2Jb\\u{d}\\u{a}c\\u{7f}\\u{9b}");
  BOOST_TEST(as_text("Grüße 漢字 \xf0\x9f\x98\x80").ends_with("warning: Grüße 漢字 \xf0\x9f\x98\x80"));
}

BOOST_AUTO_TEST_CASE(bytes_that_are_not_utf_8_are_replaced) {
  BOOST_TEST(as_text("x\xff\xc3").ends_with("warning: x\uFFFD\uFFFD"));
  BOOST_TEST(as_json("x\xff"
                     "y\xc3")
                 .ends_with("\"message\":\"x\uFFFDy\uFFFD\"}"));
}

BOOST_AUTO_TEST_CASE(in_json_run_and_operation_are_separate_fields) {
  const auto with = [](const log::Fields& fields) {
    return rendered(log::Format::json, spdlog::level::info, "x", fields);
  };
  BOOST_TEST(with({"0123456789abcdef", {}}).ends_with(R"("level":"info","message":"x","run":"0123456789abcdef"})"));
  BOOST_TEST(with({"0123456789abcdef", attempt})
                 .ends_with(R"("message":"x","run":"0123456789abcdef","line":17,"trace_id":")" + to_string(attempt) +
                            R"("})"));
}

BOOST_AUTO_TEST_CASE(in_text_the_fields_follow_the_message) {
  const auto with = [](const log::Fields& fields) {
    return rendered(log::Format::text, spdlog::level::info, "x", fields);
  };
  BOOST_TEST(with({"0123456789abcdef", {}}).ends_with(" info: x [run 0123456789abcdef]"));
  BOOST_TEST(with({"0123456789abcdef", attempt})
                 .ends_with(" info: x [run 0123456789abcdef, line 17, trace " + to_string(attempt) + "]"));
  BOOST_TEST(with({"", attempt}).ends_with(" info: x [line 17, trace " + to_string(attempt) + "]"));
}

BOOST_AUTO_TEST_CASE(once_a_run_has_begun_every_entry_names_it_but_a_commands_own_text) {
  Captured captured;
  log::setup({}, captured.console);
  spdlog::warn("before");
  BOOST_TEST(captured.take().ends_with(" warning: before\n"));
  log::begin_run("0123456789abcdef");
  spdlog::warn("after");
  BOOST_TEST(captured.take().ends_with(" warning: after [run 0123456789abcdef]\n"));
  log::write(spdlog::level::warn, attempt, "about one");
  BOOST_TEST(captured.take().ends_with(", line 17, trace " + to_string(attempt) + "]\n"));
  log::print(spdlog::level::info, "10 of 20 done");
  BOOST_TEST(captured.take() == "10 of 20 done\n");
}

BOOST_AUTO_TEST_CASE(in_json_a_commands_own_lines_name_the_run_too) {
  Captured captured;
  log::setup({log::Format::json, spdlog::level::info}, captured.console);
  log::begin_run("0123456789abcdef");
  log::print(spdlog::level::info, "10 of 20 done");
  BOOST_TEST(captured.take().ends_with("\"message\":\"10 of 20 done\",\"run\":\"0123456789abcdef\"}\n"));
}

BOOST_AUTO_TEST_CASE(log_lines_and_a_commands_own_lines_share_the_console) {
  Captured captured;
  log::setup({}, captured.console);
  log::print(spdlog::level::err, "jobs/a.ndjson:17: fileName: is missing");
  BOOST_TEST(captured.take() == "jobs/a.ndjson:17: fileName: is missing\n");
  spdlog::warn("careful");
  const auto line = captured.take();
  BOOST_TEST(line.ends_with(" warning: careful\n"));
  BOOST_TEST(line.size() == std::string("2026-11-21T17:00:00.123Z warning: careful\n").size());
}

BOOST_AUTO_TEST_CASE(in_json_the_commands_own_lines_are_entries_too) {
  Captured captured;
  log::setup({log::Format::json, spdlog::level::info}, captured.console);
  log::print(spdlog::level::err, "jobs/a.ndjson:17: fileName: is missing");
  BOOST_TEST(
      captured.take().ends_with("\"level\":\"error\",\"message\":\"jobs/a.ndjson:17: fileName: is missing\"}\n"));
}

BOOST_AUTO_TEST_CASE(quiet_keeps_everything_back_but_errors) {
  Captured captured;
  log::setup({log::Format::text, spdlog::level::err}, captured.console);
  spdlog::warn("careful");
  log::print(spdlog::level::info, "nothing to do");
  log::write(spdlog::level::warn, attempt, "about one");
  BOOST_TEST(captured.take() == "");
  spdlog::error("over");
  BOOST_TEST(captured.take().ends_with(" error: over\n"));
}

BOOST_AUTO_TEST_CASE(debug_lines_appear_only_when_requested) {
  Captured captured;
  log::setup({}, captured.console);
  spdlog::debug("detail");
  BOOST_TEST(captured.take() == "");
  log::setup({log::Format::text, spdlog::level::debug}, captured.console);
  spdlog::debug("detail");
  BOOST_TEST(captured.take().ends_with(" debug: detail\n"));
}

BOOST_AUTO_TEST_CASE(a_line_is_written_above_the_bar_and_the_bar_drawn_again) {
  Captured captured;
  captured.console->set_status("[==  ] 50%");
  BOOST_TEST(captured.take() == "\r\x1b[J\x1b[?7l[==  ] 50%\x1b[?7h\r");
  captured.console->print("careful");
  BOOST_TEST(captured.take() == "\r\x1b[Jcareful\n\x1b[?7l[==  ] 50%\x1b[?7h\r");
  captured.console->set_status("");
  BOOST_TEST(captured.take() == "\r\x1b[J");
  captured.console->print("done");
  BOOST_TEST(captured.take() == "done\n");
}

BOOST_AUTO_TEST_CASE(an_unchanged_bar_is_not_drawn_again) {
  Captured captured;
  captured.console->set_status("50%");
  captured.take();
  captured.console->set_status("50%");
  BOOST_TEST(captured.take() == "");
}

BOOST_AUTO_TEST_CASE(an_immediate_exit_removes_the_bar) {
  Captured without;
  without.console->leave();
  BOOST_TEST(without.take() == "");
  Captured captured;
  captured.console->set_status("50%");
  captured.take();
  captured.console->leave();
  BOOST_TEST(captured.take() == "\r\x1b[J");
  captured.console->set_status("60%");
  BOOST_TEST(captured.take() == "", "another thread would have drawn it again");
}

BOOST_AUTO_TEST_SUITE_END()
