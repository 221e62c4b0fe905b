#include "koobatch/auth/user_tokens.hpp"

#include <fmt/format.h>
#include <boost/test/unit_test.hpp>

#include <stdexcept>

using koobatch::auth::UserTokens;

BOOST_AUTO_TEST_SUITE(user_tokens)

BOOST_AUTO_TEST_CASE(each_user_has_a_separate_token) {
  UserTokens tokens("tokens.csv", {}, 100);
  BOOST_TEST((tokens.add("42", "one", 2) == nullptr));
  BOOST_TEST((tokens.add("43", "two", 3) == nullptr));
  BOOST_TEST(tokens.find("42")->token == "one");
  BOOST_TEST(tokens.find("43")->token == "two");
  BOOST_TEST(tokens.find("43")->line == 3U);
  BOOST_TEST((tokens.find("4") == nullptr));
  BOOST_TEST(tokens.size() == 2U);
  BOOST_TEST(tokens.file().string() == "tokens.csv");
}

BOOST_AUTO_TEST_CASE(a_second_token_for_a_user_changes_nothing_and_tells_of_the_first) {
  UserTokens tokens("tokens.csv", {}, 100);
  tokens.add("42", "one", 2);
  const auto* known = tokens.add("42", "other", 9);
  BOOST_REQUIRE(known != nullptr);
  BOOST_TEST(known->line == 2U);
  BOOST_TEST(tokens.find("42")->token == "one");
}

BOOST_AUTO_TEST_CASE(texts_stay_where_they_are_however_many_come) {
  constexpr std::uint32_t count = 100'000;
  UserTokens tokens("tokens.csv", {}, count * 30);
  for (std::uint32_t i = 0; i < count; ++i) {
    BOOST_REQUIRE(tokens.add(fmt::format("user{}", i), fmt::format("token-of-{}", i), i) == nullptr);
  }
  BOOST_TEST(tokens.size() == count);
  for (std::uint32_t i = 0; i < count; i += 997) {
    BOOST_TEST(tokens.find(fmt::format("user{}", i))->token == fmt::format("token-of-{}", i));
  }
}

BOOST_AUTO_TEST_CASE(adding_more_than_fits_is_a_bug_and_does_no_harm) {
  UserTokens tokens("tokens.csv", {}, 5);
  tokens.add("42", "one", 1);
  BOOST_CHECK_THROW(tokens.add("4", "x", 2), std::length_error);
}

BOOST_AUTO_TEST_SUITE_END()
