#include "engine/stop_reason.hpp"

#include "koobatch/core/spelling.hpp"
#include "koobatch/engine/settings.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace koobatch;
using namespace koobatch::engine;
using namespace std::chrono_literals;

namespace {

RunSettings settings_of_a_run() {
  RunSettings settings;
  settings.endpoint = http::parse_endpoint("https://koo.example").value();
  settings.report = "r.ndjson";
  settings.app.id = "app-1";
  settings.app.secret_file = "secret";
  settings.pace.max_outage = 90s;
  settings.max_errors = flow::ErrorLimit::parse("5").value();
  return settings;
}

Error described(const StopReason& reason) {
  return describe(reason, settings_of_a_run());
}

bool says(const StopReason& reason, std::string_view words) {
  return described(reason).message.find(words) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(stop_reason)

BOOST_AUTO_TEST_CASE(exceeding_a_user_defined_limit_is_a_limit_error_and_all_else_is_fatal) {
  BOOST_TEST(described(TooManyErrors{6, 10, 0, ""}).kind == ErrorKind::limit);
  BOOST_TEST(described(FirstRejectedAlike{100, "HTTP 400"}).kind == ErrorKind::limit);
  BOOST_TEST(described(RefusedAlike{100, 0, "HTTP 403"}).kind == ErrorKind::limit);
  for (const StopReason& reason :
       {StopReason(CredentialsRefused{"--token-file ops", "Bearer+{token}", ""}), StopReason(SignatureRefused{}),
        StopReason(EveryUserRefused{100, 401, "", "Bearer {token}", "tokens"}), StopReason(OutageTooLong{}),
        StopReason(TooManyUsersRefused{5, 6, "tokens"}), StopReason(UsersLeftOut{1, 2, 0, "tokens"}),
        StopReason(Unreachable{"the certificate has expired"}), StopReason(InternalError{"a connection", "bug"})}) {
    BOOST_TEST(described(reason).kind == ErrorKind::fatal, described(reason).message);
  }
}

BOOST_AUTO_TEST_CASE(every_reason_that_allows_resuming_names_the_command) {
  for (const StopReason& reason :
       {StopReason(CredentialsRefused{"--token-file ops", "Bearer+{token}", ""}), StopReason(SignatureRefused{}),
        StopReason(EveryUserRefused{100, 401, "", "Bearer {token}", "tokens"}), StopReason(OutageTooLong{}),
        StopReason(TooManyUsersRefused{5, 6, "tokens"}), StopReason(UsersLeftOut{1, 2, 0, "tokens"}),
        StopReason(TooManyErrors{6, 10, 0, ""}), StopReason(FirstRejectedAlike{100, "HTTP 400"}),
        StopReason(RefusedAlike{100, 0, "HTTP 403"})}) {
    const Error error = described(reason);
    BOOST_TEST(says(reason, "koobatch resume r.ndjson"), error.message);
    BOOST_REQUIRE_MESSAGE(error.next_step, error.message);
    BOOST_TEST(says(reason, "'" + spell(*error.next_step) + "'"), error.message);
  }
}

BOOST_AUTO_TEST_CASE(the_advised_step_is_carried_as_data) {
  const auto step_of = [](const StopReason& reason) { return *described(reason).next_step; };
  const auto resume = [](std::vector<SettingChange> settings) {
    return NextStep{.command = CommandName::resume, .report = "r.ndjson", .settings = std::move(settings)};
  };
  BOOST_TEST((step_of(OutageTooLong{}) == resume({})));
  BOOST_TEST((step_of(UsersLeftOut{1, 2, 0, "tokens"}) == resume({})));
  BOOST_TEST((step_of(RefusedAlike{1, 0, "HTTP 301", "https://new.example"}) == resume({})), "whatever the cause");
  BOOST_TEST((step_of(TooManyErrors{6, 10, 0, ""}) == resume({{SettingName::max_errors, "N"}})));
  BOOST_TEST((step_of(FirstRejectedAlike{100, "HTTP 400"}) == resume({{SettingName::max_errors, "100%"}})));
  BOOST_TEST(!described(Unreachable{"the certificate has expired"}).next_step);
  const Error cause = with_next_step(fatal_error("disk full"), resume({}));
  BOOST_TEST((step_of(ReportUnusable{cause}) == resume({})), "a step of another part is passed on");
}

BOOST_AUTO_TEST_CASE(only_the_result_of_an_operation_gives_a_reason_that_may_leave_nothing) {
  BOOST_TEST(may_leave_nothing(TooManyErrors{6, 10, 0, ""}));
  BOOST_TEST(may_leave_nothing(FirstRejectedAlike{100, "HTTP 400"}));
  BOOST_TEST(!may_leave_nothing(RefusedAlike{100, 0, "HTTP 403"}));
  BOOST_TEST(!may_leave_nothing(OutageTooLong{}));
}

BOOST_AUTO_TEST_CASE(a_limit_exceeded_by_the_last_operation_leaves_nothing_to_resume) {
  const auto at_the_end = [](const StopReason& reason) {
    const Error error = describe(reason, settings_of_a_run(), false);
    BOOST_TEST(!error.next_step);
    return error.message;
  };
  BOOST_TEST(at_the_end(TooManyErrors{6, 10, 0, ""}) ==
             "6 of 10 operations did not succeed, more than --max-errors 5 allows; see 'koobatch report r.ndjson'");
  BOOST_TEST(at_the_end(FirstRejectedAlike{100, "HTTP 400"}) ==
             "the first 100 operations were all rejected with the same answer (HTTP 400)");
}

BOOST_AUTO_TEST_CASE(a_benchmark_is_not_called_resumable) {
  auto settings = settings_of_a_run();
  settings.benchmark = true;
  for (const StopReason& reason :
       {StopReason(OutageTooLong{"timed out"}), StopReason(TooManyErrors{6, 10, 0, ""}),
        StopReason(FirstRejectedAlike{100, "HTTP 400"}), StopReason(RefusedAlike{100, 0, "HTTP 403"})}) {
    const Error error = describe(reason, settings);
    BOOST_TEST(error.message.find("koobatch") == std::string::npos, error.message);
    BOOST_TEST(!error.next_step);
  }
}

BOOST_AUTO_TEST_CASE(refused_credentials_name_source_and_form_and_another_form_to_try) {
  const CredentialsRefused bearer{"--token-file ops", "Bearer+{token}", ": token expired"};
  BOOST_TEST(
      says(bearer, "https://koo.example refused the credentials from --token-file ops (HTTP 401: token expired)"));
  BOOST_TEST(says(bearer, "e.g. 'Bearer {token}'"));
  BOOST_TEST(says(CredentialsRefused{"x", "Bearer {token}", ""}, "e.g. 'Bearer+{token}'"));
}

BOOST_AUTO_TEST_CASE(an_outage_names_its_limit_and_the_last_failure) {
  BOOST_TEST(says(OutageTooLong{"connection refused"}, "for 90 s (--max-outage): connection refused"));
  BOOST_TEST(says(OutageTooLong{}, "(--max-outage): no answer"));
}

BOOST_AUTO_TEST_CASE(too_many_errors_include_held_refusals_and_quote_their_answer) {
  BOOST_TEST(says(TooManyErrors{6, 10, 0, ""}, "6 of 10 operations did not succeed, more than --max-errors 5 allows;"));
  BOOST_TEST(says(TooManyErrors{1, 1, 0, ""}, "1 of 1 operation did not succeed"));
  BOOST_TEST(
      says(TooManyErrors{6, 10, 4, "HTTP 403"}, "(the last 4 were refused alike and have no result yet: HTTP 403)"));
}

BOOST_AUTO_TEST_CASE(uniform_refusals_say_which_of_them_have_a_result) {
  BOOST_TEST(says(RefusedAlike{100, 0, "HTTP 403"}, "They have no result yet"));
  BOOST_TEST(says(RefusedAlike{100, 7, "HTTP 403"}, "7 of them are recorded as rejected"));
}

BOOST_AUTO_TEST_CASE(a_redirect_to_another_service_names_the_endpoint_to_use) {
  const RefusedAlike moved{1, 0, "HTTP 301: redirected to 'https://new.example/x'", "https://new.example"};
  BOOST_TEST(says(moved,
                  "HTTP 301: redirected to 'https://new.example/x'. It has no result yet; if the service is at "
                  "https://new.example now, run 'koobatch resume r.ndjson --endpoint https://new.example'; otherwise "
                  "check --endpoint, and whether a login page,"));
  BOOST_TEST(!says(RefusedAlike{1, 0, "HTTP 302", "http://new.example"}, "--endpoint http"), "not in the open");
  BOOST_TEST(!says(RefusedAlike{100, 0, "HTTP 302"}, "if the service is at"));
}

BOOST_AUTO_TEST_CASE(users_left_out_are_counted_with_the_operations_waiting_for_them) {
  BOOST_TEST(says(UsersLeftOut{1, 1, 0, "tokens"}, "(HTTP 401); left without a result: 1 operation of theirs. Put"));
  BOOST_TEST(says(UsersLeftOut{2, 3, 4, "tokens"}, "and 4 of others that must not overtake them"));
}

BOOST_AUTO_TEST_CASE(an_error_explained_by_another_part_is_passed_on) {
  const Error cause = job_error("a.ndjson: the job was changed");
  BOOST_TEST(described(JobUnusable{cause}).message == cause.message);
  BOOST_TEST(described(JobUnusable{cause}).kind == ErrorKind::job);
  BOOST_TEST(described(ReportUnusable{fatal_error("disk full")}).message == "disk full");
  BOOST_TEST(described(RenewalFailed{fatal_error("no token")}).message == "no token");
}

BOOST_AUTO_TEST_CASE(what_to_do_with_the_rest_depends_on_why_the_run_stopped) {
  const NextStep step = {.command = CommandName::resume, .report = "r", .settings = {{SettingName::max_errors, "N"}}};
  BOOST_TEST(advise_on_rest(TooManyErrors{6, 10, 0, ""}, step, 1) ==
             "1 operation has no result yet; continue with '" + spell(step) + "'");
  BOOST_TEST(advise_on_rest(FirstRejectedAlike{100, "HTTP 403"}, step, 1'900) ==
             "1,900 operations have no result yet and would probably be rejected, too; to try nevertheless, run '" +
                 spell(step) + "'");
}

BOOST_AUTO_TEST_CASE(a_run_without_a_report_of_its_own_cannot_be_resumed) {
  auto settings = settings_of_a_run();
  settings.report.clear();
  for (const StopReason& reason :
       {StopReason(CredentialsRefused{"--token-file ops", "Bearer+{token}", ""}), StopReason(SignatureRefused{}),
        StopReason(EveryUserRefused{100, 401, "", "Bearer {token}", "tokens"}), StopReason(OutageTooLong{}),
        StopReason(TooManyUsersRefused{5, 6, "tokens"}), StopReason(UsersLeftOut{1, 2, 0, "tokens"}),
        StopReason(TooManyErrors{6, 10, 0, ""}), StopReason(FirstRejectedAlike{100, "HTTP 400"}),
        StopReason(RefusedAlike{100, 0, "HTTP 403"})}) {
    const auto error = describe(reason, settings);
    BOOST_TEST(error.message.find("koobatch") == std::string::npos, error.message);
    BOOST_TEST((error.next_step == nullptr), error.message);
  }
}

BOOST_AUTO_TEST_SUITE_END()
