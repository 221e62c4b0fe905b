#include "koobatch/core/nearest.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace koobatch;

namespace {

const std::vector<std::string_view> names = {"run", "resume", "retry", "report", "user-id", "rate", "rate-per-user"};

}  // namespace

BOOST_AUTO_TEST_SUITE(nearest_name)

BOOST_AUTO_TEST_CASE(a_misspelt_name_finds_the_one_that_was_meant) {
  BOOST_TEST(nearest("rnu", names) == "run");
  BOOST_TEST(nearest("runn", names) == "run");
  BOOST_TEST(nearest("userid", names) == "user-id");
  BOOST_TEST(nearest("user_id", names) == "user-id");
  BOOST_TEST(nearest("resmue", names) == "resume");
  BOOST_TEST(nearest("rate-user", names) == "");
  BOOST_TEST(nearest("rate-peruser", names) == "rate-per-user");
}

BOOST_AUTO_TEST_CASE(another_word_finds_nothing) {
  for (const char* word : {"", "r", "xyz", "delete", "frobnicate"}) {
    BOOST_TEST(nearest(word, names) == "", word);
  }
  BOOST_TEST(nearest(std::string(1'000'000, 'r'), names) == "");
  BOOST_TEST(nearest("run", {}) == "");
}

BOOST_AUTO_TEST_SUITE_END()
