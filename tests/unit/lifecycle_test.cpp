#include "engine/lifecycle.hpp"

#include <boost/test/unit_test.hpp>

#include <variant>

using namespace koobatch;
using namespace koobatch::engine;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{1h};

}  // namespace

BOOST_AUTO_TEST_SUITE(lifecycle)

BOOST_AUTO_TEST_CASE(a_run_is_over_when_all_its_parts_have_ended) {
  Lifecycle run;
  run.begin(2);
  BOOST_TEST(!run.over());
  run.part_ended();
  BOOST_TEST(!run.over());
  BOOST_TEST(!run.wait(0s));
  run.part_ended();
  BOOST_TEST(run.over());
  BOOST_TEST(run.wait(0s));
}

BOOST_AUTO_TEST_CASE(only_the_first_reason_counts) {
  Lifecycle run;
  run.begin(1);
  BOOST_TEST(!run.ending());
  BOOST_TEST(run.stop(OutageTooLong{"timed out"}, start));
  BOOST_TEST(!run.stop(TooManyErrors{3, 10, 0, ""}, start));
  BOOST_TEST(std::holds_alternative<OutageTooLong>(run.reason().value()));
  BOOST_TEST(run.ending());
  BOOST_TEST(!run.interrupted());
}

BOOST_AUTO_TEST_CASE(an_unwritable_report_overrides_every_other_reason) {
  Lifecycle run;
  run.begin(1);
  run.stop(OutageTooLong{}, start);
  BOOST_TEST(run.stop(ReportUnusable{fatal_error("the disk is full")}, start + 1s));
  BOOST_TEST(std::holds_alternative<ReportUnusable>(run.reason().value()));
  BOOST_TEST(!run.stop(ReportUnusable{fatal_error("gone")}, start + 2s));
  BOOST_TEST(std::get<ReportUnusable>(*run.reason()).cause.message == "the disk is full");
}

BOOST_AUTO_TEST_CASE(a_run_is_ending_from_the_first_request_to_end) {
  Lifecycle run;
  run.begin(1);
  BOOST_TEST(!run.ending_since().has_value());
  run.interrupt(start, 10s);
  run.stop(OutageTooLong{}, start + 1s);
  BOOST_TEST((run.ending_since() == start));
}

BOOST_AUTO_TEST_CASE(requests_in_flight_are_abandoned_once_when_their_grace_is_over) {
  Lifecycle run;
  run.begin(1);
  BOOST_TEST(!run.take_overdue(start + 24h), "a run that nobody ends has unlimited time");
  run.stop(OutageTooLong{}, start);
  BOOST_TEST(!run.take_overdue(start + Lifecycle::stop_grace - 1ms));
  BOOST_TEST(run.take_overdue(start + Lifecycle::stop_grace));
  BOOST_TEST(!run.take_overdue(start + Lifecycle::stop_grace));
}

BOOST_AUTO_TEST_CASE(the_shorter_grace_applies) {
  Lifecycle run;
  run.begin(1);
  run.stop(OutageTooLong{}, start);
  run.interrupt(start + 1s, 2s);
  BOOST_TEST(run.interrupted());
  BOOST_TEST(run.take_overdue(start + 3s));
}

BOOST_AUTO_TEST_CASE(a_second_interrupt_does_not_lengthen_the_grace) {
  Lifecycle run;
  run.begin(1);
  run.interrupt(start, 10s);
  run.interrupt(start + 5s, 10s);
  BOOST_TEST(run.take_overdue(start + 10s));
}

BOOST_AUTO_TEST_CASE(a_reason_found_at_the_end_counts_unless_the_user_ended_the_run) {
  Lifecycle stopped, interrupted, completed;
  stopped.stop(TooManyErrors{3, 10, 0, ""}, start);
  interrupted.interrupt(start, 10s);
  BOOST_TEST(!stopped.add_reason(UsersLeftOut{}));
  BOOST_TEST(!interrupted.add_reason(UsersLeftOut{}));
  BOOST_TEST(!interrupted.reason().has_value());
  BOOST_TEST(interrupted.add_reason(UsersLeftOut{}, true), "unless it says more than that");
  BOOST_TEST(std::holds_alternative<UsersLeftOut>(interrupted.reason().value()));
  BOOST_TEST(!stopped.add_reason(UsersLeftOut{}, true));
  BOOST_TEST(completed.add_reason(UsersLeftOut{}));
  BOOST_TEST(std::holds_alternative<UsersLeftOut>(completed.reason().value()));
}

BOOST_AUTO_TEST_SUITE_END()
