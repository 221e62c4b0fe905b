#include "koobatch/report/journal_file.hpp"

#include "contains.hpp"
#include "report_samples.hpp"

#include "koobatch/core/spelling.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

using namespace koobatch;
using namespace koobatch::report;
using koobatch::test::contains;

namespace {

using samples::content;
using samples::Folder;

Error error_of(const Result<std::unique_ptr<JournalFile>>& created) {
  BOOST_REQUIRE(!created);
  return created.error();
}

/// Limits how far files of this process may grow: a full disk, as far as write() is concerned.
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

/// Root may write everywhere, so the process gives up its privileges during the lifetime of this object.
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

/// Another process's lock on a report. flock belongs to the open file, so this works within one process.
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

/// A report with two recorded lines, for tests in which something happens to its name.
struct Kept {
  Kept() {
    auto created = create_report(path, "first\n");
    BOOST_REQUIRE(created);
    journal = std::move(*created);
    BOOST_REQUIRE(journal->append("second\n"));
    BOOST_REQUIRE(journal->sync());
    BOOST_REQUIRE(journal->check());
  }

  /// The error with which the next group fails. Checks that the file itself is left untouched.
  std::string complaint() {
    std::error_code unreachable;
    const std::string before = std::filesystem::is_regular_file(path, unreachable) ? content(path) : std::string();
    const auto appended = journal->append("third\n");
    BOOST_REQUIRE(!appended);
    BOOST_TEST(appended.error().kind == ErrorKind::fatal);
    BOOST_TEST(journal->lost());
    BOOST_TEST(appended.error().message.starts_with(path.string() + ": "), appended.error().message);
    BOOST_TEST(contains(appended.error().message, "nothing more is sent"), appended.error().message);
    BOOST_REQUIRE(appended.error().next_step);
    BOOST_TEST(contains(appended.error().message, "'" + spell(*appended.error().next_step) + "'"));
    if (!before.empty()) BOOST_TEST(content(path) == before);
    return appended.error().message;
  }
  void require_complaint(std::string_view what) {
    const auto said = complaint();
    BOOST_TEST(contains(said, what), said << " lacks " << what);
  }
  void require_in_order() {
    BOOST_TEST(journal->append("third\n").has_value());
    BOOST_TEST(journal->sync().has_value());
    BOOST_TEST(journal->check().has_value());
    BOOST_TEST(!journal->lost());
  }
  /// The content of the journal's own file.
  std::string remains() const { return content(journal->remains().path); }

  Folder root;
  std::filesystem::path folder = (std::filesystem::create_directory(root / "f"), root / "f");
  std::filesystem::path path = folder / "r.ndjson";
  std::unique_ptr<JournalFile> journal;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(journal_file)

BOOST_AUTO_TEST_CASE(a_new_report_holds_its_first_lines_and_leaves_no_other_file) {
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

BOOST_AUTO_TEST_CASE(others_may_read_the_report_as_far_as_the_umask_allows) {
  const Folder folder;
  const mode_t before = ::umask(027);
  const auto created = create_report(folder / "r.ndjson", "first\n");
  ::umask(before);
  BOOST_REQUIRE(created);
  struct stat status{};
  BOOST_REQUIRE(::stat((folder / "r.ndjson").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777U) == 0640U);
}

BOOST_AUTO_TEST_CASE(a_report_is_locked_during_the_lifetime_of_its_journal) {
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
  struct stat report{};
  BOOST_REQUIRE(::stat((folder / "r.ndjson").c_str(), &report) == 0);
  int found = 0;
  for (int fd = 3; fd < 256; ++fd) {
    struct stat status{};
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
  BOOST_TEST(error.kind == ErrorKind::usage);
  BOOST_TEST(contains(error.message, path.string() + ": a report of this name exists already"));
  BOOST_TEST(contains(error.message, "'koobatch resume '" + path.string() + "''"));
  BOOST_REQUIRE(error.next_step);
  BOOST_TEST((*error.next_step == NextStep{.command = CommandName::resume, .report = path.string()}));
  BOOST_TEST(contains(error.message, "--report"));
  BOOST_TEST(content(path) == "precious\n");
  BOOST_TEST(folder.names().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_dangling_link_is_not_written_through) {
  const Folder folder;
  std::filesystem::create_symlink(folder / "elsewhere", folder / "r.ndjson");
  BOOST_TEST(contains(error_of(create_report(folder / "r.ndjson", "first\n")).message, "is not a regular file"));
  BOOST_TEST(!std::filesystem::exists(folder / "elsewhere"));
}

BOOST_AUTO_TEST_CASE(a_place_that_cannot_hold_a_report_is_a_usage_error_that_says_why) {
  const Folder folder;
  const auto message = [](const std::filesystem::path& path) {
    const Error error = error_of(create_report(path, "first\n"));
    BOOST_TEST(error.kind == ErrorKind::usage);
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
  BOOST_TEST(error.kind == ErrorKind::usage);
  BOOST_TEST(contains(error.message, "cannot create the report: Permission denied"));
}

BOOST_AUTO_TEST_CASE(a_disk_that_is_full_from_the_start_leaves_nothing_behind) {
  const Folder folder;
  const FileSizeLimit limit(3);
  const Error error = error_of(create_report(folder / "r.ndjson", "first\n"));
  BOOST_TEST(error.kind == ErrorKind::usage);
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
  BOOST_TEST(appended.error().kind == ErrorKind::fatal);
  BOOST_TEST(appended.error().message ==
             path.string() + ": write failed: File too large; free some space and run 'koobatch resume " +
                 path.string() + "'");
  BOOST_REQUIRE(appended.error().next_step);
  BOOST_TEST((*appended.error().next_step == NextStep{.command = CommandName::resume, .report = path.string()}));
  BOOST_TEST(content(path) == "first\nseco");
}

BOOST_AUTO_TEST_CASE(a_report_is_continued_from_where_it_is_valid) {
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

BOOST_AUTO_TEST_CASE(an_unused_lock_is_released) {
  const Folder folder;
  const auto path = folder / "r.ndjson";
  std::ofstream(path) << "first\n";
  {
    BOOST_TEST(LockedReport::open(path).has_value());
  }
  BOOST_TEST(can_lock(path));
  BOOST_TEST(content(path) == "first\n");
}

BOOST_AUTO_TEST_CASE(a_report_locked_by_another_process_is_refused) {
  const Folder folder;
  const auto path = folder / "r.ndjson";
  std::ofstream(path) << "first\n";
  const ForeignLock other(path);
  const auto locked = LockedReport::open(path);
  BOOST_REQUIRE(!locked);
  BOOST_TEST(locked.error().kind == ErrorKind::usage);
  BOOST_TEST(locked.error().message ==
             path.string() + ": another koobatch is working on this report; wait for it to end, or stop it first");
}

BOOST_AUTO_TEST_CASE(a_missing_report_cannot_be_continued) {
  const Folder folder;
  const auto missing = LockedReport::open(folder / "r.ndjson");
  BOOST_REQUIRE(!missing);
  BOOST_TEST(contains(missing.error().message, "No such file or directory"));
  const auto directory = LockedReport::open(folder.path());
  BOOST_REQUIRE(!directory);
  BOOST_TEST(contains(directory.error().message, "is a folder"));
  BOOST_TEST(folder.names().empty());
}

BOOST_AUTO_TEST_CASE(anything_but_a_regular_file_is_refused_without_waiting) {
  const Folder folder;
  BOOST_REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  const auto locked = LockedReport::open(folder / "pipe");
  BOOST_REQUIRE(!locked);
  BOOST_TEST(locked.error().kind == ErrorKind::usage);
}

BOOST_AUTO_TEST_CASE(a_report_that_became_shorter_is_not_padded) {
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

// What happens to a report during its run

BOOST_FIXTURE_TEST_CASE(a_report_that_is_removed_is_noticed_before_the_next_group, Kept) {
  std::filesystem::remove(path);
  require_complaint(": the report was removed while the run wrote it; what was recorded is gone with it");
  BOOST_TEST(journal->remains().path.empty());
  BOOST_TEST(!std::filesystem::exists(path));
}

BOOST_FIXTURE_TEST_CASE(a_report_whose_folder_is_removed_is_noticed, Kept) {
  std::filesystem::remove_all(folder);
  require_complaint("the report was removed while the run wrote it, and its folder with it");
}

BOOST_FIXTURE_TEST_CASE(a_report_that_is_emptied_is_noticed_and_not_written_to, Kept) {
  std::filesystem::resize_file(path, 0);
  require_complaint(
      "the report was emptied while the run wrote it, as log rotation with copytruncate does; the 13 bytes");
  BOOST_TEST(remains() == "");
}

BOOST_FIXTURE_TEST_CASE(a_report_that_is_cut_in_the_middle_is_noticed, Kept) {
  std::filesystem::resize_file(path, 9);
  require_complaint("the report was cut from 13 bytes to 9 bytes");
  BOOST_TEST(remains() == "first\nsec");
}

BOOST_FIXTURE_TEST_CASE(a_report_without_its_first_line_counts_as_lost, Kept) {
  std::filesystem::resize_file(path, 1);
  require_complaint("the report was cut off or overwritten");
}

BOOST_FIXTURE_TEST_CASE(a_report_that_something_else_wrote_to_comes_with_advice_where_to_cut, Kept) {
  std::ofstream(path, std::ios::app) << "foreign\n";
  require_complaint(
      "its first 13 bytes are what was recorded, and nothing more is sent; stop what writes there, cut off "
      "the rest with 'truncate -s 13 " +
      path.string() + "', and run 'koobatch resume " + path.string());
}

BOOST_FIXTURE_TEST_CASE(an_overwritten_longer_report_is_not_said_to_hold_what_was_recorded, Kept) {
  std::ofstream(path) << "first\nsomething else\n";
  require_complaint(
      "the report was cut off or overwritten while the run wrote it; the 13 bytes recorded are no longer in it");
}

BOOST_FIXTURE_TEST_CASE(a_moved_report_is_found, Kept) {
  std::filesystem::rename(path, root / "moved");
  require_complaint("the report was moved while the run wrote it; the report itself is " + (root / "moved").string() +
                    " now and holds what was recorded, and nothing more is sent; run 'koobatch resume " +
                    (root / "moved").string() + "'");
  BOOST_TEST(remains() == "first\nsecond\n");
}

BOOST_FIXTURE_TEST_CASE(a_moved_and_emptied_report_is_not_said_to_hold_what_was_recorded, Kept) {
  std::filesystem::rename(path, root / "moved");
  std::filesystem::resize_file(root / "moved", 0);
  require_complaint("has 0 bytes where 13 bytes were recorded, so that it may not hold all of them");
}

BOOST_FIXTURE_TEST_CASE(a_report_whose_folder_was_moved_is_found_there, Kept) {
  std::filesystem::rename(folder, root / "g");
  require_complaint("the report's folder was moved while the run wrote it; the report itself is " +
                    (root / "g" / "r.ndjson").string() + " now");
}

BOOST_FIXTURE_TEST_CASE(a_copy_in_the_place_of_the_folder_is_not_the_report, Kept) {
  std::filesystem::rename(folder, root / "g");
  std::filesystem::copy(root / "g", folder);
  require_complaint("another file took the report's place while the run wrote it; the report itself is " +
                    (root / "g" / "r.ndjson").string() + " now");
}

BOOST_FIXTURE_TEST_CASE(a_file_renamed_over_the_report_is_not_the_report, Kept) {
  std::ofstream(root / "other") << content(path);
  std::filesystem::rename(root / "other", path);
  require_complaint("another file took the report's place while the run wrote it; what was recorded is gone with it");
  BOOST_TEST(journal->remains().path.empty());
}

BOOST_FIXTURE_TEST_CASE(a_link_to_another_file_is_not_the_report, Kept) {
  std::ofstream(root / "other") << content(path);
  std::filesystem::remove(path);
  std::filesystem::create_symlink(root / "other", path);
  require_complaint("a symbolic link to " + (root / "other").string() + " took the report's place");
}

BOOST_FIXTURE_TEST_CASE(a_link_to_nothing_is_not_the_report, Kept) {
  std::filesystem::remove(path);
  std::filesystem::create_symlink("nothing", path);
  require_complaint("a symbolic link to nothing took the report's place");
}

BOOST_FIXTURE_TEST_CASE(a_link_to_the_moved_report_is_as_good_as_the_report, Kept) {
  std::filesystem::rename(path, root / "moved");
  std::filesystem::create_symlink(root / "moved", path);
  require_in_order();
  BOOST_TEST(content(path) == "first\nsecond\nthird\n");
}

BOOST_FIXTURE_TEST_CASE(a_report_with_another_hard_link_is_said_to_exist, Kept) {
  std::filesystem::create_hard_link(path, root / "second");
  std::filesystem::remove(path);
  require_complaint("the report disappeared from its place while the run wrote it; its file still exists");
  BOOST_TEST(remains() == "first\nsecond\n");
}

BOOST_FIXTURE_TEST_CASE(a_report_that_cannot_be_looked_up_is_not_taken_for_removed, Kept) {
  std::filesystem::rename(folder, root / "g");
  std::filesystem::create_symlink(folder, folder);
  require_complaint(
      "the report can no longer be looked up: Too many levels of symbolic links; it holds what was "
      "recorded");
}

BOOST_FIXTURE_TEST_CASE(a_change_between_write_and_sync_is_noticed_by_the_sync, Kept) {
  for (const bool emptied : {false, true}) {
    Kept kept;
    BOOST_TEST(kept.journal->append("third\n").has_value());
    if (emptied) {
      std::filesystem::resize_file(kept.path, 0);
    } else {
      std::filesystem::remove(kept.path);
    }
    const auto synced = kept.journal->sync();
    BOOST_REQUIRE(!synced);
    BOOST_TEST(contains(synced.error().message, emptied ? "was emptied" : "was removed"), synced.error().message);
  }
}

BOOST_AUTO_TEST_CASE(a_relative_report_is_looked_for_where_it_was_created) {
  const Folder root;
  const auto before = std::filesystem::current_path();
  std::filesystem::create_directory(root / "f");
  std::filesystem::current_path(root / "f");
  const auto created = create_report("r.ndjson", "first\n");
  std::filesystem::current_path(root.path());
  BOOST_REQUIRE(created);
  BOOST_TEST((*created)->append("second\n").has_value());
  std::filesystem::rename(root / "f", root / "g");
  const auto appended = (*created)->append("third\n");
  std::filesystem::current_path(before);
  BOOST_REQUIRE(!appended);
  BOOST_TEST(contains(appended.error().message, "r.ndjson: the report's folder was moved"), appended.error().message);
  BOOST_TEST(contains(appended.error().message, "koobatch resume " + (root / "g" / "r.ndjson").string()));
}

BOOST_FIXTURE_TEST_CASE(a_continued_report_is_watched_too, Kept) {
  journal.reset();
  std::filesystem::create_symlink(path, root / "link");
  auto locked = LockedReport::open(root / "link");
  BOOST_REQUIRE(locked);
  auto resumed = std::move(*locked).append_from(13);
  BOOST_REQUIRE(resumed);
  BOOST_TEST((*resumed)->append("third\n").has_value());
  BOOST_TEST((*resumed)->sync().has_value());
  std::ofstream(path, std::ios::app) << "foreign";
  const auto check = (*resumed)->check();
  BOOST_REQUIRE(!check);
  BOOST_TEST(contains(check.error().message, "its first 19 bytes are what was recorded"), check.error().message);
}

BOOST_FIXTURE_TEST_CASE(a_report_that_gave_up_its_name_is_no_longer_checked, Kept) {
  journal->give_up_name();
  BOOST_TEST(!std::filesystem::exists(path));
  require_in_order();
  BOOST_TEST(remains() == "first\nsecond\nthird\n");
}

BOOST_AUTO_TEST_CASE(commands_on_a_report_quote_its_path) {
  BOOST_TEST(resume_command("jobs/r-1.report.ndjson") == "koobatch resume jobs/r-1.report.ndjson");
  BOOST_TEST(resume_command("my report") == "koobatch resume 'my report'");
  BOOST_TEST(retry_command("my report") == "koobatch retry 'my report'");
  BOOST_TEST(report_command("my report") == "koobatch report 'my report'");
  BOOST_TEST(status_command("my report") == "koobatch status 'my report'");
}

BOOST_AUTO_TEST_SUITE_END()
