#include "koobatch/report/journal_file.hpp"

#include "report_samples.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

using namespace koobatch;
using namespace koobatch::report;

namespace {

using samples::content;
using samples::Folder;

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

Error error_of(const Result<std::unique_ptr<JournalFile>>& created) {
  BOOST_REQUIRE(!created);
  return created.error();
}

/// No file of this process may grow past `bytes` while this lives: a full disk, as far as write() shows it.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    BOOST_REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  void (*handler_)(int);
  rlimit before_{};
};

/// Root may write everywhere: for as long as this lives, the process is somebody else.
class NoPrivileges {
 public:
  NoPrivileges() : before_(::geteuid()) {
    if (before_ == 0) BOOST_REQUIRE(::seteuid(65534) == 0);
  }
  ~NoPrivileges() { BOOST_TEST(::seteuid(before_) == 0); }
  NoPrivileges(const NoPrivileges&) = delete;
  NoPrivileges& operator=(const NoPrivileges&) = delete;

 private:
  uid_t before_;
};

/// A foreign hold on a report: flock belongs to the open file, so this works within one process.
class ForeignLock {
 public:
  explicit ForeignLock(const std::filesystem::path& path) : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
    BOOST_REQUIRE(::flock(fd_, LOCK_EX | LOCK_NB) == 0);
  }
  ~ForeignLock() { ::close(fd_); }
  ForeignLock(const ForeignLock&) = delete;
  ForeignLock& operator=(const ForeignLock&) = delete;

 private:
  int fd_;
};

bool can_lock(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool locked = ::flock(fd, LOCK_EX | LOCK_NB) == 0;
  ::close(fd);
  return locked;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_file)

BOOST_AUTO_TEST_CASE(a_new_report_holds_its_first_lines_and_is_alone_in_its_folder) {
  const Folder folder;
  const auto created = create_report(folder / "r.ndjson", "first\n");
  BOOST_REQUIRE(created);
  BOOST_TEST(folder.names() == std::vector<std::string>{"r.ndjson"}, boost::test_tools::per_element());
  BOOST_TEST(content(folder / "r.ndjson") == "first\n");
}

BOOST_AUTO_TEST_CASE(what_is_appended_goes_to_the_end) {
  const Folder folder;
  const auto created = create_report(folder / "r.ndjson", "first\n");
  BOOST_REQUIRE(created);
  BOOST_TEST((*created)->append("second\n").has_value());
  BOOST_TEST((*created)->append("").has_value());
  BOOST_TEST((*created)->append("third\n").has_value());
  BOOST_TEST((*created)->sync().has_value());
  BOOST_TEST(content(folder / "r.ndjson") == "first\nsecond\nthird\n");
}

BOOST_AUTO_TEST_CASE(others_may_read_the_report_as_far_as_the_umask_lets_them) {
  const Folder folder;
  const mode_t before = ::umask(027);
  const auto created = create_report(folder / "r.ndjson", "first\n");
  ::umask(before);
  BOOST_REQUIRE(created);
  struct stat status {};
  BOOST_REQUIRE(::stat((folder / "r.ndjson").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777U) == 0640U);
}

BOOST_AUTO_TEST_CASE(a_report_is_held_as_long_as_its_journal_lives) {
  const Folder folder;
  const auto path = folder / "r.ndjson";
  auto created = create_report(path, "first\n");
  BOOST_REQUIRE(created);
  BOOST_TEST(!can_lock(path));
  created->reset();
  BOOST_TEST(can_lock(path));
}

BOOST_AUTO_TEST_CASE(children_do_not_inherit_the_report) {
  const Folder folder;
  const auto created = create_report(folder / "r.ndjson", "first\n");
  BOOST_REQUIRE(created);
  struct stat report {};
  BOOST_REQUIRE(::stat((folder / "r.ndjson").c_str(), &report) == 0);
  int found = 0;
  for (int fd = 3; fd < 256; ++fd) {
    struct stat status {};
    if (::fstat(fd, &status) != 0 || status.st_ino != report.st_ino || status.st_dev != report.st_dev) continue;
    ++found;
    BOOST_TEST((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
  }
  BOOST_TEST(found == 1);
}

BOOST_AUTO_TEST_CASE(an_existing_report_is_never_replaced) {
  const Folder folder;
  const auto path = folder / "my report.ndjson";
  std::ofstream(path) << "precious\n";
  const Error error = error_of(create_report(path, "first\n"));
  BOOST_TEST((error.kind == ErrorKind::usage));
  BOOST_TEST(contains(error.message, path.string() + ": a report of this name exists already"));
  BOOST_TEST(contains(error.message, "'koobatch resume '" + path.string() + "''"));
  BOOST_TEST(contains(error.message, "--report"));
  BOOST_TEST(content(path) == "precious\n");
  BOOST_TEST(folder.names().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_dangling_link_is_not_written_through) {
  const Folder folder;
  std::filesystem::create_symlink(folder / "elsewhere", folder / "r.ndjson");
  BOOST_TEST(contains(error_of(create_report(folder / "r.ndjson", "first\n")).message, "is no regular file"));
  BOOST_TEST(!std::filesystem::exists(folder / "elsewhere"));
}

BOOST_AUTO_TEST_CASE(a_place_that_cannot_hold_a_report_is_a_usage_error_that_says_why) {
  const Folder folder;
  const auto message = [](const std::filesystem::path& path) {
    const Error error = error_of(create_report(path, "first\n"));
    BOOST_TEST((error.kind == ErrorKind::usage));
    BOOST_TEST(contains(error.message, path.string() + ": "));
    BOOST_TEST(contains(error.message, "--report"));
    return error.message;
  };
  BOOST_TEST(contains(message(folder / "missing" / "r.ndjson"), "No such file or directory"));
  BOOST_TEST(contains(message(folder.path()), "is a folder"));
  BOOST_TEST(contains(message(folder.path() / ""), "is not the name of a file"));
  BOOST_TEST(contains(message(folder / std::string(300, 'x')), "File name too long"));
  std::ofstream(folder / "file") << "";
  BOOST_TEST(contains(message(folder / "file" / "r.ndjson"), "Not a directory"));
  BOOST_TEST(folder.names() == std::vector<std::string>{"file"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_folder_without_permission_is_a_usage_error) {
  const Folder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  const NoPrivileges nobody;
  const Error error = error_of(create_report(folder / "r.ndjson", "first\n"));
  BOOST_TEST((error.kind == ErrorKind::usage));
  BOOST_TEST(contains(error.message, "cannot create the report: Permission denied"));
}

BOOST_AUTO_TEST_CASE(a_disk_that_is_full_from_the_start_leaves_nothing_behind) {
  const Folder folder;
  const FileSizeLimit limit(3);
  const Error error = error_of(create_report(folder / "r.ndjson", "first\n"));
  BOOST_TEST((error.kind == ErrorKind::usage));
  BOOST_TEST(contains(error.message, "r.ndjson: write failed: File too large; nothing was sent"));
  BOOST_TEST(folder.names().empty());
}

BOOST_AUTO_TEST_CASE(a_disk_that_fills_up_names_path_cause_and_remedy) {
  const Folder folder;
  const auto path = folder / "r.ndjson";
  const auto created = create_report(path, "first\n");
  BOOST_REQUIRE(created);
  const FileSizeLimit limit(10);
  // The first write is cut short at the limit and continued; only then is there an error.
  const auto appended = (*created)->append("second\n");
  BOOST_REQUIRE(!appended);
  BOOST_TEST((appended.error().kind == ErrorKind::fatal));
  BOOST_TEST(appended.error().message ==
             path.string() + ": write failed: File too large; free some space and run 'koobatch resume " +
                 path.string() + "'");
  BOOST_TEST(content(path) == "first\nseco");
}

BOOST_AUTO_TEST_CASE(a_report_is_gone_on_with_from_where_it_is_valid) {
  const Folder folder;
  const auto path = folder / "r.ndjson";
  std::ofstream(path) << "first\nto";
  auto locked = LockedReport::open(path);
  BOOST_REQUIRE(locked);
  BOOST_TEST(!can_lock(path));
  BOOST_TEST(content(path) == "first\nto");
  {
    const auto journal = std::move(*locked).append_from(6);
    BOOST_REQUIRE(journal);
    BOOST_TEST((*journal)->append("second\n").has_value());
    BOOST_TEST((*journal)->sync().has_value());
    BOOST_TEST(content(path) == "first\nsecond\n");
    BOOST_TEST(!can_lock(path));
  }
  BOOST_TEST(can_lock(path));
}

BOOST_AUTO_TEST_CASE(a_lock_that_is_not_used_is_given_back) {
  const Folder folder;
  const auto path = folder / "r.ndjson";
  std::ofstream(path) << "first\n";
  { BOOST_TEST(LockedReport::open(path).has_value()); }
  BOOST_TEST(can_lock(path));
  BOOST_TEST(content(path) == "first\n");
}

BOOST_AUTO_TEST_CASE(a_report_that_another_process_holds_is_refused) {
  const Folder folder;
  const auto path = folder / "r.ndjson";
  std::ofstream(path) << "first\n";
  const ForeignLock other(path);
  const auto locked = LockedReport::open(path);
  BOOST_REQUIRE(!locked);
  BOOST_TEST((locked.error().kind == ErrorKind::usage));
  BOOST_TEST(locked.error().message ==
             path.string() + ": another koobatch is working on this report; wait for it to end, or stop it first");
}

BOOST_AUTO_TEST_CASE(a_report_that_is_not_there_cannot_be_gone_on_with) {
  const Folder folder;
  const auto missing = LockedReport::open(folder / "r.ndjson");
  BOOST_REQUIRE(!missing);
  BOOST_TEST(contains(missing.error().message, "No such file or directory"));
  const auto directory = LockedReport::open(folder.path());
  BOOST_REQUIRE(!directory);
  BOOST_TEST(contains(directory.error().message, "is a folder"));
  BOOST_TEST(folder.names().empty());
}

BOOST_AUTO_TEST_CASE(what_is_no_file_is_refused_without_waiting_for_it) {
  const Folder folder;
  BOOST_REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  const auto locked = LockedReport::open(folder / "pipe");
  BOOST_REQUIRE(!locked);
  BOOST_TEST((locked.error().kind == ErrorKind::usage));
}

BOOST_AUTO_TEST_CASE(a_report_that_became_shorter_is_not_filled_up) {
  const Folder folder;
  const auto path = folder / "r.ndjson";
  std::ofstream(path) << "first\n";
  auto locked = LockedReport::open(path);
  BOOST_REQUIRE(locked);
  const auto journal = std::move(*locked).append_from(100);
  BOOST_REQUIRE(!journal);
  BOOST_TEST(contains(journal.error().message, "became shorter"));
  BOOST_TEST(content(path) == "first\n");
}

BOOST_AUTO_TEST_CASE(a_command_to_copy_is_quoted_where_a_shell_needs_it) {
  BOOST_TEST(resume_command("jobs/r-1.report.ndjson") == "koobatch resume jobs/r-1.report.ndjson");
  BOOST_TEST(resume_command("my report") == "koobatch resume 'my report'");
  BOOST_TEST(resume_command("it's") == "koobatch resume 'it'\\''s'");
  BOOST_TEST(resume_command("-r") == "koobatch resume ./-r");
  BOOST_TEST(report_command("my report") == "koobatch report 'my report'");
  BOOST_TEST(status_command("my report") == "koobatch status 'my report'");
}

BOOST_AUTO_TEST_SUITE_END()
