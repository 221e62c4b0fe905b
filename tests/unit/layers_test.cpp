#include "koobatch/cli/layers.hpp"
#include "koobatch/cli/recorded.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace koobatch;
using namespace koobatch::cli;

namespace {

/// The sources of settings, the file as text.
struct Sources {
  Flags flags;
  Environment environment = {};
  std::string file = {};
  Flags recorded = {};

  Result<Resolved> resolved(Verb verb = Verb::run) const {
    return resolve(verb, {flags, recorded, environment, parse_config(file, "k.toml").value(), "k.toml"});
  }
  Options options(Verb verb = Verb::run) const {
    auto result = resolved(verb);
    if (!result) BOOST_FAIL("refused: " + result.error().message);
    return std::move(result->options);
  }
  std::string refusal(Verb verb = Verb::run) const {
    const auto result = resolved(verb);
    return result ? "accepted" : result.error().message;
  }
  std::set<std::string> told(Verb verb) const {
    const auto result = resolved(verb);
    if (!result) BOOST_FAIL("refused: " + result.error().message);
    return {result->settings.begin(), result->settings.end()};
  }
};
Sources sources(Flags flags, Environment environment = {}, std::string file = {}) {
  return {std::move(flags), std::move(environment), std::move(file)};
}

/// How many of the lines are about this option.
std::size_t named(const std::set<std::string>& told, std::string_view option) {
  return static_cast<std::size_t>(std::count_if(
      told.begin(), told.end(), [&](const std::string& line) { return line.substr(0, line.find(" = ")) == option; }));
}

}  // namespace

#define CHECK_SAYS(text, part) BOOST_TEST(text.find(part) != std::string::npos, "said: " << (text))

BOOST_AUTO_TEST_SUITE(layers)

// A run that goes on.

BOOST_AUTO_TEST_CASE(a_run_that_goes_on_means_the_same_requests_whatever_stands_around_it) {
  const Sources given{{},
                      {{"KOOBATCH_LANGUAGE", "de-DE"}, {"KOOBATCH_SKIP_INVALID", "1"}},
                      "user-id = '99'\n[resume]\nlanguage = 'fr-FR'\n[retry]\nlanguage = 'fr-FR'\n",
                      {{"simulate", {"true"}}}};
  for (const Verb verb : {Verb::resume, Verb::retry}) {
    const auto run = given.options(verb).run;
    BOOST_TEST(run.reader.default_user == "");
    BOOST_TEST(run.reader.default_language == "");
    BOOST_TEST(!run.skip_invalid);
    BOOST_TEST(run.recorded == R"({"simulate":"true"})");
  }
  auto begun_so = given;
  begun_so.recorded["language"] = {"en-US"};
  BOOST_TEST(begun_so.options(Verb::resume).run.reader.default_language == "en-US");
  BOOST_TEST(given.options(Verb::run).run.reader.default_language == "de-DE", "it is a setting of new runs");
}

// Choices.

BOOST_AUTO_TEST_CASE(a_section_wins_over_what_stands_above_it_where_only_one_can_be) {
  const std::string above = "endpoint = 'https://drive.example'\ntoken-file = 't'\n";
  BOOST_TEST(sources({}, {}, above + "[run]\nsimulate = true\n").options().endpoint == "");
  const auto token = sources({}, {}, above + "[run]\ntoken-command = 'get'\n").options().run.credentials;
  BOOST_TEST(token.token_command == "get");
  BOOST_TEST(token.token_file == "");
  const auto app = sources({}, {}, above + "[run]\napp-id = 'a'\napp-secret-file = 's'\n").options().run;
  BOOST_TEST(app.app.id == "a");
  BOOST_TEST(!app.credentials.any());
  // Both above are a contradiction still, and the environment wins over a section.
  const auto both = sources({}, {}, above + "simulate = true\n").options();
  BOOST_TEST((both.simulate && !both.endpoint.empty()));
  const Sources real{{}, {{"KOOBATCH_ENDPOINT", "https://drive.example"}}, "[run]\nsimulate = true\n"};
  BOOST_TEST(!real.options().simulate);
}

BOOST_AUTO_TEST_CASE(a_refresh_token_goes_with_the_token_it_renews) {
  const Flags tokens = {{"token-file", {"/t"}}, {"refresh-token-file", {"/r"}}};
  const std::string file = "token-file = '/t'\nrefresh-token-file = '/r'\n";
  const Flags app = {{"app-id", {"a"}}, {"app-secret-file", {"s"}}};
  for (const Sources& given :
       {Sources{app, {}, file}, Sources{app, {}, "", tokens}, Sources{{{"tokens-file", {"u"}}}, {}, file}}) {
    const auto verb = given.recorded.empty() ? Verb::run : Verb::resume;
    const auto credentials = given.options(verb).run.credentials;
    BOOST_TEST(credentials.refresh_token_file == "");
    BOOST_TEST(credentials.token_file == "");
  }
  // Another place of the token is no other way: what is got for the refresh token replaces either.
  const auto elsewhere = sources({{"token-env", {"T"}}}, {}, file).options().run.credentials;
  BOOST_TEST(elsewhere.refresh_token_file == "/r");
  // Neither is an app that a more direct token has silenced.
  const Sources silenced{{{"token-env", {"T"}}}, {{"KOOBATCH_APP_ID", "a"}, {"KOOBATCH_APP_SECRET_FILE", "s"}}, file};
  BOOST_TEST(silenced.options().run.credentials.refresh_token_file == "/r");
  BOOST_TEST(!silenced.options().run.app.any());
  // Said on one and the same line, they contradict each other: nobody is silenced.
  auto both = app;
  both["refresh-token-file"] = {"/r"};
  BOOST_TEST(sources(both).options().run.credentials.refresh_token_file == "/r");
}

// What the report records.

BOOST_AUTO_TEST_CASE(what_a_report_cannot_record_is_refused) {
  CHECK_SAYS(sources({{"cacert", {"/tmp/\xff.pem"}}}).refusal(), "--cacert '/tmp/\xff.pem': must be UTF-8");
  CHECK_SAYS(sources({}, {{"KOOBATCH_TOKEN_ENV", "\xc3"}}).refusal(), "KOOBATCH_TOKEN_ENV '\xc3': must be UTF-8");
  CHECK_SAYS(sources({}, {}, "key = '\xff'").refusal(), "k.toml:1: key '\xff': must be UTF-8");
  BOOST_TEST(sources({{"report", {"\xff"}}}).refusal() == "accepted", "it is not recorded");
  BOOST_TEST(sources({{"cacert", {"/Zertifikate für KooDrive.pem"}}}).refusal() == "accepted");
}

BOOST_AUTO_TEST_CASE(an_empty_list_sets_nothing_and_is_refused) {
  CHECK_SAYS(sources({}, {}, "\nfault = []\n").refusal(), "k.toml:2: fault: the list is empty; leave the setting out");
}

BOOST_AUTO_TEST_CASE(every_value_of_a_list_is_recorded_and_read_back) {
  for (const std::vector<std::string>& faults :
       std::vector<std::vector<std::string>>{{"reset,rate=0.1"}, {"reset,rate=0.1", "status=503,rate=0.2"}}) {
    const auto recorded = parse_recorded(sources({{"fault", faults}}).options().run.recorded).value();
    BOOST_TEST(recorded.at("fault") == faults, boost::test_tools::per_element());
  }
}

// What is in force.

BOOST_AUTO_TEST_CASE(a_benchmark_tells_what_it_takes_for_granted_and_nothing_else) {
  const auto bare = sources({}).told(Verb::bench);
  for (const char* line : {"simulate = true (default)", "user-id = bench (default)", "duration = 10s (default)"}) {
    BOOST_TEST(bare.count(line) == 1U, line);
  }
  const auto counted = sources({{"operations", {"5"}}}, {{"KOOBATCH_SIMULATE", "0"}}).told(Verb::bench);
  BOOST_TEST(counted.count("operations = 5 (command line)") == 1U);
  BOOST_TEST(counted.count("simulate = true (default)") == 1U);
  BOOST_TEST(named(counted, "duration") == 0U);
  BOOST_TEST(named(counted, "simulate") == 1U);
  const auto real = sources({{"endpoint", {"https://drive.example"}}}).told(Verb::bench);
  BOOST_TEST(named(real, "simulate") == 0U);
  BOOST_TEST(named(real, "user-id") == 0U);
}

BOOST_AUTO_TEST_CASE(a_benchmark_ends_as_the_more_direct_source_says) {
  const auto bench = sources({{"operations", {"5"}}}, {{"KOOBATCH_DURATION", "30s"}}).options(Verb::bench).bench;
  BOOST_TEST(bench.operations == 5U);
  BOOST_TEST((bench.duration == Duration::zero()));
}

BOOST_AUTO_TEST_CASE(no_token_is_in_force_with_the_embedded_service) {
  const std::string file = "token-file = 't'\nrefresh-token-file = 'r'\n";
  for (const Environment& environment : {Environment(), Environment{{"KOOBATCH_TOKENS_FILE", "u"}}}) {
    const auto told = sources({{"simulate", {"true"}}}, environment, file).told(Verb::run);
    for (const char* name : {"token-file", "refresh-token-file", "tokens-file"}) {
      BOOST_TEST(named(told, name) == 0U, name);
    }
  }
  BOOST_TEST(named(sources({{"simulate", {"true"}}}, {}, "app-id = 'a'\n").told(Verb::run), "app-id") == 1U,
             "it verifies signatures");
}

BOOST_AUTO_TEST_CASE(a_default_is_told_if_it_could_be_given_as_a_value) {
  const auto run = sources({}).told(Verb::run);
  for (const char* line : {"latency = 0 (default)", "seed = 0 (default)", "connections = 16 (default)",
                           "deadline = 10m (default)", "log-format = text (default)", "lock-wait = 0 (default)"}) {
    BOOST_TEST(run.count(line) == 1U, line);
  }
  for (const char* name : {"key", "report", "rate", "burst", "format"}) BOOST_TEST(named(run, name) == 0U, name);
  BOOST_TEST(named(sources({}).told(Verb::simulate), "token-file") == 0U);
  BOOST_TEST(named(sources({}).told(Verb::bench), "folder") == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
