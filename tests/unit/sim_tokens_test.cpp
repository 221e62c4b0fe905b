#include "sim/tokens.hpp"

#include <boost/test/unit_test.hpp>

using koobatch::WallTime;
using koobatch::sim::Tokens;
using namespace std::chrono_literals;

namespace {

const WallTime start{std::chrono::hours(1)};

}  // namespace

BOOST_AUTO_TEST_SUITE(sim_tokens)

BOOST_AUTO_TEST_CASE(without_a_configured_token_any_is_accepted) {
  Tokens tokens({});
  BOOST_TEST(tokens.accept("a", start));
  BOOST_TEST(tokens.accept("b", start + 24h));
  BOOST_TEST(!tokens.refreshes());
  BOOST_TEST(!tokens.refresh("", start));
}

BOOST_AUTO_TEST_CASE(a_token_is_good_for_a_number_of_requests) {
  Tokens tokens({.access = "a", .requests = 2});
  BOOST_TEST(!tokens.accept("b", start), "this does not count as a use of the right one");
  BOOST_TEST(tokens.accept("a", start));
  BOOST_TEST(tokens.accept("a", start));
  BOOST_TEST(!tokens.accept("a", start));
}

BOOST_AUTO_TEST_CASE(each_use_restarts_a_tokens_lifetime) {
  Tokens tokens({.access = "a", .lifetime = 10s});
  BOOST_TEST(tokens.accept("a", start));
  BOOST_TEST(tokens.accept("a", start + 10s));
  BOOST_TEST(tokens.accept("a", start + 20s));
  BOOST_TEST(!tokens.accept("a", start + 30s + 1ms));
  BOOST_TEST((tokens.lifetime() == 10s));
}

BOOST_AUTO_TEST_CASE(a_refresh_replaces_both_tokens) {
  Tokens tokens({.access = "a", .refresh = "r", .requests = 1, .lifetime = 10s});
  tokens.accept("a", start);
  BOOST_TEST(!tokens.refresh("x", start));
  BOOST_TEST(tokens.refresh("r", start + 1min));
  BOOST_TEST(tokens.access() == "a.1");
  BOOST_TEST(tokens.refresh_token() == "r.1");
  BOOST_TEST(!tokens.accept("a", start + 1min));
  BOOST_TEST(tokens.was_issued("a"));
  BOOST_TEST(tokens.was_issued("a.1"));
  BOOST_TEST(!tokens.was_issued("a.2"));
  BOOST_TEST(tokens.accept("a.1", start + 1min));
  BOOST_TEST(!tokens.accept("a.1", start + 1min));
  BOOST_TEST(!tokens.refresh("r", start + 1min));
  BOOST_TEST(tokens.refresh("r.1", start + 1min));
  BOOST_TEST(tokens.access() == "a.2");
}

BOOST_AUTO_TEST_SUITE_END()
