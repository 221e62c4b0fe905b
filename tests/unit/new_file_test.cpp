#include "koobatch/core/new_file.hpp"

#include "report_samples.hpp"

#include <sys/stat.h>

using namespace koobatch;

namespace {

Result<void> written(const std::filesystem::path& path, std::string_view text) {
  auto file = NewFile::create(path, 0600);
  if (!file) return file.error();
  if (auto done = file->write(text); !done) return done;
  return file->finish();
}

using Names = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(new_file)

BOOST_AUTO_TEST_CASE(a_finished_file_is_alone_in_its_folder) {
  const samples::Folder folder;
  BOOST_TEST(written(folder / "x", "hello").has_value());
  BOOST_TEST(samples::content(folder / "x") == "hello");
  BOOST_TEST(folder.names() == Names{"x"}, boost::test_tools::per_element());
  struct stat status{};
  BOOST_REQUIRE(::stat((folder / "x").c_str(), &status) == 0);
  BOOST_TEST((status.st_mode & 0777U) == 0600U);
}

BOOST_AUTO_TEST_CASE(an_unfinished_file_never_had_its_name_and_leaves_nothing) {
  const samples::Folder folder;
  {
    auto file = NewFile::create(folder / "x", 0644);
    BOOST_REQUIRE(file.has_value());
    BOOST_TEST(file->write("half").has_value());
    BOOST_TEST(!std::filesystem::exists(folder / "x"));
    BOOST_TEST(folder.names().size() == 1U);
  }
  BOOST_TEST(folder.names().empty());
}

BOOST_AUTO_TEST_CASE(an_existing_file_is_left_alone) {
  const samples::Folder folder;
  BOOST_TEST(written(folder / "x", "old").has_value());
  const auto again = written(folder / "x", "new");
  BOOST_REQUIRE(!again.has_value());
  BOOST_TEST(again.error().kind == ErrorKind::usage);
  BOOST_TEST(again.error().message.find("exists already") != std::string::npos, again.error().message);
  BOOST_TEST(samples::content(folder / "x") == "old");
}

BOOST_AUTO_TEST_CASE(a_file_created_meanwhile_is_left_alone_too) {
  const samples::Folder folder;
  auto file = NewFile::create(folder / "x", 0644);
  BOOST_REQUIRE(file.has_value());
  BOOST_TEST(written(folder / "x", "faster").has_value());
  BOOST_TEST(!file->finish().has_value());
  BOOST_TEST(samples::content(folder / "x") == "faster");
}

BOOST_AUTO_TEST_CASE(a_folder_that_does_not_exist_is_a_usage_error) {
  const samples::Folder folder;
  const auto file = NewFile::create(folder / "none/x", 0644);
  BOOST_REQUIRE(!file.has_value());
  BOOST_TEST(file.error().kind == ErrorKind::usage);
}

BOOST_AUTO_TEST_SUITE_END()
