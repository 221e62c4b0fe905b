#include "cli/settings/precedence.hpp"
#include "cli/commands/bench.hpp"
#include "cli/running/run_settings.hpp"
#include "cli/settings/recorded.hpp"
#include "cli/settings/shared_settings.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace koobatch;
using namespace koobatch::cli;

namespace {

/// The settings of a command that are in force, in its task.
struct Resolved {
  std::vector<Setting> settings;
  std::shared_ptr<Task> task;
  std::string to_record;

  /// Of a command that runs a job: what its settings amount to.
  engine::RunSettings run() const { return to_run_settings(group<Running>()); }
  template <class Group>
  Group group() const {
    const auto* found = task->groups().find<Group>();
    BOOST_REQUIRE(found != nullptr);
    return *found;
  }
};

/// The sources of settings, the file as text.
struct Given {
  Flags flags;
  Environment environment = {};
  std::string file = {};
  Flags recorded = {};

  Result<Resolved> resolved(const char* name) const {
    const Command& command = *command_named(name);
    auto config = parse_config(file, "k.toml");
    if (!config) return config.error();
    auto settings = settings_in_force(command, {flags, recorded, environment, *config});
    if (!settings) return settings.error();
    auto task = command.begin();
    if (auto stored = store(*settings, task->groups()); !stored) return stored.error();
    auto to_record = record_settings(*settings);
    if (!to_record) return to_record.error();
    return Resolved{std::move(*settings), std::move(task), std::move(*to_record)};
  }
  Resolved accepted(const char* command = "run") const {
    auto result = resolved(command);
    if (!result) BOOST_FAIL("refused: " + result.error().message);
    return *result;
  }
  std::string refusal(const char* command = "run") const {
    const auto result = resolved(command);
    return result ? "accepted" : result.error().message;
  }
  std::set<std::string> told(const char* command) const {
    const auto lines = describe_settings(options_of(*command_named(command)), accepted(command).settings);
    return {lines.begin(), lines.end()};
  }
};
Given sources(Flags flags, Environment environment = {}, std::string file = {}) {
  return {std::move(flags), std::move(environment), std::move(file)};
}

/// How many of the lines are about this option.
std::size_t named(const std::set<std::string>& told, std::string_view option) {
  return static_cast<std::size_t>(std::count_if(
      told.begin(), told.end(), [&](const std::string& line) { return line.substr(0, line.find(" = ")) == option; }));
}

}  // namespace

#define CHECK_SAYS(text, part) BOOST_TEST(text.find(part) != std::string::npos, "said: " << (text))

BOOST_AUTO_TEST_SUITE(precedence)

// A resumed run.

BOOST_AUTO_TEST_CASE(a_resumed_run_sends_the_same_requests_whatever_its_surroundings_set) {
  const Given given{{},
                    {{"KOOBATCH_LANGUAGE", "de-DE"}, {"KOOBATCH_SKIP_INVALID", "1"}},
                    "user-id = '99'\n[resume]\nlanguage = 'fr-FR'\n[retry]\nlanguage = 'fr-FR'\n",
                    {{"simulate", {"true"}}}};
  for (const char* command : {"resume", "retry"}) {
    const auto resolved = given.accepted(command);
    const auto run = resolved.run();
    BOOST_TEST(run.reader.default_user == "");
    BOOST_TEST(run.reader.default_language == "");
    BOOST_TEST(!run.skip_invalid);
    BOOST_TEST(resolved.to_record == R"({"simulate":"true"})");
  }
  auto begun_so = given;
  begun_so.recorded["language"] = {"en-US"};
  BOOST_TEST(begun_so.accepted("resume").run().reader.default_language == "en-US");
  BOOST_TEST(given.accepted("run").run().reader.default_language == "de-DE", "it is a setting of new runs");
}

// Choices.

BOOST_AUTO_TEST_CASE(a_section_takes_precedence_over_settings_above_it_where_only_one_can_apply) {
  const std::string above = "endpoint = 'https://drive.example'\ntoken-file = 't'\n";
  BOOST_TEST(sources({}, {}, above + "[run]\nsimulate = true\n").accepted().group<Target>().endpoint == "");
  const auto token = sources({}, {}, above + "[run]\ntoken-command = 'get'\n").accepted().run().credentials;
  BOOST_TEST(token.token_command == "get");
  BOOST_TEST(token.token_file == "");
  const auto app = sources({}, {}, above + "[run]\napp-id = 'a'\napp-secret-file = 's'\n").accepted().run();
  BOOST_TEST(app.app.id == "a");
  BOOST_TEST(!app.credentials.any());
  // Both at the top are still a contradiction, and the environment takes precedence over a section.
  const auto both = sources({}, {}, above + "simulate = true\n").accepted().group<Target>();
  BOOST_TEST((both.simulate && !both.endpoint.empty()));
  const Given real{{}, {{"KOOBATCH_ENDPOINT", "https://drive.example"}}, "[run]\nsimulate = true\n"};
  BOOST_TEST(!real.accepted().group<Target>().simulate);
}

BOOST_AUTO_TEST_CASE(a_refresh_token_goes_with_the_token_it_renews) {
  const Flags tokens = {{"token-file", {"/t"}}, {"refresh-token-file", {"/r"}}};
  const std::string file = "token-file = '/t'\nrefresh-token-file = '/r'\n";
  const Flags app = {{"app-id", {"a"}}, {"app-secret-file", {"s"}}};
  for (const Given& given :
       {Given{app, {}, file}, Given{app, {}, "", tokens}, Given{{{"tokens-file", {"u"}}}, {}, file}}) {
    const auto credentials = given.accepted(given.recorded.empty() ? "run" : "resume").run().credentials;
    BOOST_TEST(credentials.refresh_token_file == "");
    BOOST_TEST(credentials.token_file == "");
  }
  // Another place for the token is not another kind of token: the one that a refresh yields replaces either.
  const auto elsewhere = sources({{"token-env", {"T"}}}, {}, file).accepted().run().credentials;
  BOOST_TEST(elsewhere.refresh_token_file == "/r");
  // Neither is an app that a more direct token has silenced.
  const Given silenced{{{"token-env", {"T"}}}, {{"KOOBATCH_APP_ID", "a"}, {"KOOBATCH_APP_SECRET_FILE", "s"}}, file};
  BOOST_TEST(silenced.accepted().run().credentials.refresh_token_file == "/r");
  BOOST_TEST(!silenced.accepted().run().app.any());
  // On one command line they contradict each other: neither is ignored.
  auto both = app;
  both["refresh-token-file"] = {"/r"};
  BOOST_TEST(sources(both).accepted().run().credentials.refresh_token_file == "/r");
}

// What the report records.

BOOST_AUTO_TEST_CASE(what_a_report_cannot_record_is_refused) {
  CHECK_SAYS(sources({{"cacert", {"/tmp/\xff.pem"}}}).refusal(), "--cacert '/tmp/\xff.pem': must be UTF-8");
  CHECK_SAYS(sources({}, {{"KOOBATCH_TOKEN_ENV", "\xc3"}}).refusal(), "KOOBATCH_TOKEN_ENV '\xc3': must be UTF-8");
  CHECK_SAYS(sources({}, {}, "key = '\xff'").refusal(), "k.toml:1:7: the file must be UTF-8");
  BOOST_TEST(sources({{"report", {"\xff"}}}).refusal() == "accepted", "it is not recorded");
  BOOST_TEST(sources({{"cacert", {"/Zertifikate für KooDrive.pem"}}}).refusal() == "accepted");
}

BOOST_AUTO_TEST_CASE(every_value_of_a_list_is_recorded_and_read_back) {
  for (const std::vector<std::string>& faults :
       std::vector<std::vector<std::string>>{{"reset,rate=0.1"}, {"reset,rate=0.1", "status=503,rate=0.2"}}) {
    const auto recorded = parse_recorded(sources({{"fault", faults}}).accepted().to_record).value();
    BOOST_TEST(recorded.at("fault") == faults, boost::test_tools::per_element());
  }
}

// What is in force.

BOOST_AUTO_TEST_CASE(a_benchmark_lists_its_implied_settings_and_nothing_else) {
  const auto bare = sources({}).told("bench");
  for (const char* line : {"simulate = true (default)", "user-id = bench (default)", "duration = 10s (default)"}) {
    BOOST_TEST(bare.count(line) == 1U, line);
  }
  const auto counted = sources({{"operations", {"5"}}}, {{"KOOBATCH_SIMULATE", "0"}}).told("bench");
  BOOST_TEST(counted.count("operations = 5 (command line)") == 1U);
  BOOST_TEST(counted.count("simulate = true (default)") == 1U);
  BOOST_TEST(named(counted, "duration") == 0U);
  BOOST_TEST(named(counted, "simulate") == 1U);
  const auto real = sources({{"endpoint", {"https://drive.example"}}}).told("bench");
  BOOST_TEST(named(real, "simulate") == 0U);
  BOOST_TEST(named(real, "user-id") == 0U);
}

BOOST_AUTO_TEST_CASE(a_benchmark_ends_as_the_more_direct_source_says) {
  const auto bench = sources({{"operations", {"5"}}}, {{"KOOBATCH_DURATION", "30s"}}).accepted("bench");
  BOOST_TEST(bench.group<BenchSettings>().operations == 5U);
  BOOST_TEST(!Origins(bench.settings).is_set("duration"));
}

BOOST_AUTO_TEST_CASE(no_token_is_in_force_with_the_embedded_service) {
  const std::string file = "token-file = 't'\nrefresh-token-file = 'r'\n";
  for (const Environment& environment : {Environment(), Environment{{"KOOBATCH_TOKENS_FILE", "u"}}}) {
    const auto told = sources({{"simulate", {"true"}}}, environment, file).told("run");
    for (const char* name : {"token-file", "refresh-token-file", "tokens-file"}) {
      BOOST_TEST(named(told, name) == 0U, name);
    }
  }
  BOOST_TEST(named(sources({{"simulate", {"true"}}}, {}, "app-id = 'a'\n").told("run"), "app-id") == 1U,
             "it verifies signatures");
}

BOOST_AUTO_TEST_CASE(a_default_is_listed_if_it_could_be_given_as_a_value) {
  const auto run = sources({}).told("run");
  for (const char* line : {"latency = 0 (default)", "seed = 0 (default)", "connections = 16 (default)",
                           "deadline = 10m (default)", "log-format = text (default)", "lock-wait = 0 (default)"}) {
    BOOST_TEST(run.count(line) == 1U, line);
  }
  for (const char* name : {"key", "report", "rate", "burst", "format"}) BOOST_TEST(named(run, name) == 0U, name);
  BOOST_TEST(named(sources({}).told("simulate"), "token-file") == 0U);
  BOOST_TEST(named(sources({}).told("bench"), "folder") == 0U);
}

BOOST_AUTO_TEST_SUITE_END()
