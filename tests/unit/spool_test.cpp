#include "koobatch/process/spool.hpp"

#include "job_support.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <array>
#include <iterator>

using namespace koobatch;
using namespace koobatch::process;
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
  struct stat info{};
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
  struct stat info{};
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

BOOST_AUTO_TEST_CASE(what_can_be_read_only_once_is_known_by_its_kind) {
  const TemporaryFolder folder;
  const auto pipe = folder.path() / "pipe";
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  for (const auto& job : {std::filesystem::path("-"), std::filesystem::path("/dev/stdin"),
                          std::filesystem::path("/dev/fd/63"), std::filesystem::path("/proc/self/fd/0"), pipe}) {
    BOOST_TEST(is_stream(job), job.string());
  }
  for (const auto& job : {folder.write("file", ""), folder.path(), folder.path() / "none",
                          std::filesystem::path("/dev/null"), std::filesystem::path("/dev/fd/x")}) {
    BOOST_TEST(!is_stream(job), job.string());
  }
  BOOST_TEST(stream_name("-") == "standard input");
  BOOST_TEST(stream_name(pipe) == pipe.string());
}

BOOST_AUTO_TEST_CASE(a_pipe_is_copied_from_its_name_or_the_descriptor_that_was_passed) {
  const Pipe passed("some job\n");
  auto stream = open_stream(fmt::format("/dev/fd/{}", passed.ends[0]));
  BOOST_REQUIRE(stream);
  BOOST_TEST(stream->get() != passed.ends[0]);
  auto made = Spool::temporary("the pipe");
  BOOST_TEST(made->fill(stream->get(), never).value());
  BOOST_TEST(content_of(made->path()) == "some job\n");
}

BOOST_AUTO_TEST_CASE(a_pipe_is_opened_without_waiting_and_read_once_its_writer_comes) {
  const TemporaryFolder folder;
  const auto pipe = folder.path() / "pipe";
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  const auto stream = open_stream(pipe);
  BOOST_REQUIRE(stream);
  auto made = Spool::temporary(pipe.string());
  int asked = 0;
  BOOST_TEST(!made->fill(stream->get(), [&] { return ++asked > 1; }).value(), "no writer is no end");
  const int writer = ::open(pipe.c_str(), O_WRONLY | O_CLOEXEC);
  BOOST_REQUIRE(::write(writer, "job", 3) == 3);
  ::close(writer);
  BOOST_TEST(made->fill(stream->get(), never).value());
  BOOST_TEST(content_of(made->path()) == "job");
}

BOOST_AUTO_TEST_CASE(a_stream_that_cannot_be_opened_is_a_usage_error_with_its_name) {
  const auto opened = open_stream("/dev/fd/987");
  BOOST_REQUIRE(!opened);
  BOOST_CHECK(opened.error().kind == ErrorKind::usage);
  BOOST_TEST(opened.error().message == "/dev/fd/987: cannot be read; nothing was sent: Bad file descriptor");
}

BOOST_AUTO_TEST_SUITE_END()
