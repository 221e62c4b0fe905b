#include "koobatch/auth/credentials.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

using namespace koobatch;
using koobatch::auth::Credentials;
using koobatch::auth::CredentialSettings;

namespace {

constexpr const char* variable = "KOOBATCH_CREDENTIALS_TEST";

/// A folder with a token file, gone at the end of the test.
struct TokenFile {
  std::filesystem::path folder;
  std::filesystem::path path;

  explicit TokenFile(std::string_view content) {
    std::string pattern = (std::filesystem::temp_directory_path() / "koobatch.XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    folder = pattern;
    path = folder / "token";
    write(content);
  }
  ~TokenFile() { std::filesystem::remove_all(folder); }
  TokenFile(const TokenFile&) = delete;
  TokenFile& operator=(const TokenFile&) = delete;

  void write(std::string_view content) const {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
    ::chmod(path.c_str(), 0600);
  }
};

CredentialSettings from(const TokenFile& file) {
  CredentialSettings settings;
  settings.token_file = file.path;
  return settings;
}

std::string header(const CredentialSettings& settings) {
  const auto credentials = Credentials::load(settings);
  BOOST_REQUIRE_MESSAGE(credentials.has_value(), "refused");
  return *(*credentials)->header();
}

std::string refusal(const CredentialSettings& settings) {
  const auto credentials = Credentials::load(settings);
  BOOST_REQUIRE_MESSAGE(credentials.has_error(), "accepted");
  BOOST_TEST(credentials.error().kind == ErrorKind::usage);
  return credentials.error().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(credentials)

BOOST_AUTO_TEST_CASE(the_header_is_written_as_the_services_page_writes_it) {
  BOOST_TEST(header(from(TokenFile("s3cret"))) == "Bearer+s3cret");
}

BOOST_AUTO_TEST_CASE(a_pipe_is_refused_instead_of_waited_for) {
  const TokenFile file("");
  std::filesystem::remove(file.path);
  BOOST_REQUIRE(::mkfifo(file.path.c_str(), 0600) == 0);
  BOOST_TEST(refusal(from(file)).find("is not a regular file") != std::string::npos);
  BOOST_TEST(Credentials::check(from(file)).has_error());
}

BOOST_AUTO_TEST_CASE(one_final_newline_is_not_part_of_the_token) {
  BOOST_TEST(header(from(TokenFile("s3cret\n"))) == "Bearer+s3cret");
  BOOST_TEST(header(from(TokenFile("s3cret\r\n"))) == "Bearer+s3cret");
}

BOOST_AUTO_TEST_CASE(a_template_says_where_the_token_goes) {
  const TokenFile file("s3cret");
  auto settings = from(file);
  settings.authorization = "AT {token};v=1";
  BOOST_TEST(header(settings) == "AT s3cret;v=1");
}

BOOST_AUTO_TEST_CASE(a_template_that_cannot_be_sent_is_refused) {
  const TokenFile file("s3cret");
  auto settings = from(file);
  for (const char* form : {"Bearer", "", "Bearer {token}\r\nX-Evil: 1", "Bearer\t{token}", "B\xc3\xa9 {token}"}) {
    settings.authorization = form;
    BOOST_TEST(refusal(settings).find("--authorization") == 0U);
  }
}

BOOST_AUTO_TEST_CASE(a_token_that_carries_its_scheme_word_is_sent_as_it_is) {
  BOOST_TEST(header(from(TokenFile("AT 3b911d"))) == "AT 3b911d");
  BOOST_TEST(header(from(TokenFile("Bearer 3b911d\n"))) == "Bearer 3b911d");
  BOOST_TEST(header(from(TokenFile("Bearer+3b911d"))) == "Bearer+3b911d");
}

BOOST_AUTO_TEST_CASE(a_token_from_the_environment) {
  ::setenv(variable, "from-env", 1);
  CredentialSettings settings;
  settings.token_env = variable;
  BOOST_TEST(header(settings) == "Bearer+from-env");
  ::unsetenv(variable);
  BOOST_TEST(refusal(settings).find("--token-env: there is no such environment variable") == 0U);
}

BOOST_AUTO_TEST_CASE(a_token_given_in_place_of_a_variables_name_is_not_repeated) {
  CredentialSettings settings;
  settings.token_env = "eyJhbGciSECRET";
  const auto said = refusal(settings);
  BOOST_TEST(said.find("give its NAME, not the token") != std::string::npos, said);
  BOOST_TEST(said.find("SECRET") == std::string::npos, said);
}

BOOST_AUTO_TEST_CASE(a_token_that_no_header_can_carry_is_refused_without_showing_it) {
  for (const char* content : {"s3cret\nmore", "s3cret\r\nX-Evil: 1", "s3cr\tet", "s3cr\x7f", "s3cr\xc3\xa9t", " s3cret",
                              "s3cret ", "s3cret\n\n"}) {
    const TokenFile file(content);
    const std::string message = refusal(from(file));
    BOOST_TEST(message.find("--token-file " + file.path.string()) == 0U);
    BOOST_TEST(message.find("s3c") == std::string::npos, message);
  }
}

BOOST_AUTO_TEST_CASE(an_empty_or_huge_token_is_refused) {
  BOOST_TEST(refusal(from(TokenFile(""))).find("empty") != std::string::npos);
  BOOST_TEST(refusal(from(TokenFile("\n"))).find("empty") != std::string::npos);
  BOOST_TEST(header(from(TokenFile(std::string(16 * 1024, 'x')))).size() == 16 * 1024 + 7U);
  BOOST_TEST(refusal(from(TokenFile(std::string(16 * 1024 + 1, 'x')))).find("16 KiB") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_file_others_can_read_is_refused_with_the_command_that_mends_it) {
  const TokenFile file("s3cret");
  for (const mode_t mode : {0640U, 0604U, 0666U}) {
    ::chmod(file.path.c_str(), mode);
    BOOST_TEST(refusal(from(file)).find("chmod 600 ") != std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_credential_that_systemd_lets_the_service_read_does_not_count_as_readable_by_others) {
  const TokenFile file("s3cret");
  const TokenFile elsewhere("s3cret");
  ::setenv("CREDENTIALS_DIRECTORY", file.folder.c_str(), 1);
  ::chmod(file.path.c_str(), 0440);
  BOOST_TEST(header(from(file)) == "Bearer+s3cret");
  for (const mode_t mode : {0444U, 0460U, 0450U}) {
    ::chmod(file.path.c_str(), mode);
    BOOST_TEST(refusal(from(file)).find("chmod 600 ") != std::string::npos);
  }
  ::chmod(elsewhere.path.c_str(), 0440);
  BOOST_TEST(refusal(from(elsewhere)).find("chmod 600 ") != std::string::npos);
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

BOOST_AUTO_TEST_CASE(a_file_that_is_not_there_or_is_none_is_refused) {
  const TokenFile file("s3cret");
  auto settings = from(file);
  settings.token_file = file.folder / "missing";
  BOOST_TEST(refusal(settings).find("No such file") != std::string::npos);
  settings.token_file = file.folder;
  BOOST_TEST(refusal(settings).find("directory") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_source_that_is_asked_again_gives_its_new_token) {
  const TokenFile file("first");
  const auto credentials = *Credentials::load(from(file));
  const auto first = credentials->header();
  const auto version = credentials->version();
  file.write("second");
  BOOST_TEST(credentials->reread().value());
  BOOST_TEST(*credentials->header() == "Bearer+second");
  BOOST_TEST(*first == "Bearer+first", "a request under way keeps the header it was sent with");
  BOOST_TEST(credentials->version() != version);
}

BOOST_AUTO_TEST_CASE(a_source_that_says_the_same_changes_nothing) {
  const TokenFile file("same");
  const auto credentials = *Credentials::load(from(file));
  const auto version = credentials->version();
  BOOST_TEST(!credentials->reread().value());
  BOOST_TEST(credentials->version() == version);
}

BOOST_AUTO_TEST_CASE(a_source_that_can_no_longer_be_read_leaves_the_token_unchanged) {
  const TokenFile file("first");
  const auto credentials = *Credentials::load(from(file));
  std::filesystem::remove(file.path);
  BOOST_TEST(credentials->reread().has_error());
  BOOST_TEST(*credentials->header() == "Bearer+first");
}

BOOST_AUTO_TEST_CASE(a_changed_or_replaced_file_is_noticed_once) {
  const TokenFile file("first");
  const auto credentials = *Credentials::load(from(file));
  BOOST_TEST(!credentials->file_changed());
  const auto other = file.folder / "other";
  std::ofstream(other) << "again";
  ::chmod(other.c_str(), 0600);
  std::filesystem::rename(other, file.path);
  BOOST_TEST(credentials->file_changed());
  BOOST_TEST(credentials->reread().value());
  BOOST_TEST(!credentials->file_changed());
  std::filesystem::remove(file.path);
  BOOST_TEST(credentials->file_changed());
  BOOST_TEST(credentials->reread().has_error());
  BOOST_TEST(!credentials->file_changed());
}

BOOST_AUTO_TEST_CASE(tokens_of_before_are_kept_hidden_but_not_for_ever) {
  const TokenFile file("token.0");
  const auto credentials = *Credentials::load(from(file));
  BOOST_TEST(credentials->former_secrets()->empty());
  for (int i = 1; i <= 20; ++i) credentials->adopt(auth::Secret("AT token." + std::to_string(i)));
  const auto former = credentials->former_secrets();
  BOOST_TEST_REQUIRE(former->size() == 16U);
  BOOST_TEST(former->front().view() == "token.4");
  BOOST_TEST(former->back().view() == "token.19");
  credentials->hide("refresh");
  credentials->hide("refresh");
  BOOST_TEST(credentials->former_secrets()->back().view() == "refresh");
  BOOST_TEST(credentials->former_secrets()->front().view() == "token.5", "hidden once only");
}

BOOST_AUTO_TEST_CASE(settings_are_checked_without_running_a_command) {
  const TokenFile file("s3cret");
  BOOST_TEST(Credentials::check(from(file)).has_value());
  CredentialSettings settings;
  settings.token_command = "/nonexistent/program";
  BOOST_TEST(Credentials::check(settings).has_value());
  BOOST_TEST(refusal(settings).find("--token-command '/nonexistent/program': cannot be started") == 0U);
  settings.token_command = "'";
  BOOST_TEST(Credentials::check(settings).has_error());
}

BOOST_AUTO_TEST_CASE(messages_name_the_source_and_the_form_but_never_the_token) {
  const TokenFile file("s3cret");
  const auto credentials = *Credentials::load(from(file));
  BOOST_TEST(credentials->source() == "--token-file " + file.path.string());
  BOOST_TEST(credentials->form_of(*credentials->header()) == "Bearer+{token}");
  credentials->adopt(auth::Secret("AT s3cret"));
  BOOST_TEST(credentials->form_of(*credentials->header()) == "AT {token}", "as it was sent, not as it was asked for");
}

BOOST_AUTO_TEST_CASE(the_secret_is_what_the_template_and_scheme_words_leave) {
  const auto secret = [](std::string_view token, std::string_view form) {
    const TokenFile file(token);
    CredentialSettings settings = from(file);
    settings.authorization = form;
    const auto credentials = *Credentials::load(settings);
    return std::string(credentials->secret_in(*credentials->header()));
  };
  BOOST_TEST(secret("s3cret", "Bearer+{token}") == "s3cret");
  BOOST_TEST(secret("s3cret", "Key \"{token}\"") == "s3cret");
  BOOST_TEST(secret("s3cret", "{token}") == "s3cret");
  BOOST_TEST(secret("AT s3cret", "Bearer+{token}") == "s3cret");
  BOOST_TEST(secret("AT s3cret", "AT {token}") == "s3cret");
  BOOST_TEST(secret("Bearer+s3cret", "AT {token}") == "s3cret");
}

BOOST_AUTO_TEST_CASE(the_simulator_takes_a_made_up_token) {
  const auto credentials = Credentials::simulated();
  BOOST_TEST(!credentials->header()->empty());
  BOOST_TEST(!credentials->rereadable());
  BOOST_TEST(credentials->source() == "--simulate");
  BOOST_TEST(credentials->secret_in(*credentials->header()) == "", "no secret");
}

BOOST_AUTO_TEST_SUITE_END()
