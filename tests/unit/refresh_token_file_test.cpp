#include "koobatch/auth/refresh_token_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

using namespace koobatch;
using koobatch::auth::RefreshTokenFile;

namespace fs = std::filesystem;

namespace {

/// A folder with a refresh token in it, gone at the end of the test.
struct Folder {
  fs::path root;
  fs::path file;

  Folder() {
    std::string pattern = (fs::temp_directory_path() / "koobatch.XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    root = fs::canonical(pattern);
    file = root / "refresh";
    write(file, "first\n");
  }
  ~Folder() { fs::remove_all(root); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  static void write(const fs::path& path, std::string_view content) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    ::chmod(path.c_str(), 0600);
  }
  static std::string read(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  fs::path next() const { return root / "refresh.new"; }
};

RefreshTokenFile opened(const fs::path& path) {
  auto file = RefreshTokenFile::open(path);
  BOOST_REQUIRE_MESSAGE(file.has_value(), "refused");
  return std::move(*file);
}

std::string refusal(const fs::path& path) {
  const auto file = RefreshTokenFile::open(path);
  BOOST_REQUIRE_MESSAGE(file.has_error(), "accepted");
  BOOST_TEST(file.error().kind == ErrorKind::usage);
  return file.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(refresh_token_file)

BOOST_AUTO_TEST_CASE(a_replaced_token_is_whole_for_its_owner_alone_and_nothing_else_is_left) {
  const Folder folder;
  auto file = opened(folder.file);
  BOOST_TEST(file.read()->view() == "first");
  BOOST_REQUIRE(file.prepare().has_value());
  BOOST_TEST(Folder::read(folder.file) == "first\n", "until there is another, it holds this one");
  BOOST_REQUIRE(file.replace("second").has_value());
  BOOST_TEST(Folder::read(folder.file) == "second\n");
  BOOST_TEST((fs::status(folder.file).permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
  BOOST_TEST(!fs::exists(folder.next()));
  BOOST_REQUIRE(file.prepare().has_value());
  BOOST_REQUIRE(file.replace("third").has_value());
  BOOST_TEST(file.read()->view() == "third");
}

BOOST_AUTO_TEST_CASE(space_that_was_not_needed_is_released) {
  const Folder folder;
  {
    auto file = opened(folder.file);
    BOOST_TEST(!fs::exists(folder.next()));
    BOOST_REQUIRE(file.prepare().has_value());
    BOOST_TEST(fs::file_size(folder.next()) > auth::max_secret);
  }
  BOOST_TEST(!fs::exists(folder.next()));
  BOOST_TEST(Folder::read(folder.file) == "first\n");
}

BOOST_AUTO_TEST_CASE(a_link_stays_one_and_the_file_it_names_is_replaced) {
  const Folder folder;
  fs::create_symlink(folder.file, folder.root / "link");
  auto file = opened(folder.root / "link");
  BOOST_REQUIRE(file.prepare().has_value());
  BOOST_REQUIRE(file.replace("second").has_value());
  BOOST_TEST(fs::is_symlink(folder.root / "link"));
  BOOST_TEST(Folder::read(folder.file) == "second\n");
}

BOOST_AUTO_TEST_CASE(a_successor_that_a_crash_kept_from_its_place_is_put_there) {
  const Folder folder;
  Folder::write(folder.next(), "second\n");
  BOOST_TEST(opened(folder.file).read()->view() == "second");
  BOOST_TEST(!fs::exists(folder.next()));
}

BOOST_AUTO_TEST_CASE(a_complete_successor_left_by_a_crash_is_put_there_without_the_space_behind_it) {
  const Folder folder;
  const std::string longest(auth::max_secret, 'x');
  for (const std::string& token : {std::string("second"), longest}) {
    const std::string zeros(auth::max_secret - token.size(), '\0');
    Folder::write(folder.next(), fmt::format("{}\n{}", token, zeros));
    BOOST_TEST(opened(folder.file).read()->view() == token);
    BOOST_TEST(Folder::read(folder.file) == token + "\n");
    BOOST_TEST((fs::status(folder.file).permissions() == (fs::perms::owner_read | fs::perms::owner_write)));
    BOOST_TEST(!fs::exists(folder.next()));
  }
}

BOOST_AUTO_TEST_CASE(an_incomplete_successor_left_by_a_crash_is_not_a_token) {
  const Folder folder;
  const std::string zeros(100, '\0');
  const std::string longest(auth::max_secret, 'x');
  for (const auto& left : {std::string(), zeros, std::string(auth::max_secret + 1, '\0'), fmt::format("seco{}", zeros),
                           fmt::format("{}{}", longest, '\0')}) {
    Folder::write(folder.next(), left);
    BOOST_TEST(opened(folder.file).read()->view() == "first");
    BOOST_TEST(!fs::exists(folder.next()));
  }
}

BOOST_AUTO_TEST_CASE(a_successor_older_than_the_file_does_not_replace_what_a_login_put_there) {
  const Folder folder;
  Folder::write(folder.next(), "second\n");
  fs::last_write_time(folder.next(), fs::last_write_time(folder.file) - std::chrono::hours(1));
  const auto said = refusal(folder.file);
  BOOST_TEST(said.find(folder.next().string() + " is older") != std::string::npos, said);
  BOOST_TEST(Folder::read(folder.file) == "first\n");
  BOOST_TEST(Folder::read(folder.next()) == "second\n");
}

BOOST_AUTO_TEST_CASE(a_successor_that_cannot_be_taken_for_a_token_is_left_to_its_owner) {
  const Folder folder;
  for (const std::string_view left : {"two words\nand a line\n", " second\n", "\n"}) {
    Folder::write(folder.next(), left);
    const auto said = refusal(folder.file);
    BOOST_TEST(said.find(folder.next().string() + ": ") != std::string::npos, said);
    BOOST_TEST(said.find("may be the only good token") != std::string::npos, said);
    BOOST_TEST(Folder::read(folder.next()) == left);
  }
  Folder::write(folder.next(), "second\n");
  ::chmod(folder.next().c_str(), 0644);
  BOOST_TEST(refusal(folder.file).find("chmod 600 " + folder.next().string()) != std::string::npos);
  BOOST_TEST(Folder::read(folder.next()) == "second\n");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_or_open_to_others_or_empty_is_refused) {
  const Folder folder;
  BOOST_TEST(refusal(folder.root / "missing").find("cannot be read") != std::string::npos);
  ::chmod(folder.file.c_str(), 0640);
  BOOST_TEST(refusal(folder.file).find("chmod 600 ") != std::string::npos);
  Folder::write(folder.file, "\n");
  BOOST_TEST(refusal(folder.file).find("empty") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(no_refresh_begins_if_no_successor_can_be_written) {
  const Folder folder;
  fs::create_directory(folder.next());
  BOOST_TEST(refusal(folder.file).find("cannot be written beside it") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
