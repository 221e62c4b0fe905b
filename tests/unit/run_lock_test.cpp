#include "koobatch/process/run_lock.hpp"
#include "temporary_folder.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <memory>

using namespace koobatch;
using namespace koobatch::process;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

using Folder = test::TemporaryFolder;

}  // namespace

BOOST_AUTO_TEST_SUITE(run_lock)

BOOST_AUTO_TEST_CASE(of_two_that_name_the_same_lock_one_gets_it) {
  const Folder folder;
  const auto path = folder.path / "lock";
  {
    const auto first = RunLock::try_take(path);
    BOOST_REQUIRE(first.has_value());
    BOOST_TEST(first->has_value());
    const auto second = RunLock::try_take(path);
    BOOST_REQUIRE(second.has_value());
    BOOST_TEST(!second->has_value());
    BOOST_TEST(folder.read("lock") == fmt::format("{}\n", ::getpid()));
    BOOST_TEST(holder_of(path) == fmt::format("process {}", ::getpid()));
  }
  BOOST_TEST(folder.read("lock") == "");
  BOOST_TEST(holder_of(path) == "another process");
  BOOST_TEST(RunLock::try_take(path)->has_value());
}

BOOST_AUTO_TEST_CASE(the_file_of_a_lock_is_for_its_owner_only) {
  const Folder folder;
  const auto lock = RunLock::try_take(folder.path / "lock");
  struct stat status{};
  BOOST_REQUIRE(::stat((folder.path / "lock").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777) == 0600U);
}

BOOST_AUTO_TEST_CASE(what_a_killed_process_left_of_a_lock_does_not_count) {
  const Folder folder;
  BOOST_TEST(RunLock::try_take(folder.write("lock", "4711\n"))->has_value());
}

BOOST_AUTO_TEST_CASE(a_file_that_is_no_lock_is_refused_and_left_as_it_is) {
  const Folder folder;
  for (const char* text : {"{\"op\":1}\n", "x", "12345678901234567890123456\n", "1\n2\n"}) {
    const auto taken = RunLock::try_take(folder.write("job", text));
    BOOST_REQUIRE(taken.has_error());
    BOOST_TEST(taken.error().kind == ErrorKind::usage);
    BOOST_TEST(taken.error().message.find("is not a lock") != std::string::npos, taken.error().message);
    BOOST_TEST(folder.read("job") == text);
  }
}

BOOST_AUTO_TEST_CASE(links_folders_and_places_that_are_not_there_are_no_locks) {
  const Folder folder;
  fs::create_symlink(folder.write("target", ""), folder.path / "link");
  for (const char* name : {"link", ".", "none/lock"}) {
    const auto taken = RunLock::try_take(folder.path / name);
    BOOST_REQUIRE(taken.has_error());
    BOOST_TEST(taken.error().kind == ErrorKind::usage);
    BOOST_TEST(taken.error().message.find("; name a") != std::string::npos, taken.error().message);
  }
}

BOOST_AUTO_TEST_CASE(waiting_for_a_lock_is_ended_by_whoever_may_end_it) {
  const Folder folder;
  const auto path = folder.path / "lock";
  const auto holder = RunLock::try_take(path);
  unsigned asked = 0;
  const auto taken = wait_for_lock(path, 24h, [&] { return ++asked == 1; });
  BOOST_REQUIRE(taken.has_value());
  BOOST_TEST(!taken->has_value());
  BOOST_TEST(asked == 1U);
}

BOOST_AUTO_TEST_CASE(a_lock_that_is_given_up_is_taken_by_who_waits) {
  const Folder folder;
  const auto path = folder.path / "lock";
  auto holder = std::make_unique<Result<std::optional<RunLock>>>(RunLock::try_take(path));
  const auto taken = wait_for_lock(path, 24h, [&] {
    holder.reset();
    return false;
  });
  BOOST_TEST(taken->has_value());
}

BOOST_AUTO_TEST_SUITE_END()
