#include "koobatch/flow/uniform_rejection.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::koodrive;
using namespace koobatch::flow;

namespace {

Outcome answer(const std::string& msg) {
  Outcome it;
  it.verdict = Verdict::rejected;
  it.http = 400;
  it.code = 13000405;
  it.msg = msg;
  return it;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(uniform_rejection)

BOOST_AUTO_TEST_CASE(a_hundred_identical_rejections_from_the_start_are_noticed_once) {
  UniformRejection first(true);
  for (int i = 1; i < 100; ++i) BOOST_TEST(!first.add(Status::rejected, answer("no such folder")));
  BOOST_TEST(first.add(Status::rejected, answer("no such folder")).value() ==
             "HTTP 400, code 13000405: no such folder");
  BOOST_TEST(!first.watching());
  BOOST_TEST(!first.add(Status::rejected, answer("no such folder")));
}

BOOST_AUTO_TEST_CASE(one_different_result_ends_the_watch) {
  for (const Status status : {Status::succeeded, Status::failed, Status::unknown}) {
    UniformRejection first(true);
    for (int i = 1; i < 100; ++i) first.add(Status::rejected, answer("no"));
    BOOST_TEST(!first.add(status, answer("no")));
    BOOST_TEST(!first.watching());
  }
  UniformRejection first(true);
  first.add(Status::rejected, answer("no"));
  first.add(Status::rejected, answer("not so"));
  BOOST_TEST(!first.watching());
}

BOOST_AUTO_TEST_CASE(an_error_limit_set_by_the_user_is_not_overruled) {
  UniformRejection first(false);
  BOOST_TEST(!first.watching());
  for (int i = 0; i < 200; ++i) BOOST_TEST(!first.add(Status::rejected, answer("no")));
}

BOOST_AUTO_TEST_SUITE_END()
