#include "koobatch/auth/user_credentials.hpp"

#include "job_support.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using auth::UserCredentials;
using auth::UserTokens;

namespace {

UserCredentials::Tokens tokens_of(const std::filesystem::path& file,
                                  std::initializer_list<std::pair<std::string_view, std::string_view>> entries) {
  auto tokens = std::make_shared<UserTokens>(file, auth::FileStamp::of(file), 1000);
  std::uint32_t line = 1;
  for (const auto& [user, token] : entries) tokens->add(user, token, ++line);
  return tokens;
}

/// A file that can be replaced, and what reading it gives then.
struct Fixture {
  Fixture() { replace("first"); }

  void replace(std::string_view content) { std::filesystem::rename(folder.write("new", content), file); }

  Result<UserCredentials::Tokens> read() {
    ++reads;
    if (next.empty()) return usage_error("tokens:2: token: is empty");
    auto tokens = std::make_shared<UserTokens>(file, auth::FileStamp::of(file), 1000);
    std::uint32_t line = 1;
    for (const auto& [user, token] : next) tokens->add(user, token, ++line);
    return UserCredentials::Tokens(tokens);
  }

  job_support::TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "tokens";
  std::vector<std::pair<std::string, std::string>> next;
  int reads = 0;
  std::unique_ptr<UserCredentials> make(const std::string& form = "Bearer+{token}") {
    return std::make_unique<UserCredentials>(form, tokens_of(file, {{"1", "one"}, {"2", "two"}}),
                                             [this](const auto&) { return read(); });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(user_credentials, Fixture)

BOOST_AUTO_TEST_CASE(each_users_requests_carry_its_own_token) {
  const auto credentials = make();
  BOOST_TEST(*credentials->header("1") == "Bearer+one");
  BOOST_TEST(*credentials->header("2") == "Bearer+two");
  BOOST_TEST(credentials->place_of("2") == file.string() + ":3");
  BOOST_TEST(credentials->secret_in("Bearer+two") == "two");
}

BOOST_AUTO_TEST_CASE(a_form_is_used_and_a_token_with_its_scheme_is_sent_as_it_is) {
  UserCredentials credentials("Bearer {token}", tokens_of(file, {{"1", "one"}, {"2", "AT two"}}), {});
  BOOST_TEST(*credentials.header("1") == "Bearer one");
  BOOST_TEST(*credentials.header("2") == "AT two");
  BOOST_TEST(credentials.secret_in("Bearer one") == "one");
  BOOST_TEST(credentials.secret_in("AT two") == "two");
}

BOOST_AUTO_TEST_CASE(a_file_that_did_not_change_is_not_read_again) {
  const auto credentials = make();
  BOOST_TEST(!credentials->renew(credentials->header("1"), "1"));
  BOOST_TEST(reads == 0);
}

BOOST_AUTO_TEST_CASE(a_replaced_file_is_read_once_for_all_refused_users) {
  const auto credentials = make();
  const auto refused_one = credentials->header("1");
  const auto refused_two = credentials->header("2");
  next = {{"1", "newer"}, {"2", "two"}};
  replace("second");
  BOOST_TEST(credentials->renew(refused_one, "1"));
  BOOST_TEST(*credentials->header("1") == "Bearer+newer");
  BOOST_TEST(!credentials->renew(refused_two, "2"), "the new file has no other token for this user");
  BOOST_TEST(credentials->renew(refused_one, "1"), "somebody else renewed it meanwhile");
  BOOST_TEST(!credentials->renew(credentials->header("1"), "1"), "nor is the newest token any good");
  BOOST_TEST(reads == 1);
}

BOOST_AUTO_TEST_CASE(a_user_missing_from_the_new_file_keeps_the_old_token) {
  const auto credentials = make();
  next = {{"1", "newer"}};
  replace("second");
  BOOST_TEST(!credentials->renew(credentials->header("2"), "2"));
  BOOST_TEST(*credentials->header("2") == "Bearer+two");
  BOOST_TEST(credentials->place_of("2") == file.string() + ":3");
  BOOST_TEST(*credentials->header("1") == "Bearer+newer");
}

BOOST_AUTO_TEST_CASE(a_new_file_that_cannot_be_used_changes_nothing_and_is_not_read_again) {
  const auto credentials = make();
  replace("second");
  BOOST_TEST(!credentials->renew(credentials->header("1"), "1"));
  BOOST_TEST(!credentials->renew(credentials->header("2"), "2"));
  BOOST_TEST(*credentials->header("1") == "Bearer+one");
  BOOST_TEST(reads == 1);
  next = {{"1", "newer"}};
  replace("third");
  BOOST_TEST(credentials->renew(credentials->header("1"), "1"));
}

BOOST_AUTO_TEST_SUITE_END()
