#include "cli/command_line.hpp"
#include "cli/commands/bench.hpp"
#include "cli/commands/resume.hpp"
#include "cli/commands/retry.hpp"
#include "cli/commands/run.hpp"
#include "cli/commands/set.hpp"
#include "cli/commands/simulate.hpp"
#include "cli/commands/submit.hpp"
#include "cli/reference/reference.hpp"
#include "cli/running/job_files.hpp"
#include "cli/running/run_settings.hpp"
#include "cli/settings/precedence.hpp"
#include "cli/settings/recorded.hpp"
#include "contains.hpp"
#include "sim_printing.hpp"
#include "temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <set>

using namespace koobatch;
using namespace koobatch::cli;
using namespace std::chrono_literals;
using koobatch::test::contains;

namespace {

/// A command line in its surroundings.
struct Given {
  std::vector<std::string> arguments;
  Environment environment;
  std::string config;           ///< what the configuration file holds
  std::string recorded = "{}";  ///< the settings in the report's first line

  Result<std::variant<Invocation, Information>> parse() const {
    return parse_command_line(
        arguments, environment,
        {[this](const std::filesystem::path&) -> Result<std::string> { return config; },
         [this](const std::filesystem::path&) -> Result<Flags> { return parse_recorded(recorded); }});
  }
  Invocation accepted() const {
    auto parsed = parse();
    if (!parsed) BOOST_FAIL("refused: " + parsed.error().message);
    return std::get<Invocation>(*parsed);
  }
  /// One group of the settings.
  template <class Group>
  Group group() const {
    const auto invocation = accepted();
    const auto* found = invocation.find<Group>();
    if (found == nullptr) BOOST_FAIL("the command has no such settings");
    return *found;
  }
  /// Of a command that runs a job: its settings before they are checked.
  engine::RunSettings unchecked() const {
    auto settings = to_run_settings(group<Running>());
    settings.recorded = accepted().call.to_record;
    return settings;
  }
  engine::RunSettings settings() const {
    const auto invocation = accepted();
    const auto prepared = prepare_run(*invocation.find<RunCommandSettings>(), invocation.call, WallTime());
    if (!prepared) BOOST_FAIL("refused: " + prepared.error().message);
    return *prepared;
  }
  std::string information() const {
    const auto parsed = parse();
    BOOST_REQUIRE(parsed.has_value());
    return std::get<Information>(*parsed).text;
  }
  /// The message of parsing or, if that succeeds, of the checks that follow it.
  std::string refusal() const {
    const auto parsed = parse();
    if (!parsed) return message(parsed.error());
    const auto& invocation = std::get<Invocation>(*parsed);
    if (const auto* submit = invocation.find<SubmitSettings>()) {
      const auto prepared = prepare_submit(*submit, invocation.call, WallTime());
      return prepared ? "accepted" : message(prepared.error());
    }
    if (const auto* simulate = invocation.find<SimulateSettings>()) {
      const auto prepared = prepare_simulate(*simulate, invocation.call);
      return prepared ? "accepted" : message(prepared.error());
    }
    if (const auto* bench = invocation.find<BenchSettings>()) {
      const auto prepared = prepare_bench(*bench, invocation.call, WallTime());
      return prepared ? "accepted" : message(prepared.error());
    }
    const auto* run = invocation.find<RunCommandSettings>();
    if (run == nullptr) return "accepted";
    const auto prepared = prepare_run(*run, invocation.call, WallTime());
    return prepared ? "accepted" : message(prepared.error());
  }

 private:
  static std::string message(const Error& error) {
    BOOST_TEST(error.kind == ErrorKind::usage);
    return error.message;
  }
};

std::vector<std::string> run_with(std::vector<std::string> flags) {
  std::vector<std::string> arguments = {"run", "jobs/a.ndjson"};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  return arguments;
}

/// A run on the embedded service with these flags.
Given simulated(std::vector<std::string> flags, Environment environment = {}, std::string config = {}) {
  flags.insert(flags.begin(), "--simulate");
  return {run_with(std::move(flags)), std::move(environment), std::move(config)};
}

Given to_endpoint(std::vector<std::string> flags, Environment environment = {}, std::string config = {}) {
  flags.insert(flags.begin(), {"--endpoint", "https://drive.example"});
  return {run_with(std::move(flags)), std::move(environment), std::move(config)};
}

Given bench_with(std::vector<std::string> flags, Environment environment) {
  flags.insert(flags.begin(), "bench");
  return {std::move(flags), std::move(environment), {}};
}
BenchPlan benchmark(std::vector<std::string> flags, Environment environment = {}) {
  const auto invocation = bench_with(std::move(flags), std::move(environment)).accepted();
  const auto plan = prepare_bench(*invocation.find<BenchSettings>(), invocation.call, WallTime());
  if (!plan) BOOST_FAIL("refused: " + plan.error().message);
  return *plan;
}
/// Of parsing, or of the checks that follow it.
std::string bench_refusal(std::vector<std::string> flags, Environment environment = {}) {
  const auto parsed = bench_with(std::move(flags), std::move(environment)).parse();
  if (!parsed) return parsed.error().message;
  const auto& invocation = std::get<Invocation>(*parsed);
  const auto plan = prepare_bench(*invocation.find<BenchSettings>(), invocation.call, WallTime());
  return plan ? "accepted" : plan.error().message;
}

}  // namespace

#define CHECK_SAYS(text, part) BOOST_TEST(contains(text, part), "said: " << (text))

BOOST_AUTO_TEST_SUITE(options)

// What flags mean.

BOOST_AUTO_TEST_CASE(a_bare_run_has_the_documented_defaults) {
  const auto run = simulated({}).settings();
  BOOST_TEST(run.simulated);
  BOOST_TEST(run.job == "jobs/a.ndjson");
  BOOST_TEST(run.report == "a.report.ndjson");
  BOOST_TEST(run.reader.format == job::Format::ndjson);
  BOOST_TEST(run.reader.require_user);
  BOOST_TEST(!run.skip_invalid);
  BOOST_TEST(run.connections == 16U);
  BOOST_TEST(run.http2_connections == 4U);
  BOOST_TEST(run.streams == 32U);
  BOOST_TEST(run.http == net::HttpChoice::automatic);
  BOOST_TEST(run.threads == 1U);
  BOOST_TEST(run.pace.rate == 0);
  BOOST_TEST(!run.ask_quota);
  BOOST_TEST((run.pace.max_outage == 10min));
  BOOST_TEST(run.scheduler.max_attempts == 5U);
  BOOST_TEST((run.scheduler.retry.base == 200ms));
  BOOST_TEST((run.scheduler.retry.cap == 20s));
  BOOST_TEST((run.connect_timeout == 5s));
  BOOST_TEST((run.timeout == 30s));
  BOOST_TEST((run.scheduler.deadline == 10min));
}

BOOST_AUTO_TEST_CASE(every_run_flag_reaches_its_setting) {
  const auto run = to_endpoint({"--report",
                                "r.ndjson",
                                "--format",
                                "csv",
                                "--user-id",
                                "42",
                                "--language",
                                "de-DE",
                                "--token-file",
                                "t",
                                "--authorization",
                                "AT {token}",
                                "--connections",
                                "64",
                                "--streams",
                                "100",
                                "--http",
                                "2",
                                "--threads",
                                "4",
                                "--rate",
                                "60/min",
                                "--burst",
                                "7",
                                "--ask-quota",
                                "--max-attempts",
                                "200",
                                "--retry-base",
                                "1s",
                                "--retry-cap",
                                "2s",
                                "--connect-timeout",
                                "3s",
                                "--timeout",
                                "4s",
                                "--deadline",
                                "5m",
                                "--max-outage",
                                "6m",
                                "--skip-invalid",
                                "--cacert",
                                "ca",
                                "--cert",
                                "c",
                                "--key",
                                "k"})
                       .settings();
  BOOST_TEST(run.endpoint.host == "drive.example");
  BOOST_TEST(!run.simulated);
  BOOST_TEST(run.report == "r.ndjson");
  BOOST_TEST(run.reader.format == job::Format::csv);
  BOOST_TEST(run.reader.default_user == "42");
  BOOST_TEST(run.reader.default_language == "de-DE");
  BOOST_TEST(run.credentials.token_file == "t");
  BOOST_TEST(run.credentials.authorization == "AT {token}");
  BOOST_TEST(run.connections == 64U);
  BOOST_TEST(run.http2_connections == 64U);
  BOOST_TEST(run.streams == 100U);
  BOOST_TEST(run.http == net::HttpChoice::http2);
  BOOST_TEST(run.threads == 4U);
  BOOST_TEST(run.pace.rate == 1.0);
  BOOST_TEST(run.pace.burst == 7U);
  BOOST_TEST(run.ask_quota);
  BOOST_TEST(run.scheduler.max_attempts == 200U);
  BOOST_TEST((run.scheduler.retry.base == 1s));
  BOOST_TEST((run.scheduler.retry.cap == 2s));
  BOOST_TEST((run.connect_timeout == 3s));
  BOOST_TEST((run.timeout == 4s));
  BOOST_TEST((run.scheduler.deadline == 5min));
  BOOST_TEST((run.pace.max_outage == 6min));
  BOOST_TEST(run.skip_invalid);
  BOOST_TEST(run.tls.cacert == "ca");
  BOOST_TEST(run.tls.cert == "c");
  BOOST_TEST(run.tls.key == "k");
  BOOST_TEST(to_endpoint({"--token-env", "T", "--insecure"}).settings().tls.insecure);
  BOOST_TEST(to_endpoint({"--token-env", "T"}).settings().credentials.token_env == "T");
}

BOOST_AUTO_TEST_CASE(every_command_has_the_presentation_options) {
  const auto given = simulated({"--progress", "plain", "--log-format", "json", "-v"});
  const auto shown = given.group<Presentation>();
  BOOST_TEST(given.group<ProgressOutput>().mode == observe::ProgressMode::plain);
  BOOST_TEST(shown.log_format == observe::log::Format::json);
  BOOST_TEST(shown.verbose);
  BOOST_TEST(!shown.quiet);
  for (const char* command : {"validate", "report", "trace"}) {
    BOOST_TEST((Given{{command, "x.ndjson", "-q"}, {}, {}}.group<Presentation>().quiet), command);
  }
  BOOST_TEST((Given{{"simulate", "-q"}, {}, {}}.group<Presentation>().quiet));
  BOOST_TEST((Given{{"bench", "-q"}, {}, {}}.group<Presentation>().quiet));
}

BOOST_AUTO_TEST_CASE(the_embedded_service_is_set_up_by_the_same_flags_in_run_and_simulate) {
  const std::vector<std::string> flags = {"--latency",
                                          "5ms",
                                          "--jitter",
                                          "2ms",
                                          "--fault",
                                          "status=503,rate=0.5",
                                          "--fault",
                                          "reset,rate=0.1",
                                          "--fault",
                                          "date=+2s,rate=0.1",
                                          "--throttle",
                                          "100/s",
                                          "--seed",
                                          "9",
                                          "--throttle-per-user",
                                          "20/s"};
  std::vector<std::string> alone = {"simulate", "--port", "8080", "--log", "l", "--cert", "c", "--key", "k"};
  alone.insert(alone.end(), flags.begin(), flags.end());
  const auto invocation = Given{alone, {}, {}}.accepted();
  const auto simulator = prepare_simulate(*invocation.find<SimulateSettings>(), invocation.call).value();
  BOOST_TEST(simulator.port == 8080U);
  BOOST_TEST(simulator.log == "l");
  BOOST_TEST(simulator.certificate == "c");
  BOOST_TEST(simulator.key == "k");
  for (const auto& s : {simulator, simulator_settings(simulated(flags).group<EmbeddedService>())}) {
    BOOST_TEST((s.latency == 5ms));
    BOOST_TEST((s.jitter == 2ms));
    BOOST_TEST_REQUIRE(s.faults.size() == 2U);
    BOOST_TEST(s.faults[0].status == 503);
    BOOST_TEST(s.faults[1].kind == sim::FaultKind::reset);
    BOOST_TEST_REQUIRE(s.throttle.rates.size() == 1U);
    BOOST_TEST(s.throttle.rates[0].rate == 100.0);
    BOOST_TEST(s.throttle_per_user == 20.0);
    BOOST_TEST_REQUIRE(s.clock_faults.size() == 1U);
    BOOST_TEST((s.clock_faults[0].offset == 2s));
    BOOST_TEST(s.seed == 9U);
  }
}

BOOST_AUTO_TEST_CASE(the_simulated_service_has_items_and_lists_that_change) {
  const auto settings = [](std::vector<std::string> flags) {
    flags.insert(flags.begin(), "simulate");
    const auto invocation = Given{std::move(flags), {}, {}}.accepted();
    return prepare_simulate(*invocation.find<SimulateSettings>(), invocation.call).value();
  };
  const auto made_up = settings(
      {"--items", "1000,users=10,albums=200", "--fault", "list=cut,page=3", "--fault", "list=total", "--names", "405"});
  BOOST_TEST_REQUIRE(made_up.made_up_items.has_value());
  BOOST_TEST(made_up.made_up_items->count == 1000U);
  BOOST_TEST(made_up.made_up_items->users == 10U);
  BOOST_TEST(made_up.made_up_items->albums == 200U);
  BOOST_TEST_REQUIRE(made_up.list_faults.size() == 2U);
  BOOST_TEST(made_up.list_faults[0].page == 3U);
  BOOST_TEST(made_up.name_clash == sim::NameClash::refuse);
  BOOST_TEST(settings({"--items", "0"}).has_items());
  const auto loaded = settings({"--state", "s", "--names", "stamp"});
  BOOST_TEST(loaded.items_file == "s");
  BOOST_TEST(loaded.name_clash == sim::NameClash::stamp);
  BOOST_TEST(!settings({"--names", "accept"}).has_items());
}

BOOST_AUTO_TEST_CASE(what_is_about_items_needs_items) {
  const auto said = [](std::vector<std::string> flags) {
    flags.insert(flags.begin(), "simulate");
    return Given{std::move(flags), {}, {}}.refusal();
  };
  CHECK_SAYS(said({"--state", "s", "--items", "1"}), "--state and --items exclude each other");
  CHECK_SAYS(said({"--names", "405"}), "--names needs --state or --items");
  CHECK_SAYS(said({"--fault", "list=cut"}), "--fault list=… needs --state or --items");
  CHECK_SAYS(said({"--items", "1,albums=2"}), "the albums '2' are not a number from 0 to 1");
  CHECK_SAYS(said({"--items", "1", "--fault", "list=swap"}), "unknown change of a list 'swap'");
  CHECK_SAYS(said({"--fault", "lists"}), "list=CHANGE");
}

BOOST_AUTO_TEST_CASE(lists_change_only_in_simulate) {
  for (const char* command : {"run", "bench"}) {
    std::vector<std::string> arguments = {command, "--simulate", "--fault", "list=cut"};
    if (std::string_view(command) == "run") arguments.emplace_back("job.ndjson");
    CHECK_SAYS((Given{arguments, {}, {}}.refusal()), "--fault list=… works only with koobatch simulate");
  }
  CHECK_SAYS((Given{{"run", "--help"}, {}, {}}.information()), "list=CHANGE");
}

BOOST_AUTO_TEST_CASE(a_flag_given_twice_counts_the_last_time) {
  BOOST_TEST(simulated({"--threads", "2", "--threads", "3"}).settings().threads == 3U);
  BOOST_TEST(simulated({"-v", "-v"}).group<Presentation>().verbose);
  BOOST_TEST(!simulated({"-v", "--verbose=false"}).group<Presentation>().verbose);
}

BOOST_AUTO_TEST_CASE(arguments_stand_before_between_and_after_flags) {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{"run", "a.csv", "--simulate", "--fault", "reset,rate=0.1"},
                                             {"run", "--simulate", "a.csv", "--fault", "reset,rate=0.1"},
                                             {"run", "--simulate", "--fault", "reset,rate=0.1", "a.csv"},
                                             {"run", "--simulate", "--fault=reset,rate=0.1", "--", "a.csv"}}) {
    const auto invocation = Given{arguments, {}, {}}.accepted();
    BOOST_TEST(invocation.call.arguments == std::vector<std::string>{"a.csv"}, boost::test_tools::per_element());
    BOOST_TEST(invocation.find<EmbeddedService>()->faults.size() == 1U);
  }
}

BOOST_AUTO_TEST_CASE(trace_takes_reports_after_its_id) {
  const auto invocation = Given{{"trace", "0101", "a", "b"}, {}, {}}.accepted();
  const std::vector<std::string> expected = {"0101", "a", "b"};
  BOOST_TEST(invocation.call.arguments == expected, boost::test_tools::per_element());
}

// Where settings come from.

BOOST_AUTO_TEST_CASE(a_flag_wins_over_the_environment_and_that_over_the_file) {
  const Environment environment = {{"KOOBATCH_CONFIG", "k.toml"}, {"KOOBATCH_RATE", "20/s"}};
  const std::string config = "rate = \"30/s\"\nthreads = 3\n";
  BOOST_TEST(simulated({"--rate", "10/s"}, environment, config).settings().pace.rate == 10.0);
  BOOST_TEST(simulated({}, environment, config).settings().pace.rate == 20.0);
  BOOST_TEST(simulated({"--config", "k.toml"}, {}, config).settings().pace.rate == 30.0);
  BOOST_TEST(simulated({}, environment, config).settings().threads == 3U);
}

BOOST_AUTO_TEST_CASE(the_file_named_by_the_flag_wins_over_the_one_named_by_the_environment) {
  std::vector<std::string> read;
  const auto parsed = parse_command_line({"run", "a.csv", "--simulate", "--config", "flag.toml"},
                                         {{"KOOBATCH_CONFIG", "variable.toml"}},
                                         {[&](const std::filesystem::path& path) -> Result<std::string> {
                                            read.push_back(path.string());
                                            return std::string();
                                          },
                                          {}});
  BOOST_TEST(parsed.has_value());
  BOOST_TEST(read == std::vector<std::string>{"flag.toml"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_resumed_run_takes_flags_then_the_report_then_environment_then_file) {
  const Given given{{"resume", "r", "--threads", "2", "--config", "k.toml"},
                    {{"KOOBATCH_RATE", "9/s"}, {"KOOBATCH_BURST", "4"}},
                    "rate = \"8/s\"\nburst = 3\ntimeout = \"7s\"",
                    R"({"simulate":"true","rate":"10/s","threads":"1","user-id":"42","fault":["reset,rate=0.1"]})"};
  const auto run = given.unchecked();
  BOOST_TEST(run.simulated);
  BOOST_TEST(run.threads == 2U);
  BOOST_TEST(run.pace.rate == 10.0);
  BOOST_TEST(run.pace.burst == 4U);
  BOOST_TEST((run.timeout == std::chrono::seconds(7)));
  BOOST_TEST(run.reader.default_user == "42");
  BOOST_TEST(given.group<EmbeddedService>().faults.size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_retry_takes_its_settings_as_a_resumed_run_does_and_names_its_own_report) {
  const std::string recorded = R"({"simulate":"true","rate":"10/s","user-id":"42"})";
  const Given given{{"retry", "r", "--report", "new", "--threads", "2"}, {{"KOOBATCH_RATE", "9/s"}}, "", recorded};
  BOOST_TEST(given.group<RetrySettings>().report == "new");
  const auto run = given.unchecked();
  BOOST_TEST(run.threads == 2U);
  BOOST_TEST(run.pace.rate == 10.0);
  BOOST_TEST(run.reader.default_user == "42");
  BOOST_TEST(!Given({{"retry", "r", "--user-id", "43"}, {}, "", recorded}).parse().has_value());
}

BOOST_AUTO_TEST_CASE(a_retrys_report_is_named_after_the_old_one_and_avoids_names_that_are_taken) {
  const auto named = [](const std::string& report, const std::string& old, std::set<std::string> taken) {
    return further_report_path(report, old, "retry", [&](const auto& path) { return taken.count(path.string()) != 0; })
        .string();
  };
  BOOST_TEST(named("", "out/x.report.ndjson", {}) == "out/x.retry-1.report.ndjson");
  BOOST_TEST(named("", "x.report.ndjson", {"x.retry-1.report.ndjson"}) == "x.retry-2.report.ndjson");
  BOOST_TEST(named("", "x.retry-1.report.ndjson", {"x.retry-1.report.ndjson"}) == "x.retry-2.report.ndjson");
  BOOST_TEST(named("", "mine", {}) == "mine.retry-1.report.ndjson");
  BOOST_TEST(named("to/", "out/x.report.ndjson", {}) == "to/x.retry-1.report.ndjson");
  BOOST_TEST(named("this", "x.report.ndjson", {"this"}) == "this");
}

BOOST_AUTO_TEST_CASE(what_a_run_sets_is_recorded_and_read_back_without_what_is_private) {
  const auto recorded =
      simulated({"--rate", "10/s", "--fault", "reset,rate=0.1", "--authorization", "Bearer {token}"}, {}, "")
          .unchecked()
          .recorded;
  const auto flags = parse_recorded(recorded).value();
  BOOST_TEST(flags.at("rate") == std::vector<std::string>{"10/s"}, boost::test_tools::per_element());
  BOOST_TEST(flags.at("fault") == std::vector<std::string>{"reset,rate=0.1"}, boost::test_tools::per_element());
  BOOST_TEST(flags.count("authorization") == 0U);
}

BOOST_AUTO_TEST_CASE(a_resumed_run_refuses_another_user_language_or_treatment_of_invalid_operations) {
  const std::string recorded = R"({"simulate":"true","user-id":"42"})";
  BOOST_TEST(Given({{"resume", "r", "--user-id", "42"}, {}, "", recorded}).parse().has_value());
  BOOST_TEST(!Given({{"resume", "r", "--user-id", "43"}, {}, "", recorded}).parse().has_value());
  BOOST_TEST(!Given({{"resume", "r", "--language", "de-DE"}, {}, "", recorded}).parse().has_value());
  BOOST_TEST(!Given({{"resume", "r", "--skip-invalid"}, {}, "", recorded}).parse().has_value());
  for (const char* command : {"resume", "retry"}) {
    BOOST_TEST(!Given({{command, "r", "--capture"}, {}, "", recorded}).parse().has_value(), command);
    const std::string captured = R"({"simulate":"true","capture":"true"})";
    BOOST_TEST((Given{{command, "r"}, {}, "", captured}.group<JobTreatment>().capture), command);
    BOOST_TEST((!Given{{command, "r"}, {{"KOOBATCH_CAPTURE", "true"}}, "", recorded}.group<JobTreatment>().capture));
  }
}

BOOST_AUTO_TEST_CASE(a_resumed_run_reads_the_values_of_its_job_as_the_report_says) {
  const auto values = [](const std::string& recorded) {
    return Given({{"resume", "r"}, {{"KOOBATCH_TRIM", "false"}}, "", recorded}).unchecked().reader.values;
  };
  const auto as_recorded = values(R"({"simulate":"true","trim":"true","normalize":"nfc","strict":"true"})");
  BOOST_TEST((as_recorded.trim && as_recorded.compose && as_recorded.strict));
  const auto plain = values(R"({"simulate":"true"})");
  BOOST_TEST((!plain.trim && !plain.compose && !plain.strict));
  for (const char* flag : {"--trim", "--normalize=nfc", "--strict"}) {
    BOOST_TEST(!Given({{"resume", "r", flag}, {}, "", R"({"simulate":"true"})"}).parse().has_value(), flag);
  }
  job::ValueTreatment again;
  const auto recorded = simulated({"--trim", "--normalize", "nfc", "--strict"}).unchecked().recorded;
  BOOST_REQUIRE(store_recorded(recorded, Groups(again)).has_value());
  BOOST_TEST((again.trim && again.compose && again.strict));
}

BOOST_AUTO_TEST_CASE(a_rehearsal_is_not_resumed_with_the_service_nor_the_other_way_round) {
  const auto said = [](std::vector<std::string> flags, const char* recorded, Environment environment = {}) {
    flags.insert(flags.begin(), {"resume", "r"});
    const Given given{std::move(flags), std::move(environment), "", recorded};
    const auto checked = check_same_kind_of_service(given.accepted().call.recorded, given.group<Target>());
    return checked ? std::string("accepted") : checked.error().message;
  };
  const char* const rehearsal = R"({"simulate":"true","user-id":"42"})";
  const char* const real = R"({"endpoint":"https://drive.example","token-env":"T"})";
  const char* const endpoint = "https://drive.example";
  CHECK_SAYS(said({"--endpoint", endpoint}, rehearsal), "the run was started with --simulate; it can only continue");
  CHECK_SAYS(said({"--simulate=false"}, rehearsal, {{"KOOBATCH_ENDPOINT", endpoint}}), "started with --simulate");
  CHECK_SAYS(said({"--simulate"}, real), "--simulate: the run was started with --endpoint; it can only continue");
  BOOST_TEST(said({"--simulate"}, rehearsal) == "accepted");
  BOOST_TEST(said({}, rehearsal, {{"KOOBATCH_ENDPOINT", endpoint}}) == "accepted");
  BOOST_TEST(said({"--endpoint", "https://moved.example"}, real) == "accepted", "a service may have moved");
}

BOOST_AUTO_TEST_CASE(every_option_can_be_set_in_the_environment) {
  BOOST_TEST(variable_name("max-attempts") == "KOOBATCH_MAX_ATTEMPTS");
  const auto run = simulated({}, {{"KOOBATCH_MAX_ATTEMPTS", "9"}, {"KOOBATCH_SKIP_INVALID", "1"}}).settings();
  BOOST_TEST(run.scheduler.max_attempts == 9U);
  BOOST_TEST(run.skip_invalid);
  BOOST_TEST(!simulated({}, {{"KOOBATCH_SKIP_INVALID", "false"}}).settings().skip_invalid);
  BOOST_TEST(simulated({}, {{"KOOBATCH_THREADS", ""}}).settings().threads == 1U, "an empty variable is not set");
}

BOOST_AUTO_TEST_CASE(a_configuration_file_holds_text_numbers_switches_and_lists) {
  const auto given = simulated({"--config", "k.toml"}, {}, R"(# how we talk to the test service
user-id = "42"          # the migration's own user
authorization = 'Bearer #{token}'
connections = 32
skip-invalid = true
rate="60/min"

fault = [ "status=503,rate=0.5",   # throttled now and then
          "reset,rate=0.1" ]
)");
  const auto run = given.settings();
  BOOST_TEST(run.reader.default_user == "42");
  BOOST_TEST(run.credentials.authorization == "Bearer #{token}");
  BOOST_TEST(run.connections == 32U);
  BOOST_TEST(run.skip_invalid);
  BOOST_TEST(run.pace.rate == 1.0);
  BOOST_TEST_REQUIRE(given.group<EmbeddedService>().faults.size() == 2U);
  BOOST_TEST(std::get<sim::Fault>(given.group<EmbeddedService>().faults[1]).rate == 0.1);
}

BOOST_AUTO_TEST_CASE(settings_of_other_commands_may_stand_in_environment_and_file) {
  BOOST_TEST(simulated({"--config", "k.toml"}, {{"KOOBATCH_PORT", "80"}}, "log = 'l'\n").settings().threads == 1U);
  const Given validation{{"validate", "a.csv"}, {{"KOOBATCH_RATE", "no rate at all"}}, {}};
  BOOST_TEST(validation.accepted().warnings.empty());
}

BOOST_AUTO_TEST_CASE(a_more_direct_choice_overrules_the_less_direct_ones) {
  // Target: the file names the service, the command line asks for the embedded one.
  const std::string config = "endpoint = 'https://drive.example'\ntoken-file = 't'\n";
  BOOST_TEST(simulated({"--config", "k.toml"}, {}, config).settings().simulated);
  const auto run = to_endpoint({"--token-env", "T"}, {{"KOOBATCH_SIMULATE", "1"}}).settings();
  BOOST_TEST(!run.simulated);
  BOOST_TEST(run.endpoint.host == "drive.example");
  // A switch that is off does not count as a choice.
  const Given off{run_with({"--config", "k.toml"}), {{"KOOBATCH_SIMULATE", "0"}}, config};
  BOOST_TEST(off.settings().endpoint.host == "drive.example");
  // Token.
  const auto other = to_endpoint({"--token-env", "T"}, {{"KOOBATCH_TOKEN_FILE", "t"}}).settings();
  BOOST_TEST(other.credentials.token_env == "T");
  BOOST_TEST(other.credentials.token_file.empty());
}

BOOST_AUTO_TEST_CASE(an_app_and_its_secret_may_come_from_two_places_and_overrule_tokens_together) {
  const auto run = to_endpoint({"--config", "k.toml", "--app-id", "app"}, {{"KOOBATCH_TOKEN_FILE", "t"}},
                               "app-secret-file = 's'\ntoken-env = 'T'\n")
                       .settings();
  BOOST_TEST(run.app.id == "app");
  BOOST_TEST(run.app.secret_file == "s");
  BOOST_TEST(!run.credentials.any());
  const auto token =
      to_endpoint({"--token-env", "T"}, {{"KOOBATCH_APP_ID", "app"}, {"KOOBATCH_APP_SECRET_FILE", "s"}}).settings();
  BOOST_TEST(token.credentials.token_env == "T");
  BOOST_TEST(!token.app.any());
}

BOOST_AUTO_TEST_CASE(the_embedded_service_is_given_no_real_token) {
  const auto run = simulated({}, {{"KOOBATCH_TOKEN_FILE", "t"}}).settings();
  BOOST_TEST(!run.credentials.any());
}

BOOST_AUTO_TEST_CASE(a_variable_that_belongs_to_no_option_is_warned_about_by_its_name_only) {
  const auto warnings =
      to_endpoint({"--token-env", "KOOBATCH_TOKEN"}, {{"KOOBATCH_TOKEN", "s3cret"}, {"KOOBATCH_RATES", "5/s"}})
          .accepted()
          .warnings;
  BOOST_TEST_REQUIRE(warnings.size() == 1U);
  CHECK_SAYS(warnings[0], "KOOBATCH_RATES");
  BOOST_TEST(!contains(warnings[0], "5/s"));
  const Given validation{{"validate", "a.csv"}, {{"KOOBATCH_TOKEN", "s3cret"}}, {}};
  BOOST_TEST(validation.accepted().warnings.empty(), "it may hold the token of a run");
}

BOOST_AUTO_TEST_CASE(a_variable_that_belongs_to_no_option_is_warned_about_by_every_command_that_reads_settings) {
  const Environment misspelled = {{"KOOBATCH_RATES", "5/s"}};
  for (const std::string command : {"validate", "report", "trace", "status", "set", "simulate", "resume", "retry",
                                    "engine", "submit", "work", "collect", "stop", "fence", "forget"}) {
    std::vector<std::string> arguments = {command};
    if (command == "trace") arguments.emplace_back("1");
    if (command == "engine") arguments.emplace_back("init");
    if (command != "simulate" && command != "engine" && command != "work") arguments.emplace_back("r.ndjson");
    if (command == "fence") arguments.emplace_back("3");
    if (command == "set") arguments.emplace_back("--pause");
    const auto warnings = Given{arguments, misspelled, {}}.accepted().warnings;
    BOOST_TEST_REQUIRE(warnings.size() == 1U, command);
    CHECK_SAYS(warnings[0], "KOOBATCH_RATES: no option has this name");
  }
  BOOST_TEST((Given{{"generate", "man"}, misspelled, {}}.accepted().warnings.empty()), "it takes no settings");
}

BOOST_AUTO_TEST_CASE(what_a_configuration_file_gets_wrong_is_named_with_its_place) {
  const auto said = [](const std::string& config) { return simulated({"--config", "k.toml"}, {}, config).refusal(); };
  CHECK_SAYS(said("\nrates = '5/s'\n"), "k.toml:2:1: unknown setting 'rates'; did you mean 'rate'?");
  CHECK_SAYS(said("frobnicate = 1\n"), "unknown setting 'frobnicate'; settings are named like the flags");
  CHECK_SAYS(said("config = 'other'\n"), "k.toml:1:1: 'config' cannot be set in the configuration file it names");
  CHECK_SAYS(said("rate = '500'\n"), "k.toml:1:1: rate '500': a unit is missing");
  CHECK_SAYS(said("threads = [1, 2]\n"), "k.toml:1:1: threads takes one value, not a list");
  CHECK_SAYS(said("\nfault = []\n"), "k.toml:2:1: fault: the list is empty; leave the setting out");
  CHECK_SAYS(said("skip-invalid = 2\n"), "k.toml:1:1: skip-invalid '2': must be true or false");
  CHECK_SAYS(said("yes = true\n"), "k.toml:1:1: yes is accepted only on the command line; give --yes there");
  CHECK_SAYS(said("rate = 500/s\n"), "k.toml:1:11: the value is neither a number nor true or false; text needs quotes");
}

BOOST_AUTO_TEST_CASE(a_section_for_an_unknown_command_and_a_setting_that_its_command_does_not_take_are_named) {
  const auto said = [](const std::string& config) { return simulated({"--config", "k.toml"}, {}, config).refusal(); };
  CHECK_SAYS(said("\n[rnu]\n"), "k.toml:2:2: unknown section [rnu]; did you mean [run]?");
  CHECK_SAYS(said("[frobnicate]\nrate = '5/s'\n"), "unknown section [frobnicate]; a section is for one command, which");
  CHECK_SAYS(said("[run]\nport = 80\n"), "k.toml:2:1: 'port' is a setting of simulate, not of run");
  CHECK_SAYS(said("[report]\nrate = '5/s'\n"),
             "k.toml:2:1: 'rate' is a setting of run, resume, retry, verify, export, plan, bench, set, submit, not of");
  CHECK_SAYS(said("[bench]\nrates = '5/s'\n"), "k.toml:2:1: unknown setting 'rates'; did you mean 'rate'?");
  CHECK_SAYS(said("resume = 5\n"),
             "k.toml:1:1: 'resume' is a command, not a setting; its own settings go below [resume]");
}

BOOST_AUTO_TEST_CASE(a_section_of_a_configuration_file_is_for_its_command_and_wins_there) {
  const std::string config =
      "rate = '5/s'\ntoken-file = 'ours'\n\n[simulate]\ntoken-file = 'theirs'\n\n[ run ] # a comment\nrate = '7/s'\n"
      "fault = [ 'reset,rate=0.1' ]\n";
  const Given run = to_endpoint({"--config", "k.toml"}, {}, config);
  BOOST_TEST(run.unchecked().pace.rate == 7.0);
  BOOST_TEST(run.unchecked().credentials.token_file == "ours");
  BOOST_TEST(run.group<EmbeddedService>().faults.size() == 1U);
  BOOST_TEST(simulated({"--config", "k.toml", "--rate", "9/s"}, {}, config).settings().pace.rate == 9.0);
  const Given simulator{{"simulate", "--config", "k.toml"}, {}, config};
  BOOST_TEST(simulator.group<SimulateSettings>().token_file == "theirs");
  BOOST_TEST(simulator.group<EmbeddedService>().faults.empty());
  BOOST_TEST((Given{{"bench", "--config", "k.toml"}, {}, config}.group<BenchSettings>().rate == 5.0));
}

BOOST_AUTO_TEST_CASE(the_file_of_operations_is_named_by_flag_variable_or_configuration_and_recorded) {
  const std::string config = "operations = 'c.toml'\n";
  BOOST_TEST(simulated({}).unchecked().operations_path.empty());
  BOOST_TEST(simulated({"--config", "k.toml"}, {}, config).unchecked().operations_path == "c.toml");
  const Environment variable = {{"KOOBATCH_OPERATIONS", "b.toml"}};
  BOOST_TEST(simulated({"--config", "k.toml"}, variable, config).unchecked().operations_path == "b.toml");
  const auto flag = simulated({"--operations", "a.toml"}, variable).unchecked();
  BOOST_TEST(flag.operations_path == "a.toml");
  CHECK_SAYS(flag.recorded, "a.toml\"");
}

BOOST_AUTO_TEST_CASE(a_benchmark_takes_no_file_of_operations_for_a_number) {
  BOOST_TEST(bench_with({}, {{"KOOBATCH_OPERATIONS", "b.toml"}}).group<BenchSettings>().operations == 0U);
  BOOST_TEST(bench_with({}, {{"KOOBATCH_OPERATIONS", "b.toml"}}).accepted().warnings.empty());
  BOOST_TEST(bench_with({"--operations", "5"}, {}).group<BenchSettings>().operations == 5U);
}

BOOST_AUTO_TEST_CASE(consent_to_change_things_is_given_only_on_the_command_line) {
  BOOST_TEST(!bench_with({}, {{"KOOBATCH_YES", "1"}}).group<BenchSettings>().confirmed);
  BOOST_TEST(bench_with({"--yes"}, {}).group<BenchSettings>().confirmed);
  const auto warnings = bench_with({}, {{"KOOBATCH_YES", "1"}}).accepted().warnings;
  BOOST_TEST_REQUIRE(warnings.size() == 1U);
  BOOST_TEST(warnings[0] == "KOOBATCH_YES: yes is accepted only on the command line; give --yes there");
}

BOOST_AUTO_TEST_CASE(an_error_names_the_way_to_the_configuration_file) {
  const auto said = [](std::vector<std::string> flags, const Environment& environment) {
    flags.insert(flags.begin(), {"run", "a.csv", "--simulate"});
    const auto parsed = parse_command_line(
        flags, environment,
        {[](const std::filesystem::path& path) -> Result<std::string> { return usage_error(path.string() + ": gone"); },
         {}});
    return parsed ? std::string("accepted") : parsed.error().message;
  };
  CHECK_SAYS(said({"--config", "a.toml"}, {{"KOOBATCH_CONFIG", "b.toml"}}), "--config a.toml: gone\n");
  CHECK_SAYS(said({}, {{"KOOBATCH_CONFIG", "b.toml"}}), "KOOBATCH_CONFIG b.toml: gone\n");
  CHECK_SAYS(simulated({"--config", ""}).refusal(), "--config '': must not be empty");
}

// What is in force.

BOOST_AUTO_TEST_CASE(each_setting_in_force_is_listed_with_its_source) {
  const Given given{{"resume", "r", "--threads", "2", "--config", "k.toml"},
                    {{"KOOBATCH_BURST", "4"}, {"KOOBATCH_THREADS", "8"}},
                    "timeout = '7s'\n[resume]\nretry-cap = '9s'\n",
                    R"({"simulate":"true","rate":"10/s","fault":["reset,rate=0.1","status=503,rate=0.2"]})"};
  const auto settings = given.accepted().settings;
  for (const char* line :
       {"threads = 2 (command line)", "config = k.toml (command line)", "rate = 10/s (the report)",
        "simulate = true (the report)", "fault = reset,rate=0.1 status=503,rate=0.2 (the report)",
        "burst = 4 (environment variable KOOBATCH_BURST)", "timeout = 7s (k.toml:1)", "retry-cap = 9s (k.toml:3)",
        "retry-base = 200ms (default)", "insecure = false (default)", "progress = auto (default)"}) {
    BOOST_TEST(std::count(settings.begin(), settings.end(), line) == 1, line);
  }
  std::set<std::string> names;
  for (const auto& line : settings) BOOST_TEST(names.insert(line.substr(0, line.find(" = "))).second, line);
  BOOST_TEST(names.count("cacert") == 0U, "neither set, nor has it a default");
}

BOOST_AUTO_TEST_CASE(what_another_choice_has_overruled_is_not_in_force) {
  const auto settings = simulated({}, {{"KOOBATCH_ENDPOINT", "https://drive.example"}}).accepted().settings;
  BOOST_TEST(std::count(settings.begin(), settings.end(), "simulate = true (command line)") == 1);
  for (const auto& line : settings) BOOST_TEST(!line.starts_with("endpoint"), line);
}

BOOST_AUTO_TEST_CASE(private_settings_are_only_listed_as_set) {
  const auto given = Given{run_with({"--endpoint", "https://me:s3cret@drive.example", "--token-command", "get s3cret",
                                     "--authorization", "s3cret {token}", "--proxy", "http://me:s3cret@proxy"}),
                           {},
                           {}};
  const auto settings = given.accepted().settings;
  for (const char* line :
       {"token-command = (set) (command line)", "authorization = (set) (command line)",
        "endpoint = https://***@drive.example (command line)", "proxy = http://***@proxy (command line)"}) {
    BOOST_TEST(std::count(settings.begin(), settings.end(), line) == 1, line);
  }
  for (const auto& line : settings) BOOST_TEST(!contains(line, "s3cret"), line);
}

// What is refused.

BOOST_AUTO_TEST_CASE(a_bad_value_is_named_with_where_it_comes_from_and_an_example) {
  CHECK_SAYS(simulated({"--rate", "500"}).refusal(),
             "--rate '500': a unit is missing; write for example 500/s or 60/min");
  CHECK_SAYS(simulated({}, {{"KOOBATCH_RATE", "500"}}).refusal(), "KOOBATCH_RATE '500': a unit is missing");
  CHECK_SAYS(simulated({"--timeout", "30"}).refusal(), "--timeout '30': a unit is missing");
  CHECK_SAYS(simulated({"--timeout", "0"}).refusal(), "--timeout '0': must be at least 1ms");
  CHECK_SAYS(simulated({"--max-attempts", "201"}).refusal(),
             "--max-attempts '201': must be a whole number from 1 to 200");
  CHECK_SAYS(simulated({"--max-attempts", "0"}).refusal(), "--max-attempts '0': must be a whole number from 1 to 200");
  CHECK_SAYS(simulated({"--threads", "many"}).refusal(), "--threads 'many': must be a whole number");
  CHECK_SAYS(simulated({"--threads=-1"}).refusal(), "--threads '-1': must be a whole number");
  CHECK_SAYS(simulated({"--format", "xml"}).refusal(), "--format 'xml': unknown; must be one of ndjson, csv");
  CHECK_SAYS(simulated({"--progress", "loud"}).refusal(), "must be one of auto, bar, plain, none");
  const auto fault = simulated({"--fault", "fire"}).refusal();
  BOOST_TEST(fault.starts_with("--fault 'fire': "), fault);
  BOOST_TEST(fault.find("fault 'fire'", 10) == std::string::npos, fault);
  CHECK_SAYS(simulated({"--report", ""}).refusal(), "--report '': must not be empty");
  CHECK_SAYS(simulated({"--user-id", "a b"}).refusal(), "--user-id 'a b': contains U+0020");
  CHECK_SAYS(simulated({"--user-id", ""}).refusal(), "--user-id");
  CHECK_SAYS(simulated({"--user-id", std::string(129, 'x')}).refusal(), "--user-id");
  CHECK_SAYS(simulated({"--language", "de\r\nX: y"}).refusal(), "--language");
}

BOOST_AUTO_TEST_CASE(every_usage_error_says_where_help_is_to_be_found) {
  BOOST_TEST(simulated({"--rate", "500"}).parse().error().message.ends_with("\nSee 'koobatch run --help'."));
  BOOST_TEST((Given{{"simulate", "--port", "x"}, {}, {}}.parse().error().message.ends_with(
      "\nSee 'koobatch simulate --help'.")));
  BOOST_TEST((Given{{"fly"}, {}, {}}.parse().error().message.ends_with("\nSee 'koobatch --help'.")));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_understood_is_refused_in_one_sentence) {
  const auto said = [](std::vector<std::string> arguments) { return Given{std::move(arguments), {}, {}}.refusal(); };
  CHECK_SAYS(
      said({}),
      "no command given; the commands are run, resume, retry, verify, validate, export, plan, undo, report, simulate, "
      "bench, trace, status, set, engine, submit, work, collect, stop, fence, forget, operations, generate\n");
  CHECK_SAYS(said({"fly"}), "unknown command 'fly'; the commands are run");
  CHECK_SAYS(said({"--fly"}), "unknown flag --fly\n");
  CHECK_SAYS(said({"run"}), "run: JOB is missing\n");
  CHECK_SAYS(said({"run", "--simulate", "--fly", "a.csv"}), "unknown flag --fly\n");
  CHECK_SAYS(said({"run", "--fly"}), "unknown flag --fly\n");
  CHECK_SAYS(said({"run", "a.csv", "b.csv"}), "unexpected argument 'b.csv'\n");
  CHECK_SAYS(said({"run", "a.csv", "--rate"}), "--rate: its value is missing\n");
  CHECK_SAYS(said({"simulate", "a.csv"}), "unexpected argument 'a.csv'\n");
  CHECK_SAYS(said({"report"}), "report: REPORT is missing\n");
  CHECK_SAYS(said({"trace"}), "trace: ID is missing\n");
  CHECK_SAYS(said({"generate"}), "generate: one of these words is missing: man, bash, zsh, fish\n");
}

BOOST_AUTO_TEST_CASE(the_probable_flag_or_command_is_suggested_for_a_misspelt_one) {
  const auto said = [](std::vector<std::string> arguments) { return Given{std::move(arguments), {}, {}}.refusal(); };
  CHECK_SAYS(simulated({"--userid", "7"}).refusal(), "unknown flag --userid; did you mean --user-id?\n");
  CHECK_SAYS(simulated({"--user_id=7"}).refusal(), "unknown flag --user_id; did you mean --user-id?\n");
  CHECK_SAYS(said({"rnu", "a.csv"}), "unknown command 'rnu'; did you mean 'run'?\n");
  CHECK_SAYS(said({"--verison"}), "unknown flag --verison; did you mean --version?\n");
}

BOOST_AUTO_TEST_CASE(help_is_a_command_too) {
  const auto said = [](std::vector<std::string> arguments) {
    return std::get<Information>(Given{std::move(arguments), {}, {}}.parse().value()).text;
  };
  BOOST_TEST(said({"help"}) == said({"--help"}));
  BOOST_TEST(said({"help", "run"}) == said({"run", "--help"}));
}

BOOST_AUTO_TEST_CASE(a_flag_is_not_taken_for_the_value_of_the_one_before) {
  CHECK_SAYS(simulated({"--user-id", "--dry-run"}).refusal(),
             "--user-id: its value is missing (found '--dry-run'); write --user-id=--dry-run if that is its value\n");
  CHECK_SAYS(simulated({"--config", "--dry-run"}).refusal(), "--config: its value is missing");
  CHECK_SAYS(simulated({"--report", "--"}).refusal(), "--report: its value is missing");
  const auto secret = to_endpoint({"--token-env", "--app-secret=s3cret"}).refusal();
  CHECK_SAYS(secret, "--token-env: its value is missing (found '--app-secret')");
  BOOST_TEST(!contains(secret, "s3cret"));
  BOOST_TEST(simulated({"--user-id=--dry-run"}).settings().reader.default_user == "--dry-run");
  BOOST_TEST(simulated({"--dry-run", "--user-id", "-x"}).settings().reader.default_user == "-x");
  const auto behind = Given{{"validate", "--", "--format", "--job"}, {}, {}}.refusal();
  BOOST_TEST(!contains(behind, "value is missing"), "behind -- there are no flags; said: " << behind);
}

BOOST_AUTO_TEST_CASE(a_flag_of_other_commands_is_refused_and_they_are_named) {
  CHECK_SAYS(simulated({"--port", "x"}).refusal(), "--port is a flag of simulate, not of run\n");
  CHECK_SAYS(simulated({"--json"}).refusal(),
             "--json is a flag of plan, undo, report, bench, status, operations, not of run\n");
  CHECK_SAYS((Given{{"validate", "a.csv", "--user-id", "1"}, {}, {}}.refusal()),
             "--user-id is a flag of run, resume, retry, verify, export, plan, bench, submit, work, not of validate\n");
  CHECK_SAYS((Given{{"watch", "x"}, {}, {}}.refusal()), "unknown command 'watch'");
}

BOOST_AUTO_TEST_CASE(a_secret_typed_where_none_belongs_is_not_repeated) {
  for (const auto& flags : std::vector<std::vector<std::string>>{{"--token", "s3cret"},
                                                                 {"--token=s3cret"},
                                                                 {"--password=s3cret"},
                                                                 {"--app-secret", "s3cret"},
                                                                 {"--authorization", "Bearer s3cret"}}) {
    const auto said = to_endpoint(flags).refusal();
    BOOST_TEST(said != "accepted");
    BOOST_TEST(!contains(said, "s3cret"), said);
  }
  for (const char* config : {"token = 's3cret'", "authorization = s3cret", "authorization = 's3cret'"}) {
    const auto said = to_endpoint({"--config", "k.toml"}, {}, config).refusal();
    BOOST_TEST(said != "accepted");
    BOOST_TEST(!contains(said, "s3cret"), said);
  }
  CHECK_SAYS(to_endpoint({"--token", "x"}).refusal(), "use --token-file, --token-env or --token-command");
  CHECK_SAYS(to_endpoint({"--app-secret", "x"}).refusal(), "use --app-secret-file");
}

BOOST_AUTO_TEST_CASE(the_token_comes_from_one_place_which_a_refresh_token_does_not_replace) {
  const auto run =
      to_endpoint({"--token-command", "vault read 'x y'", "--token-command-timeout", "5s", "--refresh-token-file", "r"})
          .settings();
  BOOST_TEST(run.credentials.token_command == "vault read 'x y'");
  BOOST_TEST((run.credentials.token_command_timeout == 5s));
  BOOST_TEST(run.credentials.refresh_token_file == "r");
  CHECK_SAYS(to_endpoint({"--token-command", "x", "--token-env", "T"}).refusal(),
             "--token-env and --token-command exclude each other");
  CHECK_SAYS(to_endpoint({"--refresh-token-file", "r"}).refusal(), "--refresh-token-file needs an access token");
}

BOOST_AUTO_TEST_CASE(a_token_command_is_not_recorded_since_its_words_may_be_secret) {
  const auto recorded =
      to_endpoint({"--token-command", "get s3cret", "--refresh-token-file", "/r"}).unchecked().recorded;
  BOOST_TEST(!contains(recorded, "s3cret"), recorded);
  BOOST_TEST(contains(recorded, "\"refresh-token-file\":\"/r\""), recorded);
}

BOOST_AUTO_TEST_CASE(a_token_command_that_needs_a_shell_is_an_error_that_says_so) {
  const auto said = [](const char* command) { return to_endpoint({"--token-command", command}).refusal(); };
  for (const char* command : {"cat x | head -1", "cat < x", "get > y", "a && b", "a ; b"}) {
    CHECK_SAYS(said(command), "is for a shell, and no shell is used; write sh -c '…'");
  }
  BOOST_TEST(!contains(said("get s3cret | head"), "s3cret"));
  for (const char* command : {"sh -c 'cat x | head -1'", "cut -d '|' -f 1 x", "cut -d \\| x", "get a|b"}) {
    BOOST_TEST(said(command) == "accepted", command);
  }
}

BOOST_AUTO_TEST_CASE(a_resumed_run_asks_for_its_command_again) {
  report::RunRecord begun;
  begun.job.format = "ndjson";
  const auto said = [&](std::vector<std::string> flags) {
    const auto recorded = to_endpoint({"--token-command", "get"}).unchecked().recorded;
    flags.insert(flags.begin(), {"resume", "r"});
    const auto invocation = Given{std::move(flags), {}, "", recorded}.accepted();
    const auto prepared = prepare_resume(*invocation.find<ResumeSettings>(), invocation.call, begun);
    return prepared ? std::string("accepted") : prepared.error().message;
  };
  CHECK_SAYS(said({}), "--token-command is missing: the run was started with one, which is not recorded");
  BOOST_TEST(said({"--token-command", "get"}) == "accepted");
  BOOST_TEST(said({"--token-env", "T"}) == "accepted");
}

BOOST_AUTO_TEST_CASE(a_run_needs_exactly_one_target) {
  CHECK_SAYS((Given{run_with({}), {}, {}}.refusal()), "give --endpoint URL, or --simulate");
  CHECK_SAYS(to_endpoint({"--simulate"}).refusal(), "--endpoint and --simulate exclude each other");
  CHECK_SAYS(to_endpoint({"--token-env", "T", "--latency", "1s"}).refusal(),
             "--latency belongs to the embedded service");
  BOOST_TEST(to_endpoint({"--token-env", "T"}, {{"KOOBATCH_LATENCY", "1s"}}).refusal() == "accepted");
}

BOOST_AUTO_TEST_CASE(an_endpoint_needs_credentials_from_one_place) {
  CHECK_SAYS(to_endpoint({}).refusal(), "give --token-file FILE, --token-env NAME or --token-command COMMAND");
  CHECK_SAYS(to_endpoint({"--token-file", "t", "--token-env", "T"}).refusal(), "exclude each other");
  CHECK_SAYS(to_endpoint({"--tokens-file", "t", "--token-env", "T"}).refusal(),
             "--token-env and --tokens-file exclude");
  CHECK_SAYS(to_endpoint({"--tokens-file", "t", "--token-file", "T"}).refusal(),
             "--token-file and --tokens-file exclude");
  BOOST_TEST(to_endpoint({"--tokens-file", "t"}).settings().credentials.tokens_file == "t");
  BOOST_TEST(to_endpoint({"--dry-run"}).refusal() == "accepted", "what sends nothing needs no token");
}

BOOST_AUTO_TEST_CASE(an_app_signature_needs_both_its_options_and_no_token) {
  const std::vector<std::string> app = {"--app-id", "app", "--app-secret-file", "s"};
  const auto with = [&](std::vector<std::string> flags) {
    flags.insert(flags.end(), app.begin(), app.end());
    return to_endpoint(flags);
  };
  BOOST_TEST(to_endpoint(app).refusal() == "accepted");
  CHECK_SAYS(to_endpoint({"--app-id", "app"}).refusal(), "--app-id needs --app-secret-file");
  CHECK_SAYS(to_endpoint({"--app-secret-file", "s"}).refusal(), "--app-secret-file needs --app-id");
  CHECK_SAYS(with({"--token-file", "t"}).refusal(), "--app-id and --token-file exclude each other");
  CHECK_SAYS(with({"--token-env", "T"}).refusal(), "--app-id and --token-env exclude each other");
  for (const char* id : {"", "a,b", "a b", "a\nb"}) {
    CHECK_SAYS(to_endpoint({"--app-id", id, "--app-secret-file", "s"}).refusal(), "1 to 128 visible ASCII characters");
  }
  CHECK_SAYS((Given{run_with({"--endpoint", "http://drive.example", "--app-id", "a", "--app-secret-file", "s"}), {}, {}}
                  .refusal()),
             "would send signed requests unencrypted");
}

BOOST_AUTO_TEST_CASE(the_embedded_service_verifies_an_app_signature) {
  const auto run = simulated({"--app-id", "app", "--app-secret-file", "s"}).settings();
  BOOST_TEST(run.app.id == "app");
  CHECK_SAYS(simulated({"--app-id", "app"}).refusal(), "--app-id needs --app-secret-file");
  BOOST_TEST((Given{{"simulate", "--app-id", "app", "--app-secret-file", "s"}, {}, {}}.refusal()) == "accepted");
  CHECK_SAYS((Given{{"simulate", "--app-id", "app"}, {}, {}}.refusal()), "--app-id needs --app-secret-file");
  CHECK_SAYS((Given{{"simulate", "--app-secret-file", "s"}, {}, {}}.refusal()), "--app-secret-file needs --app-id");
}

BOOST_AUTO_TEST_CASE(a_run_is_resumed_as_the_app_it_was_begun_with) {
  const std::string begun = to_endpoint({"--app-id", "app", "--app-secret-file", "/s"}).settings().recorded;
  const Given resumed{{"resume", "r"}, {}, "", begun};
  BOOST_TEST(resumed.unchecked().app.id == "app");
  BOOST_TEST(resumed.unchecked().app.secret_file == "/s");
  const Given other{{"resume", "r", "--app-secret-file", "/other"}, {}, "", begun};
  BOOST_TEST(other.unchecked().app.id == "app");
  BOOST_TEST(other.unchecked().app.secret_file == "/other");
  const Given token{{"resume", "r", "--token-env", "T"}, {}, "", begun};
  BOOST_TEST(!token.unchecked().app.any(), "or with a token instead");
}

BOOST_AUTO_TEST_CASE(a_token_is_never_sent_unencrypted_but_on_loopback) {
  const auto said = [](const char* url) {
    return Given{run_with({"--endpoint", url, "--token-env", "T"}), {}, {}}.refusal();
  };
  CHECK_SAYS(said("http://drive.example"), "would send the token unencrypted");
  CHECK_SAYS(said("http://192.168.1.1:8080"), "would send the token unencrypted");
  BOOST_TEST(said("http://127.0.0.1:8080") == "accepted");
  BOOST_TEST(said("http://[::1]:8080") == "accepted");
  BOOST_TEST(said("https://drive.example") == "accepted");
}

BOOST_AUTO_TEST_CASE(an_endpoint_is_a_scheme_a_host_and_a_port) {
  for (const char* url :
       {"drive.example", "ftp://drive.example", "https://drive.example/v1", "https://u:p@drive.example"}) {
    CHECK_SAYS((Given{run_with({"--endpoint", url, "--token-env", "T"}), {}, {}}.refusal()), "--endpoint");
  }
}

BOOST_AUTO_TEST_CASE(a_proxy_is_checked_recorded_and_ignored_by_the_embedded_service) {
  const auto through = to_endpoint({"--token-env", "T", "--proxy", "http://proxy.example:3128"}).settings();
  BOOST_TEST(through.proxy.value().url() == "http://proxy.example:3128");
  CHECK_SAYS(through.recorded, R"("proxy":"http://proxy.example:3128")");
  BOOST_TEST(to_endpoint({"--token-env", "T"}, {{"KOOBATCH_PROXY", "http://p:1"}}).settings().proxy.has_value());
  BOOST_TEST(!to_endpoint({"--token-env", "T"}).settings().proxy.has_value());
  BOOST_TEST(!simulated({"--proxy", "http://proxy.example:3128"}).settings().proxy.has_value());
  CHECK_SAYS(to_endpoint({"--token-env", "T", "--proxy", "proxy.example"}).refusal(), "--proxy 'proxy.example'");
  const auto refusal = to_endpoint({"--token-env", "T", "--proxy", "http://me:s3cret@proxy.example:1"}).refusal();
  CHECK_SAYS(refusal, "--proxy 'http://***@proxy.example:1'");
  BOOST_TEST(refusal.find("s3cret") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_rate_can_be_lifted_with_none) {
  const std::string recorded =
      R"({"simulate":"true","rate":"10/s","burst":"4","rate-per-user":"2/s","throttle":"5/s","throttle-per-user":"1/s"})";
  const Given given{
      {"resume", "r", "--rate", "none", "--rate-per-user", "none", "--throttle", "none", "--throttle-per-user", "none"},
      {},
      "",
      recorded};
  const auto invocation = given.accepted();
  const auto run = given.unchecked();
  BOOST_TEST(run.pace.rate == 0.0);
  BOOST_TEST(run.pace.rate_per_user == 0.0);
  BOOST_TEST(!given.group<EmbeddedService>().throttle.limits());
  BOOST_TEST(given.group<EmbeddedService>().throttle_per_user == 0.0);
  CHECK_SAYS(run.recorded, R"("rate":"none")");
  BOOST_TEST(std::count(invocation.settings.begin(), invocation.settings.end(), "rate = none (command line)") == 1);
  // It is a value like the others: the next resume finds it recorded, and a flag wins over the file.
  BOOST_TEST((Given{{"resume", "r"}, {}, "", R"({"simulate":"true","rate":"none"})"}.unchecked().pace.rate == 0.0));
  BOOST_TEST(simulated({"--config", "k.toml", "--rate", "none"}, {}, "rate = '5/s'").settings().pace.rate == 0.0);
}

BOOST_AUTO_TEST_CASE(settings_that_do_not_go_together_are_refused) {
  CHECK_SAYS(simulated({"--threads", "17"}).refusal(), "--connections 16 is less than --threads 17");
  CHECK_SAYS(simulated({"--burst", "5"}).refusal(), "--burst needs --rate");
  CHECK_SAYS(simulated({"--retry-base", "30s"}).refusal(), "--retry-base is longer than --retry-cap");
  CHECK_SAYS(to_endpoint({"--token-env", "T", "--key", "k"}).refusal(), "--key needs --cert");
  CHECK_SAYS(to_endpoint({"--token-env", "T", "--cacert", "c", "--insecure"}).refusal(), "exclude each other");
  CHECK_SAYS((Given{{"simulate", "--cert", "c"}, {}, {}}.refusal()), "--cert needs --key");
  CHECK_SAYS((Given{{"simulate", "--key", "k"}, {}, {}}.refusal()), "--key needs --cert");
}

BOOST_AUTO_TEST_CASE(settings_that_do_not_go_together_are_named_where_they_come_from) {
  const auto said = [](const std::string& config, Environment environment = {}) {
    return Given{run_with({"--config", "k.toml"}), std::move(environment), config}.refusal();
  };
  const std::string endpoint = "endpoint = 'https://drive.example'\n";
  const std::string ready = endpoint + "token-file = 't'\n";
  CHECK_SAYS(said(endpoint + "\nsimulate = true\n"),
             "k.toml:1:1: endpoint and k.toml:3:1: simulate exclude each other");
  CHECK_SAYS(said(endpoint), "k.toml:1:1: endpoint needs credentials");
  CHECK_SAYS(said("endpoint = 'http://drive.example'\ntoken-env = 'T'"),
             "k.toml:1:1: endpoint 'http://drive.example': http:// would send the token unencrypted");
  CHECK_SAYS(said(endpoint, {{"KOOBATCH_TOKEN_FILE", "t"}, {"KOOBATCH_TOKEN_ENV", "T"}}),
             "KOOBATCH_TOKEN_FILE and KOOBATCH_TOKEN_ENV exclude each other");
  CHECK_SAYS(said(ready + "app-id = 'a'\napp-secret-file = 's'\n"),
             "k.toml:3:1: app-id and k.toml:2:1: token-file exclude each other");
  CHECK_SAYS(said(endpoint, {{"KOOBATCH_APP_ID", "a"}}), "KOOBATCH_APP_ID needs --app-secret-file");
  CHECK_SAYS(said(endpoint + "[run]\napp-secret-file = 's'"), "k.toml:3:1: app-secret-file needs --app-id");
  CHECK_SAYS(said(endpoint + "refresh-token-file = 'r'"), "k.toml:2:1: refresh-token-file needs an access token");
  CHECK_SAYS(said(endpoint + "token-command = 'a | b'"), "k.toml:2:1: token-command: '|' is for a shell");
  CHECK_SAYS(said(ready, {{"KOOBATCH_KEY", "k"}}), "KOOBATCH_KEY needs --cert");
  CHECK_SAYS(said(ready + "insecure = true", {{"KOOBATCH_CACERT", "c"}}),
             "k.toml:3:1: insecure and KOOBATCH_CACERT exclude each other");
  CHECK_SAYS(said(ready + "threads = 17"), "--connections 16 is less than k.toml:3:1: threads 17");
  CHECK_SAYS(said(ready + "burst = 2"), "k.toml:3:1: burst needs --rate");
  CHECK_SAYS(said(ready + "retry-base = '30s'"), "k.toml:3:1: retry-base is longer than --retry-cap");
  CHECK_SAYS(said(ready + "metrics-label = ['a=b']"), "k.toml:3:1: metrics-label needs --metrics-addr");
  CHECK_SAYS(said(ready + "lock-wait = '1s'"), "k.toml:3:1: lock-wait needs --lock");
  CHECK_SAYS(said(ready + "on-complete = 'a | b'"), "k.toml:3:1: on-complete: '|' is for a shell");
}

BOOST_AUTO_TEST_CASE(a_format_comes_from_the_flag_or_the_extension) {
  const auto format = [](std::vector<std::string> arguments) {
    const auto invocation = Given{std::move(arguments), {}, {}}.accepted();
    return choose_format(*invocation.find<JobFormat>(), invocation.call.arguments.front());
  };
  BOOST_TEST(format({"run", "a.csv"}).value() == job::Format::csv);
  BOOST_TEST(format({"run", "a.csv", "--format", "ndjson"}).value() == job::Format::ndjson);
  BOOST_TEST(format({"validate", "a.txt", "--format", "csv"}).value() == job::Format::csv);
  const std::string source = KOOBATCH_SOURCE_DIR;
  CHECK_SAYS(format({"run", source + "/README.md"}).error().message,
             "README.md: the extension does not tell the format");
  CHECK_SAYS(format({"run", source + "/none"}).error().message, "none: cannot open the job: No such file");
  CHECK_SAYS(format({"validate", source}).error().message, "is a folder");
  BOOST_TEST(format({"run", "a.csv.gz"}).value() == job::Format::csv);
  BOOST_TEST(format({"run", "-", "--format", "csv"}).value() == job::Format::csv);
  CHECK_SAYS(format({"run", "-"}).error().message, "standard input has no extension that tells the format");
}

BOOST_AUTO_TEST_CASE(what_a_file_seems_to_be_is_said_if_its_extension_does_not_tell_the_format) {
  koobatch::test::TemporaryFolder folder;
  const auto refusal = [&](const char* name, const std::string& content) {
    return choose_format({}, folder.write(name, content)).error().message;
  };
  CHECK_SAYS(refusal("a.txt", "op\tid\tfileName\n"),
             "a.txt: the extension does not tell the format; by its first line it is CSV: name the file .csv, or give "
             "--format csv");
  CHECK_SAYS(refusal("a.log", "{\"op\":1}\n"), "by its first line it is NDJSON: name the file .ndjson");
  CHECK_SAYS(refusal("a.xlsx", "PK\x03\x04 [Content_Types].xml"),
             "a.xlsx: is an Office file, such as an Excel workbook");
  const auto kind = [&](const char* name, const std::string& content) {
    return choose_format({}, folder.write(name, content)).error().kind;
  };
  BOOST_TEST(kind("b.xlsx", "PK\x03\x04 [Content_Types].xml") == ErrorKind::job, "like a workbook named .csv");
  BOOST_TEST(kind("b.log", "hello\n") == ErrorKind::usage);
}

BOOST_AUTO_TEST_CASE(how_a_job_is_read_is_taken_from_flags_and_recorded) {
  const auto given = simulated({"--encoding", "gb18030", "--delimiter", "tab", "--ignore-columns", "comment,x",
                                "--ignore-columns", "y", "--op", "update_album", "--format", "csv"});
  const auto settings = given.settings();
  BOOST_TEST(settings.reader.reading.encoding == "gb18030");
  BOOST_TEST((settings.reader.reading.delimiter == '\t'));
  BOOST_TEST((settings.reader.reading.ignored_columns == std::vector<std::string>{"comment,x", "y"}));
  BOOST_TEST(settings.reader.reading.operation == "update_album");
  CHECK_SAYS(settings.recorded,
             R"("encoding":"gb18030","delimiter":"tab","ignore-columns":["comment,x","y"],"op":"update_album")");
  job::Reading again;
  BOOST_REQUIRE(store_recorded(settings.recorded, Groups(again)).has_value());
  BOOST_TEST(again.encoding == "gb18030");
  BOOST_TEST((again.delimiter == '\t'));
  BOOST_TEST((again.ignored_columns == settings.reader.reading.ignored_columns));
  BOOST_TEST(again.operation == "update_album");
}

BOOST_AUTO_TEST_CASE(a_resumed_run_reads_its_job_as_it_was_begun) {
  const std::string recorded = R"({"simulate":"true","encoding":"GBK","delimiter":";"})";
  BOOST_TEST((Given{{"resume", "r"}, {}, "", recorded}.unchecked().reader.reading.encoding == "GBK"));
  BOOST_TEST((Given{{"retry", "r"}, {}, "", recorded}.unchecked().reader.reading.delimiter == ';'));
  CHECK_SAYS((Given{{"resume", "r", "--encoding", "UTF-8"}, {}, "", recorded}.refusal()),
             "--encoding: the run was started with GBK; it can only continue as it was started");
  CHECK_SAYS((Given{{"resume", "r", "--op", "update_album"}, {}, "", recorded}.refusal()),
             "the run was started without");
}

BOOST_AUTO_TEST_CASE(how_a_job_is_read_is_checked_before_it_is) {
  CHECK_SAYS(simulated({"--encoding", "none"}).refusal(), "--encoding 'none': there is no such encoding");
  CHECK_SAYS(simulated({"--delimiter", "ab"}).refusal(), "--delimiter 'ab': must be one character");
  for (const auto* quote : {"\"", "a", " "}) CHECK_SAYS(simulated({"--delimiter", quote}).refusal(), "one character");
  for (const auto* option : {"--delimiter", "--ignore-columns"}) {
    CHECK_SAYS(simulated({option, ";"}).refusal(), "is about the columns of CSV, and the job is NDJSON");
    BOOST_TEST(simulated({option, ";", "--format", "csv"}).refusal() == "accepted");
  }
  BOOST_TEST(simulated({"--config", "k.toml"}, {}, "delimiter = ';'").refusal() == "accepted");
}

BOOST_AUTO_TEST_CASE(a_report_is_named_after_its_job) {
  const WallTime now = *parse_timestamp("2026-11-21T17:00:00.123Z");
  BOOST_TEST(report_path("", "jobs/rename.ndjson", now) == "rename.report.ndjson");
  BOOST_TEST(report_path("", "jobs/v1.2.csv", now) == "v1.2.report.ndjson");
  BOOST_TEST(report_path("", "jobs/rename.ndjson.gz", now) == "rename.report.ndjson");
  BOOST_TEST(report_path("", "jobs/rename.csv.ZST", now) == "rename.report.ndjson");
  BOOST_TEST(report_path("", "jobs/rename.ndjson.zstd", now) == "rename.report.ndjson");
  BOOST_TEST(report_path("", "jobs/export.2026.gz", now) == "export.2026.report.ndjson");
  BOOST_TEST(report_path("", "-", now) == "stdin.report.ndjson");
  BOOST_TEST(report_path("", "/dev/stdin", now) == "stdin.report.ndjson");
  BOOST_TEST(report_path("", "/dev/fd/63", now) == "pipe.report.ndjson");
  BOOST_TEST(report_path("out/", "-", now) == "out/stdin.20261121T170000Z.report.ndjson");
  BOOST_TEST(report_path("out/r.ndjson", "jobs/rename.ndjson", now) == "out/r.ndjson");
  BOOST_TEST(report_path("out/", "jobs/rename.ndjson", now) == "out/rename.20261121T170000Z.report.ndjson");
}

// Help.

BOOST_AUTO_TEST_CASE(help_names_every_command_and_each_command_every_one_of_its_flags_and_an_example) {
  const auto overview = Given{{"--help"}, {}, {}}.information();
  for (const auto* command : commands()) {
    CHECK_SAYS(overview, command->name);
    const auto help = Given{{std::string(command->name), "--help"}, {}, {}}.information();
    CHECK_SAYS(help, "Example:\n  koobatch " + std::string(command->name));
    for (const auto& status : command->statuses) CHECK_SAYS(help, status.meaning);
    for (const auto& argument : command->arguments) {
      CHECK_SAYS(help, argument.label());
      CHECK_SAYS(help, argument.help);
    }
    for (const auto* option : options_of(*command)) {
      CHECK_SAYS(help, "--" + std::string(option->name));
      CHECK_SAYS(help, help_with_default(*option));
      CHECK_SAYS(help, std::string(option->heading) + ":");
    }
  }
}

BOOST_AUTO_TEST_CASE(help_says_where_options_of_the_command_can_be_set_and_which_only_on_the_command_line) {
  const auto help = [](const char* command) { return Given{{command, "--help"}, {}, {}}.information(); };
  CHECK_SAYS(help("run"), "(KOOBATCH_RATE=500/s) or in the configuration file (rate = \"500/s\")");
  CHECK_SAYS(help("trace"), "(KOOBATCH_LOG_FORMAT=json) or in the configuration file (log-format = \"json\")");
  CHECK_SAYS(help("set"), "(KOOBATCH_LOG_FORMAT=json) or in the configuration file (log-format = \"json\")");
  CHECK_SAYS(help("set"), "Only on the command line: --rate, --pause, --go.");
  CHECK_SAYS(help("bench"), "Only on the command line: --yes, --operations.");
  BOOST_TEST(!contains(help("run"), "Only on the command line"));
}

BOOST_AUTO_TEST_CASE(exit_statuses_in_help_stand_apart_from_their_meanings) {
  const auto help = [](const char* command) { return Given{{command, "--help"}, {}, {}}.information(); };
  CHECK_SAYS(help("run"), "\n  129, 130, 143  interrupted, after");
  CHECK_SAYS(help("run"), "\n  0              all succeeded");
  CHECK_SAYS(help("generate"), "\n  0         done\n");
}

BOOST_AUTO_TEST_CASE(help_fits_into_120_columns) {
  for (const auto* command : commands()) {
    const auto help = Given{{std::string(command->name), "--help"}, {}, {}}.information();
    std::size_t from = 0;
    for (auto end = help.find('\n'); end != std::string::npos; from = end + 1, end = help.find('\n', from)) {
      BOOST_TEST(end - from <= 120U, help.substr(from, end - from));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_version_is_printed) {
  BOOST_TEST((Given{{"--version"}, {}, {}}.information().starts_with("koobatch 0.")));
}

// Benchmarks.

BOOST_AUTO_TEST_CASE(a_bare_benchmark_measures_the_embedded_service_for_ten_seconds) {
  const auto bench = benchmark({});
  BOOST_TEST(bench.run.simulated);
  BOOST_TEST((bench.duration == 10s));
  BOOST_TEST(bench.run.benchmark);
  BOOST_TEST(bench.job.operations == job::SyntheticJob::most_operations);
  BOOST_TEST(bench.run.report.empty());
  BOOST_TEST(!bench.run.reader.default_user.empty());
  BOOST_TEST(bench.run.pace.catch_up);
  BOOST_TEST(!simulated({}).settings().pace.catch_up, "what a run promises about its rate holds for it alone");
}

BOOST_AUTO_TEST_CASE(every_flag_of_a_benchmark_reaches_its_setting) {
  const auto bench =
      benchmark({"--operations", "5", "--connections", "3", "--threads", "2", "--rate", "7/s", "--folder", "f1",
                 "--folder", "f2", "--album", "a1", "--report", "r", "--simulate", "--user-id", "42"});
  BOOST_TEST((bench.duration == 0s), "the operations say when the end is");
  BOOST_TEST(bench.job.operations == 5U);
  BOOST_TEST(bench.job.folders.size() == 2U);
  BOOST_TEST(bench.job.albums.front() == "a1");
  BOOST_TEST(bench.run.connections == 3U);
  BOOST_TEST(bench.run.pace.rate == 7.0);
  BOOST_TEST(bench.run.report == "r");
  BOOST_TEST(bench.run.reader.default_user == "42");
  BOOST_TEST((benchmark({"--duration", "90s"}).duration == 90s));
}

// Metrics.

BOOST_AUTO_TEST_CASE(requests_are_counted_only_if_metrics_are_wanted) {
  BOOST_TEST(!simulated({}).settings().metrics);
  BOOST_TEST(simulated({"--metrics-addr", "127.0.0.1:9464"}).settings().metrics);
  const Given given =
      simulated({"--metrics-file", "a.prom", "--metrics-label", "task=nightly", "--metrics-label", "owner=a=b"});
  BOOST_TEST(given.settings().metrics);
  const auto metrics = given.group<MetricsFileOptions>();
  BOOST_TEST(metrics.path == "a.prom");
  BOOST_REQUIRE(metrics.labels.size() == 2U);
  BOOST_TEST(metrics.labels[1].name == "owner");
  BOOST_TEST(metrics.labels[1].value == "a=b");
  BOOST_TEST(benchmark({"--metrics-addr", "[::1]:0"}).run.metrics);
}

BOOST_AUTO_TEST_CASE(metrics_are_listened_for_at_an_address_and_a_port) {
  for (const char* bad : {"9464", ":9464", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:94x", "::1:9464",
                          "[127.0.0.1]:9464", "localhost:9464", "127.0.0.1:9464,9465", "127.0.0.1:9464s"}) {
    CHECK_SAYS(simulated({"--metrics-addr", bad}).refusal(), "must be an address and a port");
  }
}

BOOST_AUTO_TEST_CASE(metrics_are_not_recorded_for_they_are_about_a_process) {
  const auto settings = simulated({"--metrics-addr", "127.0.0.1:0", "--metrics-file", "a.prom"}).settings();
  BOOST_TEST(!contains(settings.recorded, "metrics"));
}

BOOST_AUTO_TEST_CASE(a_label_needs_metrics_and_a_name_that_is_free) {
  CHECK_SAYS(simulated({"--metrics-label", "task=nightly"}).refusal(), "--metrics-label needs --metrics-addr");
  const auto refusal = [](const char* label) {
    return simulated({"--metrics-file", "a.prom", "--metrics-label", label}).refusal();
  };
  CHECK_SAYS(refusal("nightly"), "must be NAME=VALUE");
  CHECK_SAYS(refusal("task="), "the value is missing");
  CHECK_SAYS(refusal("task=\xff"), "must be UTF-8");
  for (const char* bad : {"=x", "1a=x", "a-b=x", "__name__=x"}) CHECK_SAYS(refusal(bad), "the name must be letters");
  for (const char* taken : {"status=x", "outcome=x", "le=x", "version=x", "run_id=x"}) {
    CHECK_SAYS(refusal(taken), "choose another name");
  }
}

BOOST_AUTO_TEST_CASE(a_benchmark_leaves_a_real_service_alone_without_explicit_consent) {
  const std::vector<std::string> real = {"--endpoint", "https://drive.example", "--token-env", "T"};
  CHECK_SAYS(bench_refusal(real), "--yes");
  auto confirmed = real;
  confirmed.emplace_back("--yes");
  CHECK_SAYS(bench_refusal(confirmed), "--user-id is missing");
  confirmed.insert(confirmed.end(), {"--user-id", "42"});
  const auto bench = benchmark(confirmed);
  BOOST_TEST(!bench.run.simulated);
  BOOST_TEST(bench.run.endpoint.host == "drive.example");
  // An endpoint from the environment is just as real.
  CHECK_SAYS(bench_refusal({}, {{"KOOBATCH_ENDPOINT", "https://drive.example"}}), "--yes");
  BOOST_TEST(benchmark({"--simulate"}, {{"KOOBATCH_ENDPOINT", "https://drive.example"}}).run.simulated);
}

BOOST_AUTO_TEST_CASE(what_a_benchmark_cannot_do_is_refused) {
  CHECK_SAYS(bench_refusal({"--operations", "5", "--duration", "5s"}),
             "--operations and --duration exclude each other");
  CHECK_SAYS(bench_refusal({"--operations", "0"}), "--operations '0'");
  CHECK_SAYS(bench_refusal({"--operations", "4294967296"}), "--operations '4294967296'");
  CHECK_SAYS(bench_refusal({"--duration", "0"}), "--duration '0'");
  CHECK_SAYS(bench_refusal({"--folder", ""}), "--folder ''");
  CHECK_SAYS(bench_refusal({"--album", ".."}), "--album '..'");
  CHECK_SAYS(bench_refusal({"--connections", "1", "--threads", "2"}), "--connections 1 is less than --threads 2");
  CHECK_SAYS(bench_refusal({"--burst", "2"}), "--burst");
  CHECK_SAYS(bench_refusal({"job.ndjson"}), "unexpected argument 'job.ndjson'");
}

namespace {

Result<control::Request> to_set(std::vector<std::string> flags, Environment environment = {}, std::string config = {}) {
  flags.insert(flags.begin(), {"set", "r.ndjson"});
  if (!config.empty()) flags.insert(flags.end(), {"--config", "f.toml"});
  const Given given{std::move(flags), std::move(environment), std::move(config)};
  const auto parsed = given.parse();
  if (!parsed) return parsed.error();
  return prepare_set(*std::get<Invocation>(*parsed).find<SetSettings>());
}

}  // namespace

BOOST_AUTO_TEST_CASE(what_is_to_be_set_is_read) {
  BOOST_TEST((to_set({"--rate", "200/s"})->rate == 200.0));
  BOOST_TEST((to_set({"--rate", "none"})->rate == 0.0));
  BOOST_TEST(!to_set({"--rate", "none"})->pause.has_value());
  BOOST_TEST((to_set({"--pause"})->pause == true));
  BOOST_TEST((to_set({"--go", "--rate", "60/min"})->pause == false));
  CHECK_SAYS(to_set({}).error().message, "what to change is missing");
  CHECK_SAYS(to_set({"--pause", "--go"}).error().message, "--pause and --go exclude each other");
  CHECK_SAYS(to_set({"--rate", "0/s"}).error().message, "--rate '0/s'");
}

BOOST_AUTO_TEST_CASE(no_file_is_named_like_standard_output) {
  constexpr const char* why = " '-': standard output is for the summary, and a file needs a name";
  for (const std::string flag : {"--csv", "--html", "--failed"}) {
    CHECK_SAYS((Given{{"report", "r.ndjson", flag, "-"}, {}, {}}.refusal()), flag + why);
    BOOST_TEST((Given{{"report", "r.ndjson", flag, "./-"}, {}, {}}.refusal()) == "accepted");
  }
  for (const std::string flag : {"--report", "--metrics-file"}) {
    CHECK_SAYS(simulated({flag, "-"}).refusal(), flag + why);
  }
  CHECK_SAYS((Given{{"simulate", "--log", "-"}, {}, {}}.refusal()), std::string("--log") + why);
}

BOOST_AUTO_TEST_CASE(an_option_is_suggested_for_a_variable_that_resembles_it) {
  const auto said = [](const std::string& name) { return ignored_variables({{name, "1"}}, "").at(0); };
  BOOST_TEST(said("KOOBATCH_CONECTIONS") ==
             "KOOBATCH_CONECTIONS: no option has this name, so the variable is ignored; did you mean "
             "KOOBATCH_CONNECTIONS?");
  BOOST_TEST(said("KOOBATCH_TOKENFILE").ends_with("did you mean KOOBATCH_TOKEN_FILE?"));
  BOOST_TEST(said("KOOBATCH_COLOUR") == "KOOBATCH_COLOUR: no option has this name, so the variable is ignored");
  BOOST_TEST(ignored_variables({{"https_proxy", "http://proxy:3128"}}, "").empty());
}

BOOST_AUTO_TEST_CASE(a_proxy_in_the_environment_is_not_used_and_a_warning_says_so_without_its_password) {
  const Environment proxied = {{"https_proxy", "http://me:s3cret@proxy:3128"}};
  const std::vector<std::string> token = {"--token-env", "TOKEN"};
  const auto warnings = to_endpoint(token, proxied).accepted().warnings;
  BOOST_TEST_REQUIRE(warnings.size() == 1U);
  BOOST_TEST(
      warnings[0].starts_with("https_proxy is set, but only --proxy makes koobatch use one: if "
                              "https://drive.example can be reached only through a proxy, give --proxy"));
  BOOST_TEST(!contains(warnings[0], "s3cret"));
  BOOST_TEST(
      to_endpoint({"--token-env", "TOKEN", "--proxy", "http://proxy:3128"}, proxied).accepted().warnings.empty());
  BOOST_TEST(simulated({}, proxied).accepted().warnings.empty());
  BOOST_TEST(to_endpoint(token, {{"https_proxy", "http://p:1"}, {"no_proxy", ".example"}}).accepted().warnings.empty());
}

BOOST_AUTO_TEST_CASE(what_is_to_be_set_is_given_only_on_the_command_line) {
  // Settings for new runs must not change one that is resumed.
  BOOST_TEST(!to_set({"--pause"}, {{"KOOBATCH_RATE", "500/s"}})->rate.has_value());
  BOOST_TEST(!to_set({"--pause"}, {}, "rate = \"500/s\"\n")->rate.has_value());
  CHECK_SAYS(to_set({"--rate", "1/s"}, {}, "pause = true\n").error().message,
             "pause is accepted only on the command line");
  const auto ignored = ignored_variables({{"KOOBATCH_PAUSE", "1"}}, "");
  BOOST_TEST_REQUIRE(ignored.size() == 1U);
  BOOST_TEST(ignored[0] == "KOOBATCH_PAUSE: pause is accepted only on the command line; give --pause there");
}

BOOST_AUTO_TEST_SUITE_END()
