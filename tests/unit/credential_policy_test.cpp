#include "engine/credential_policy.hpp"

#include "engine_support.hpp"
#include "job_support.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <memory>
#include <ostream>
#include <variant>

using namespace koobatch;
using namespace koobatch::engine;
using namespace std::chrono_literals;
using engine_support::FakeRenewal;
using engine_support::outcome_of;
using Action = CredentialPolicy::Action;
using koodrive::Verdict;

namespace {

constexpr TimePoint start{1h};
const koodrive::Outcome unauthorized = outcome_of(Verdict::unauthorized, 401);
const koodrive::Outcome suspicious = outcome_of(Verdict::suspicious, 400);

RefusedRequest request(const SentCredentials& sent, const koodrive::Outcome& outcome, unsigned corrected = 0,
                       std::string_view user = "1") {
  return {sent, user, outcome, WallTime(1s), corrected};
}

std::unique_ptr<auth::Credentials> one_token() {
  constexpr const char* variable = "KOOBATCH_CREDENTIAL_POLICY_TEST";
  ::setenv(variable, "first", 1);
  auth::CredentialSettings settings;
  settings.token_env = variable;
  return auth::Credentials::load(settings).value();
}

/// One token for all users.
struct Shared {
  std::unique_ptr<auth::Credentials> credentials = one_token();
  FakeRenewal renewal;
  SharedTokenPolicy policy{*credentials, renewal};
  SentCredentials sent;

  Shared() { policy.equip("1", sent); }
};

/// A token for each of two users, which a new file can replace.
struct ForUsers {
  using Tokens = auth::UserCredentials::Tokens;

  job_support::TemporaryFolder folder;
  const std::filesystem::path file = folder.write("tokens", "first");
  std::string present = "";  ///< the suffix of each token, which a new file changes
  auth::UserCredentials credentials{"Bearer {token}", tokens(),
                                    [this](const auto&) { return Result<Tokens>(tokens()); }};
  flow::StoppedUsers stopped;
  UserTokensPolicy policy{credentials, stopped};

  Tokens tokens() const {
    auto tokens = std::make_shared<auth::UserTokens>(file, auth::FileStamp::of(file), 10000);
    for (std::uint32_t user = 1; user <= 200; ++user) {
      tokens->add(std::to_string(user), "t" + std::to_string(user) + present, user);
    }
    return tokens;
  }
  void replace_file() {
    present = "-new";
    std::filesystem::rename(folder.write("new", "second"), file);
  }
  CredentialPolicy::Ruling refuse(std::string_view user, unsigned corrected = 0) {
    SentCredentials sent;
    policy.equip(user, sent);
    return policy.refused(request(sent, unauthorized, corrected, user));
  }
};

}  // namespace

BOOST_AUTO_TEST_SUITE(credential_policy)

BOOST_FIXTURE_TEST_CASE(requests_carry_the_token_in_use, Shared) {
  BOOST_TEST(*sent.header == "Bearer+first");
  BOOST_TEST(sent.secret == "first");
  credentials->adopt(auth::Secret("fresh"));
  policy.equip("1", sent);
  BOOST_TEST(sent.secret == "fresh");
  BOOST_TEST(policy.former_secrets().size() == 1U);
}

BOOST_FIXTURE_TEST_CASE(a_refused_token_is_renewed_up_to_the_limit_and_then_the_run_stops, Shared) {
  renewal.helps = true;
  BOOST_TEST(policy.refused(request(sent, unauthorized, 0)).action == Action::repeat);
  BOOST_TEST(policy.refused(request(sent, unauthorized, 1)).action == Action::repeat);
  const auto last = policy.refused(request(sent, unauthorized, CredentialPolicy::max_corrected));
  BOOST_TEST(last.action == Action::stop);
  BOOST_TEST(std::get<CredentialsRefused>(last.reason.value()).source == "--token-file ops");
  BOOST_TEST(renewal.asked_refused == 2);
}

BOOST_FIXTURE_TEST_CASE(a_refused_token_that_cannot_be_renewed_stops_the_run, Shared) {
  BOOST_TEST(policy.refused(request(sent, unauthorized)).action == Action::stop);
}

BOOST_FIXTURE_TEST_CASE(an_answer_that_may_be_about_the_token_is_believed_after_one_repeat, Shared) {
  renewal.helps = true;
  BOOST_TEST(policy.suspected(request(sent, suspicious, 0)).action == Action::repeat);
  BOOST_TEST(policy.suspected(request(sent, suspicious, 1)).action == Action::believe);
  renewal.helps = false;
  BOOST_TEST(policy.suspected(request(sent, suspicious, 0)).action == Action::believe);
}

BOOST_FIXTURE_TEST_CASE(acceptance_of_the_token_is_reported_once_a_second, Shared) {
  policy.accepted(sent, start);
  policy.accepted(sent, start + 999ms);
  BOOST_TEST(renewal.told_accepted == 1);
  policy.accepted(sent, start + 1s);
  BOOST_TEST(renewal.told_accepted == 2);
}

BOOST_FIXTURE_TEST_CASE(acceptance_of_an_earlier_token_proves_nothing_about_the_present_one, Shared) {
  const SentCredentials earlier = sent;
  credentials->adopt(auth::Secret("fresh"));
  policy.equip("1", sent);
  policy.accepted(earlier, start);
  BOOST_TEST(renewal.told_accepted == 0);
  policy.accepted(sent, start);
  BOOST_TEST(renewal.told_accepted == 1);
}

BOOST_AUTO_TEST_CASE(a_refused_signature_stops_the_run_and_gives_the_requests_date) {
  const auto credentials = auth::Credentials::simulated();
  AppSignaturePolicy policy(*credentials);
  SentCredentials sent;
  policy.equip("1", sent);
  const auto ruling = policy.refused(request(sent, unauthorized));
  BOOST_TEST(ruling.action == Action::stop);
  BOOST_TEST((std::get<SignatureRefused>(ruling.reason.value()).x_date == WallTime(1s)));
  BOOST_TEST(policy.suspected(request(sent, suspicious)).action == Action::believe);
}

BOOST_FIXTURE_TEST_CASE(a_refused_token_of_one_user_stops_only_that_user, ForUsers) {
  const auto ruling = refuse("7");
  BOOST_TEST(ruling.action == Action::leave_out);
  BOOST_TEST(ruling.stopped_users == 1U);
  BOOST_TEST(!ruling.reason.has_value());
  BOOST_TEST(refuse("7").stopped_users == 0U, "it was stopped before");
  BOOST_TEST(refuse("8").stopped_users == 2U);
}

BOOST_FIXTURE_TEST_CASE(a_new_tokens_file_helps_a_user_who_is_not_stopped_yet, ForUsers) {
  BOOST_TEST(refuse("7").action == Action::leave_out);
  replace_file();
  BOOST_TEST(refuse("8").action == Action::repeat);
  BOOST_TEST(refuse("7").action == Action::leave_out, "later operations on the same keys have been left out already");
  SentCredentials sent;
  policy.equip("8", sent);
  BOOST_TEST(sent.secret == "t8-new");
}

BOOST_FIXTURE_TEST_CASE(a_service_that_accepts_no_users_token_stops_the_run, ForUsers) {
  CredentialPolicy::Ruling last;
  for (std::uint32_t user = 1; !last.reason && user <= 200; ++user) last = refuse(std::to_string(user));
  BOOST_TEST(last.action == Action::leave_out);
  BOOST_TEST(std::get<EveryUserRefused>(last.reason.value()).users == flow::StoppedUsers::hopeless_from);
  BOOST_TEST(std::get<EveryUserRefused>(*last.reason).tokens_file == file.string());
}

BOOST_FIXTURE_TEST_CASE(a_service_that_accepted_one_users_token_never_stops_the_run_for_others, ForUsers) {
  policy.accepted({}, start);
  for (std::uint32_t user = 1; user <= 200; ++user) BOOST_TEST(!refuse(std::to_string(user)).reason.has_value());
}

BOOST_AUTO_TEST_SUITE_END()
