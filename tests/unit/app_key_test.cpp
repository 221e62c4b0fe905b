#include "koobatch/auth/app_key.hpp"

#include <sys/stat.h>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <string>

using namespace koobatch;
using namespace koobatch::auth;

namespace {

/// A folder with a secret's file, gone at the end of the test.
struct SecretFile {
  std::filesystem::path folder;
  std::filesystem::path path;

  explicit SecretFile(std::string_view content) {
    std::string pattern = (std::filesystem::temp_directory_path() / "koobatch.XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder = pattern;
    path = folder / "secret";
    std::ofstream(path, std::ios::binary) << content;
    ::chmod(path.c_str(), 0600);
  }
  ~SecretFile() { std::filesystem::remove_all(folder); }
};

std::string secret_in(std::string_view content) {
  const SecretFile file(content);
  const auto key = AppKey::load({"app", file.path});
  BOOST_REQUIRE(key.has_value());
  BOOST_TEST((*key)->id() == "app");
  return std::string((*key)->secret());
}

std::string refusal(const std::filesystem::path& path) {
  const auto key = AppKey::load({"app", path});
  BOOST_REQUIRE(!key.has_value());
  BOOST_TEST(key.error().kind == ErrorKind::usage);
  BOOST_TEST(key.error().message.starts_with("--app-secret-file " + path.string()));
  return key.error().message;
}

std::string refusal_of(std::string_view content) {
  return refusal(SecretFile(content).path);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(app_key)

BOOST_AUTO_TEST_CASE(without_an_app_there_is_no_key) {
  const auto key = AppKey::load({});
  BOOST_REQUIRE(key.has_value());
  BOOST_TEST((*key == nullptr));
}

BOOST_AUTO_TEST_CASE(one_final_newline_is_not_part_of_the_secret) {
  BOOST_TEST(secret_in("s3cret") == "s3cret");
  BOOST_TEST(secret_in("s3cret\n") == "s3cret");
  BOOST_TEST(secret_in("s3cret\r\n") == "s3cret");
}

BOOST_AUTO_TEST_CASE(a_secret_may_be_long_and_hold_any_sign) {
  BOOST_TEST(secret_in("a b,c=d;\"\\\xe5\xaf\x86") == "a b,c=d;\"\\\xe5\xaf\x86");
  const std::string longest(max_secret, 's');
  BOOST_TEST(secret_in(longest) == longest);
  BOOST_TEST(refusal_of(longest + "s").find("16 KiB") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_empty_secret_is_refused) {
  BOOST_TEST(refusal_of("").find("empty") != std::string::npos);
  BOOST_TEST(refusal_of("\n").find("empty") != std::string::npos);
  BOOST_TEST(refusal_of("\r\n").find("empty") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_secret_that_is_more_than_one_line_is_refused_without_showing_it) {
  for (const std::string_view content :
       {std::string_view("s3cret\nmore"), std::string_view("s3cret\n\n"), std::string_view("s3c\rret"),
        std::string_view("\ns3cret"), std::string_view("s3cret\t"), std::string_view("s3c\0ret", 7),
        std::string_view(" s3cret"), std::string_view("s3cret \n")}) {
    BOOST_TEST(refusal_of(content).find("s3c") == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_file_others_can_read_is_refused_with_the_command_that_mends_it) {
  const SecretFile file("s3cret");
  for (const mode_t mode : {0640U, 0604U, 0620U, 0666U}) {
    ::chmod(file.path.c_str(), mode);
    BOOST_TEST(refusal(file.path).ends_with("run 'chmod 600 " + file.path.string() + "'"));
  }
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_or_is_none_is_refused) {
  const SecretFile file("s3cret");
  BOOST_TEST(refusal(file.folder / "missing").find("No such file") != std::string::npos);
  BOOST_TEST(refusal(file.folder).find("directory") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_app_id_fits_between_its_name_and_a_comma) {
  for (const char* id : {"1", "app-1", "a/b:c=d"}) BOOST_TEST(is_app_id(id));
  BOOST_TEST(is_app_id(std::string(128, 'a')));
  for (const char* id : {"", "a,b", "a b", "a\n", "\xc3\xa4"}) BOOST_TEST(!is_app_id(id));
  BOOST_TEST(!is_app_id(std::string(129, 'a')));
}

BOOST_AUTO_TEST_CASE(a_secret_is_moved_not_copied) {
  Secret first("s3cret");
  const char* const bytes = first.data();
  const Secret second(std::move(first));
  BOOST_TEST(second.view() == "s3cret");
  BOOST_TEST((second.view().data() == bytes));
}

BOOST_AUTO_TEST_SUITE_END()
