// Exports that are killed, interrupted or out of disk, with the real binary: the same command continues them.
#include "ending_signals.hpp"
#include "exports.hpp"
#include "fault_gate.hpp"
#include "preload.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <csignal>
#include <filesystem>
#include <string>

using namespace koobatch::test;
using namespace koobatch::test::exports;

namespace {

/// Kills an export at the first, second, … of such calls and continues it, until there are no more. Returns how many
/// there were.
std::size_t kill_everywhere(const House& house, const std::string& kind, const Texts& flags) {
  const auto whole = items_of(house.state(flags));
  BOOST_TEST((whole == house.present()));
  for (std::size_t step = 1; step < 200; ++step) {
    BOOST_TEST_CONTEXT(kind << step) {
      std::filesystem::remove(house.out);
      const auto killed = house.run(flags, with_fault("KOOBATCH_IO_FAULT", kind + std::to_string(step)));
      if (killed.status == 0) return step - 1;
      BOOST_TEST(killed.status == 128 + SIGKILL, killed.err);
      BOOST_TEST(!std::filesystem::exists(house.out));
      BOOST_TEST((items_of(house.state(flags)) == whole));
    }
  }
  BOOST_TEST(false, "it is killed for ever");
  return 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(export_killed)

BOOST_AUTO_TEST_CASE(an_export_that_is_killed_at_any_request_is_continued_by_the_same_command) {
  const House house({"--items", "2600,users=2,albums=500"});
  const auto users = house.workspace.write("users", "42\n43\n");
  // Two users with five lists each, some of several pages.
  BOOST_TEST(kill_everywhere(house, "kill:send:", {"--users", users, "--connections", "1", "--http", "1.1"}) >= 20U);
}

BOOST_AUTO_TEST_CASE(an_export_that_is_killed_at_any_write_or_within_it_is_continued_by_the_same_command) {
  // Slow enough that each page is written on its own.
  const House house({"--items", "1500,albums=400", "--latency", "21ms"});
  const Texts flags = {"--user-id", "42", "--connections", "1", "--http", "1.1"};
  for (const std::string kind : {"kill:write:", "tear:write:"}) BOOST_TEST(kill_everywhere(house, kind, flags) > 4U);
}

BOOST_AUTO_TEST_CASE(what_a_killed_export_has_read_is_not_read_again) {
  const House house({"--items", "500,users=10", "--latency", "20ms"});
  const Texts flags = {"--users", house.ten_users(), "--connections", "1", "--http", "1.1"};
  constexpr std::size_t known = 10;
  house.kill_after(R"("type":"result")", known, flags);
  const auto before = std::stoul(house.count("reads"));
  const auto continued = house.run(flags);
  BOOST_TEST(continued.status == 0, continued.err);
  CHECK_HAS(continued.err, "continuing the export that was begun at 20");
  BOOST_TEST((items_of(house.workspace.read("report.state.ndjson")) == house.present()));
  // Fifty lists, each with a confirmation.
  BOOST_TEST(std::stoul(house.count("reads")) - before <= 2 * (50 - known));
}

BOOST_AUTO_TEST_CASE(an_interrupted_export_says_how_to_continue) {
  const House house({"--items", "500,users=10", "--latency", "20ms"});
  const Texts flags = {"--users", house.ten_users(), "--connections", "1", "--http", "1.1"};
  for (const int signal : ending_signals()) {
    const auto finished = house.interrupt(signal, flags);
    BOOST_TEST(finished.status == 128 + signal, finished.out << finished.err);
    CHECK_HAS(finished.err, "of 50 lists done so far; to continue, run the same 'koobatch export' again");
    BOOST_TEST(!contains(finished.err, "koobatch resume"), finished.err);
    BOOST_TEST(!std::filesystem::exists(house.out));
    BOOST_TEST(std::filesystem::exists(house.journal));
  }
  BOOST_TEST((items_of(house.state(flags)) == house.present()));
}

BOOST_AUTO_TEST_CASE(a_service_that_goes_away_stops_the_export_and_the_same_command_continues_it) {
  const House house({"--items", "500,users=10", "--latency", "20ms"});
  FaultGate gate(house.service.url());
  const auto reads = [&](std::size_t more) { return house.number("reads") + more; };
  Texts command = {KOOBATCH_BINARY, "export",  "--endpoint",      gate.url(),   "--token-env", "TOKEN",         "--out",
                   house.out,       "--users", house.ten_users(), "--progress", "none",        "--connections", "1",
                   "--max-outage",  "1s"};
  {
    const auto enough = reads(10);
    Process process(command, token);
    while (house.number("reads") < enough) ::usleep(1'000);
    gate.redirect("http://127.0.0.1:1");
    const auto stopped = process.wait();
    BOOST_TEST(stopped.status == 5, stopped.out << stopped.err);
    CHECK_HAS(stopped.err, "run the same 'koobatch export' again");
    BOOST_TEST(!std::filesystem::exists(house.out));
  }
  gate.redirect(house.service.url());
  const auto continued = Process(command, token).wait();
  BOOST_TEST(continued.status == 0, continued.out << continued.err);
  CHECK_HAS(continued.err, "continuing the export");
  BOOST_TEST((items_of(house.workspace.read("report.state.ndjson")) == house.present()));
}

BOOST_AUTO_TEST_CASE(a_full_disk_loses_nothing_that_was_read) {
  const House house({"--items", "2600,users=2,albums=500"});
  const Texts flags = {"--users", house.workspace.write("users", "42\n43\n"), "--connections", "1", "--http", "1.1"};
  bool was_full_at_the_end = false;
  for (int step = 2;; ++step) {
    BOOST_TEST_CONTEXT("write " << step) {
      std::filesystem::remove(house.out);
      std::filesystem::remove(house.journal);
      const auto full = house.run(flags, with_fault("KOOBATCH_IO_FAULT", fmt::format("fail=28:write:{}", step)));
      if (full.status == 0) break;
      BOOST_TEST(full.status == 5, full.out << full.err);
      CHECK_HAS(full.err, "No space left on device");
      CHECK_HAS(full.err, "the same 'koobatch export' again");
      BOOST_TEST(!std::filesystem::exists(house.out));
      was_full_at_the_end = contains(full.err, "everything was read");
      const auto reads = house.count("reads");
      BOOST_TEST((items_of(house.state(flags)) == house.present()));
      if (was_full_at_the_end) BOOST_TEST(house.count("reads") == reads);
    }
    BOOST_TEST_REQUIRE(step < 200);
  }
  BOOST_TEST(was_full_at_the_end);
}

BOOST_AUTO_TEST_CASE(a_damaged_journal_is_refused) {
  const House house({"--items", "2500,users=2", "--latency", "20ms"});
  const Texts flags = {"--user-id", "42", "--connections", "1", "--http", "1.1"};
  const auto journal = house.kill_after(R"("type":"result")", 2, flags);
  BOOST_TEST_REQUIRE(contains(journal, "\"items\":[{\"type\""));
  // Each line has a sum, but that does not show which lines are missing.
  const auto first_page = journal.find(R"({"type":"read")");
  BOOST_TEST_REQUIRE(first_page < journal.find(R"({"type":"result")"));
  house.workspace.write("report.state.ndjson.part",
                        std::string(journal).erase(first_page, journal.find('\n', first_page) + 1 - first_page));
  const auto shortened = house.run(flags);
  BOOST_TEST(shortened.status == 2, shortened.out << shortened.err);
  CHECK_HAS(shortened.err, "ends a list of which pages were removed");
  BOOST_TEST(!std::filesystem::exists(house.out));
  house.workspace.write("report.state.ndjson.part",
                        boost::replace_first_copy(journal, "\"items\":[{\"type\"", "\"items\":[{\"tyqe\""));
  const auto damaged = house.run(flags);
  BOOST_TEST(damaged.status == 2, damaged.out << damaged.err);
  CHECK_HAS(damaged.err, "damaged");
  BOOST_TEST(!std::filesystem::exists(house.out));
  house.workspace.write("report.state.ndjson.part", journal);
  BOOST_TEST(items_of(house.state(flags)).size() == 1250U);
}

BOOST_AUTO_TEST_SUITE_END()
