// What a run shows on a terminal, and what it leaves there.
#include "terminal.hpp"
#include "process.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <signal.h>
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <regex>

using namespace koobatch::test;

namespace {

std::vector<std::string> run_in(const Workspace& workspace, const std::vector<std::string>& more) {
  const auto job = workspace.write("job.ndjson", generate_job(400, 400).text);
  std::vector<std::string> command = {KOOBATCH_BINARY, "run", job,        "--simulate",
                                      "--user-id",     "7",   "--report", workspace.path("r")};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

bool is_bar(const std::string& row) {
  return row.find("/400") != std::string::npos;
}

std::size_t bars(const Screen& screen) {
  const auto rows = screen.rows();
  return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), is_bar));
}

/// Texts that identify any part of the bar's row: neither messages nor summary contain them.
bool has_remains(const Screen& screen) {
  static const std::regex counted("[0-9] in flight");
  const auto rows = screen.rows();
  return std::any_of(rows.begin(), rows.end(), [](const std::string& row) {
    return is_bar(row) || row.find("ETA") != std::string::npos || std::regex_search(row, counted) ||
           row.find("[=") != std::string::npos || row.find(" mean") != std::string::npos || row.find("% ") == 0;
  });
}

}  // namespace

BOOST_AUTO_TEST_SUITE(terminal)

BOOST_AUTO_TEST_CASE(the_screen_of_these_tests_shows_what_is_left_when_a_row_is_broken) {
  Screen screen(20, Screen::Resizing::reflow);
  screen.write("[====>    ]  40%");
  screen.resize(10);
  screen.write("\r\x1b[K]");
  BOOST_TEST(screen.rows().size() == 2U);
  BOOST_TEST(screen.rows().front() == "[====>");
  Screen cutting(20, Screen::Resizing::cut);
  cutting.write("[====>    ]  40%");
  cutting.resize(10);
  BOOST_TEST(cutting.rows().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_terminal_that_changes_its_width_is_left_clean) {
  for (const auto resizing : {Screen::Resizing::reflow, Screen::Resizing::cut}) {
    const Workspace workspace;
    // So slow that it is not done before all widths were tried, on however busy a machine. There are messages above the
    // bar, too.
    Terminal terminal(run_in(workspace, {"--rate", "5/s", "--fault", "status=503,rate=0.01,retry-after=1"}), 110,
                      resizing);
    BOOST_REQUIRE(terminal.wait_until([](const Screen& screen) { return bars(screen) == 1; }));
    for (const std::size_t width : {70U, 25U, 90U, 40U, 132U, 15U, 80U}) {
      terminal.resize(width);
      const std::size_t seen = terminal.output().size();
      BOOST_REQUIRE(terminal.wait_until([&](const Screen& screen) {
        return terminal.output().find('\r', seen) != std::string::npos && is_bar(screen.last_row());
      }));
      BOOST_TEST(bars(terminal.screen()) == 1U);
      BOOST_TEST(terminal.screen().last_row().size() < width);
    }
    BOOST_TEST(run_koobatch({"set", workspace.path("r"), "--rate", "200/s"}).status == 0);
    BOOST_TEST(terminal.wait() == 0);
    BOOST_TEST(!has_remains(terminal.screen()), terminal.screen().last_row());
    BOOST_TEST(terminal.output().find("the service asks for a pause") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(an_immediate_exit_removes_the_bar) {
  const Workspace workspace;
  Terminal terminal(run_in(workspace, {"--rate", "100/s", "--latency", "2s"}), 100, Screen::Resizing::reflow);
  BOOST_REQUIRE(terminal.wait_until([](const Screen& screen) { return bars(screen) == 1; }));
  terminal.signal(SIGINT);
  BOOST_REQUIRE(terminal.wait_until(
      [&](const Screen&) { return terminal.output().find("stopping; waiting") != std::string::npos; }));
  terminal.signal(SIGINT);
  BOOST_TEST(terminal.wait() == 130);
  BOOST_TEST(terminal.output().find("interrupted: ") == std::string::npos, "it did not wait for what was in flight");
  BOOST_TEST(!has_remains(terminal.screen()));
}

BOOST_AUTO_TEST_CASE(there_is_colour_only_where_it_is_wanted) {
  const Workspace workspace;
  Terminal terminal(run_in(workspace, {"--rate", "1000/s"}), 80, Screen::Resizing::reflow, {{"NO_COLOR", "1"}});
  BOOST_TEST(terminal.wait() == 0);
  std::string left = terminal.output();
  for (const std::string_view used : {"\x1b[J", "\x1b[?7l", "\x1b[?7h"}) {
    for (auto at = left.find(used); at != std::string::npos; at = left.find(used)) left.erase(at, used.size());
  }
  BOOST_TEST(left.find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_CASE(where_nothing_can_be_redrawn_there_are_only_lines) {
  const auto is_plain = [](const std::string& text) {
    return text.find('\x1b') == std::string::npos && text.find("[=") == std::string::npos;
  };
  {
    const Workspace workspace;
    auto command = run_in(workspace, {"--rate", "60/s"});
    const auto piped = Process(command).wait();
    BOOST_TEST(piped.status == 0);
    BOOST_TEST(is_plain(piped.err));
    BOOST_TEST(piped.err.find('\r') == std::string::npos);
    BOOST_TEST(piped.err.find(" of 400 done (") != std::string::npos);
  }
  for (const Process::Environment& environment :
       {Process::Environment{{"CI", "true"}}, Process::Environment{{"TERM", "dumb"}}}) {
    const Workspace workspace;
    Terminal terminal(run_in(workspace, {"--rate", "1000/s"}), 80, Screen::Resizing::reflow, environment);
    BOOST_TEST(terminal.wait() == 0);
    BOOST_TEST(terminal.output().find("\x1b[J") == std::string::npos);
    BOOST_TEST(terminal.output().find("[=") == std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()
