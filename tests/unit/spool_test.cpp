#include "koobatch/cli/spool.hpp"

#include "job_support.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <array>
#include <iterator>

using namespace koobatch;
using namespace koobatch::cli;
using job_support::TemporaryFolder;

namespace {

bool never() {
  return false;
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  BOOST_REQUIRE(file);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// A pipe that holds `text`; its writing end is closed, unless the rest is still to come.
struct Pipe {
  explicit Pipe(std::string_view text, bool complete = true) {
    BOOST_REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    BOOST_REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    if (complete) close_end(1);
  }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void close_end(std::size_t i) {
    if (ends[i] >= 0) ::close(ends[i]);
    ends[i] = -1;
  }
  std::array<int, 2> ends{};
};

}  // namespace

BOOST_AUTO_TEST_SUITE(spool)

BOOST_AUTO_TEST_CASE(a_spool_is_named_after_its_report) {
  BOOST_TEST(spool_path("out/stdin.report.ndjson") == "out/stdin.report.ndjson.job");
}

BOOST_AUTO_TEST_CASE(a_kept_spool_holds_what_came_byte_for_byte_for_its_owner_alone) {
  const TemporaryFolder folder;
  const auto report = folder.path() / "r";
  const std::string text("a\r\n\0\x1f\x8b", 6);
  {
    const Pipe pipe(text);
    auto made = Spool::beside(report);
    BOOST_REQUIRE(made);
    BOOST_TEST(made->fill(pipe.ends[0], never).value());
    made->keep();
  }
  BOOST_TEST(content_of(spool_path(report)) == text);
  struct stat info {};
  BOOST_REQUIRE(::stat(spool_path(report).c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 07777) == 0600U);
}

BOOST_AUTO_TEST_CASE(a_spool_that_nobody_keeps_is_removed_once) {
  const TemporaryFolder folder;
  {
    auto made = Spool::beside(folder.path() / "r");
    BOOST_REQUIRE(made);
    const Spool moved = std::move(*made);
    BOOST_TEST(std::filesystem::exists(moved.path()));
  }
  BOOST_TEST(std::filesystem::is_empty(folder.path()));
}

BOOST_AUTO_TEST_CASE(an_existing_file_is_neither_overwritten_nor_removed) {
  const TemporaryFolder folder;
  const auto precious = folder.write("r.job", "precious");
  {
    const auto made = Spool::beside(folder.path() / "r");
    BOOST_REQUIRE(!made);
    BOOST_CHECK(made.error().kind == ErrorKind::usage);
    BOOST_TEST(made.error().message.starts_with(precious.string() + ": exists already"), made.error().message);
  }
  BOOST_TEST(content_of(precious) == "precious");
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_there_is_named_with_the_cause) {
  const TemporaryFolder folder;
  const auto made = Spool::beside(folder.path() / "none" / "r");
  BOOST_REQUIRE(!made);
  BOOST_CHECK(made.error().kind == ErrorKind::usage);
  BOOST_TEST(made.error().message.find("none/r.job") != std::string::npos, made.error().message);
  BOOST_TEST(made.error().message.ends_with("No such file or directory"), made.error().message);
}

BOOST_AUTO_TEST_CASE(a_temporary_spool_can_be_read_again_and_again_and_has_no_name) {
  auto made = Spool::temporary();
  BOOST_REQUIRE(made);
  const Pipe pipe("some job\n");
  BOOST_TEST(made->fill(pipe.ends[0], never).value());
  for (int i = 0; i < 2; ++i) BOOST_TEST(content_of(made->path()) == "some job\n");
  struct stat info {};
  BOOST_REQUIRE(::stat(made->path().c_str(), &info) == 0);
  BOOST_TEST(info.st_nlink == 0U);
  BOOST_TEST((info.st_mode & 07777) == 0600U);
}

BOOST_AUTO_TEST_CASE(who_stops_it_is_not_left_waiting_for_more_input) {
  auto made = Spool::temporary();
  BOOST_REQUIRE(made);
  const Pipe pipe("half a j", false);
  int asked = 0;
  BOOST_TEST(!made->fill(pipe.ends[0], [&] { return ++asked > 1; }).value());
  BOOST_TEST(content_of(made->path()) == "half a j");
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_is_a_usage_error) {
  const TemporaryFolder folder;
  auto made = Spool::temporary();
  BOOST_REQUIRE(made);
  const int directory = ::open(folder.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const auto filled = made->fill(directory, never);
  ::close(directory);
  BOOST_REQUIRE(!filled);
  BOOST_CHECK(filled.error().kind == ErrorKind::usage);
  BOOST_TEST(filled.error().message == "standard input: cannot be read; nothing was sent: Is a directory");
}

BOOST_AUTO_TEST_SUITE_END()
