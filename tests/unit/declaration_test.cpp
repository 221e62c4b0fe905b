#include "koobatch/flow/declaration.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using koobatch::flow::Declaration;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{1h};
constexpr auto everybody = DeclaredQuota::Scope::everybody;

DeclaredQuotas quotas(std::initializer_list<DeclaredQuota> list) {
  DeclaredQuotas all;
  for (const DeclaredQuota& quota : list) all.add(quota);
  return all;
}

DeclaredQuotas left(std::uint32_t remaining) {
  return quotas({{.limit = 300, .remaining = remaining, .window = 1s, .reset = 1s}});
}

}  // namespace

BOOST_AUTO_TEST_SUITE(declaration)

BOOST_AUTO_TEST_CASE(a_rate_is_news_when_it_is_first_declared_and_when_it_changes) {
  Declaration it;
  const auto declare = [&](std::uint32_t limit) {
    return it.hear(quotas({{.limit = limit, .window = 2s}}), everybody, start, start, true).rate;
  };
  BOOST_TEST((declare(300) == 150.0));
  BOOST_TEST(!declare(300).has_value());
  BOOST_TEST(!declare(310).has_value());
  BOOST_TEST((declare(600) == 300.0));
}

BOOST_AUTO_TEST_CASE(of_several_quotas_the_strictest_holds) {
  Declaration it;
  const auto news = it.hear(quotas({{.limit = 300, .remaining = 200, .window = 1s},
                                    {.limit = 6'000, .remaining = 5, .window = 1min},
                                    {.scope = DeclaredQuota::Scope::user, .limit = 1, .remaining = 0, .window = 1s}}),
                            everybody, start, start, true);
  BOOST_TEST((news.rate == 100.0));
  BOOST_TEST(!news.used_up, "the user's quota is another");
  BOOST_TEST((it.room() == 5U));
}

BOOST_AUTO_TEST_CASE(the_quota_of_a_day_is_not_spread_over_the_day) {
  Declaration it;
  const auto news =
      it.hear(quotas({{.limit = 10'000, .remaining = 9'999, .window = 24h}}), everybody, start, start, true);
  BOOST_TEST(!news.rate.has_value());
  BOOST_TEST((it.room() == 9'999U));
}

BOOST_AUTO_TEST_CASE(nothing_left_means_used_up_until_the_reset_which_is_rounded_up_to_seconds) {
  Declaration it;
  BOOST_TEST(!it.hear(left(1), everybody, start, start, true).used_up);
  const auto news =
      it.hear(quotas({{.limit = 300, .remaining = 0, .window = 1min, .reset = 42s}}), everybody, start, start, true);
  BOOST_TEST(news.used_up);
  BOOST_TEST((news.reset == 41s));
}

BOOST_AUTO_TEST_CASE(a_service_that_admits_more_although_nothing_was_left_is_not_believed_again) {
  Declaration it;
  BOOST_TEST(it.hear(left(0), everybody, start, start + 1ms, true).used_up);
  const auto news = it.hear(left(0), everybody, start + 2ms, start + 3ms, true);
  BOOST_TEST(!news.used_up);
  BOOST_TEST(news.disproved);
  BOOST_TEST(!it.room().has_value());
  it.hear(left(50), everybody, start + 4ms, start + 5ms, true);
  BOOST_TEST(!it.room().has_value());
}

BOOST_AUTO_TEST_CASE(requests_in_flight_when_the_last_one_was_admitted_prove_nothing) {
  Declaration it;
  it.hear(left(0), everybody, start, start + 5ms, true);
  it.hear(left(0), everybody, start + 1ms, start + 6ms, true);
  BOOST_TEST((it.room() == 0U));
}

BOOST_AUTO_TEST_CASE(a_new_window_restores_what_is_left) {
  Declaration it;
  it.hear(left(0), everybody, start, start + 1ms, true);
  BOOST_TEST(!it.hear(left(299), everybody, start + 1s, start + 1s, true).used_up);
  BOOST_TEST((it.room() == 299U));
  BOOST_TEST(it.hear(left(0), everybody, start + 2s, start + 2s, true).used_up, "it is still believed");
}

BOOST_AUTO_TEST_CASE(an_answer_that_was_overtaken_says_nothing) {
  Declaration it;
  it.hear(left(10), everybody, start + 1ms, start + 2ms, true);
  it.hear(left(11), everybody, start, start + 3ms, true);
  BOOST_TEST((it.room() == 10U));
}

BOOST_AUTO_TEST_CASE(a_service_that_declares_only_its_rate_again_leaves_no_room_to_believe) {
  Declaration it;
  it.hear(left(3), everybody, start, start, true);
  it.hear(quotas({{.limit = 300, .window = 1s}}), everybody, start + 1ms, start + 1ms, true);
  BOOST_TEST(!it.room().has_value());
}

BOOST_AUTO_TEST_CASE(a_service_that_says_one_is_left_whatever_it_admits_is_not_believed) {
  Declaration it;
  it.hear(left(1), everybody, start, start + 1ms, true);
  it.hear(left(1), everybody, start + 2ms, start + 3ms, true);
  BOOST_TEST((it.room() == 1U), "it may have been the one");
  BOOST_TEST(it.hear(left(1), everybody, start + 4ms, start + 5ms, true).disproved);
  BOOST_TEST(!it.room().has_value());
}

BOOST_AUTO_TEST_CASE(one_admitted_after_each_reset_is_what_a_quota_of_one_a_second_declares) {
  Declaration it;
  for (int second = 0; second < 10; ++second) {
    const TimePoint sent = start + second * 1001ms;
    const auto news =
        it.hear(quotas({{.limit = 1, .remaining = 0, .window = 1s, .reset = 1s}}), everybody, sent, sent, true);
    BOOST_TEST(!news.disproved);
    BOOST_TEST(news.used_up);
  }
}

BOOST_AUTO_TEST_SUITE_END()
