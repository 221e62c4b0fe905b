#include "cli/command_line.hpp"
#include "cli/commands/submit.hpp"
#include "cli/running/submitted_job.hpp"
#include "cli/settings/recorded.hpp"
#include "contains.hpp"
#include "report_samples.hpp"

using namespace koobatch;
using namespace koobatch::cli;
using namespace std::chrono_literals;
using koobatch::test::contains;

namespace {

const std::vector<std::string> where = {"--engine", "postgresql://batch@db1,db2/koobatch", "--endpoint",
                                        "https://drive.example"};

struct Given {
  std::vector<std::string> arguments;
  std::string recorded = "{}";  ///< the settings in the report that is named

  Result<Invocation> parse() const {
    auto parsed = parse_command_line(
        arguments, {},
        {[](const std::filesystem::path&) -> Result<std::string> { return std::string(); },
         [this](const std::filesystem::path&) -> Result<Flags> { return parse_recorded(recorded); }});
    if (!parsed) return parsed.error();
    return std::get<Invocation>(std::move(*parsed));
  }
  SubmitSettings settings() const {
    const auto parsed = parse();
    if (!parsed) BOOST_FAIL("refused: " + parsed.error().message);
    return *parsed->find<SubmitSettings>();
  }
  Result<engine::RunSettings> prepare() const {
    const auto parsed = parse();
    if (!parsed) return parsed.error();
    return prepare_submit(*parsed->find<SubmitSettings>(), parsed->call, WallTime());
  }
  std::string refusal() const {
    const auto prepared = prepare();
    return prepared ? "accepted" : prepared.error().message;
  }
};

Given submit(std::vector<std::string> flags) {
  flags.insert(flags.begin(), {"submit", "rename.ndjson"});
  flags.insert(flags.end(), where.begin(), where.end());
  return {std::move(flags)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(submit_options)

BOOST_AUTO_TEST_CASE(a_submission_knows_job_report_endpoint_and_how_to_read_the_job) {
  const auto prepared = submit({"--user-id", "42", "--skip-invalid", "--trim"}).prepare();
  BOOST_REQUIRE_MESSAGE(prepared.has_value(), prepared.error().message);
  BOOST_TEST(prepared->job == "rename.ndjson");
  BOOST_TEST(prepared->report == "rename.report.ndjson");
  BOOST_TEST(prepared->endpoint.url() == "https://drive.example");
  BOOST_TEST(prepared->reader.default_user == "42");
  BOOST_TEST(prepared->skip_invalid);
  BOOST_TEST(prepared->reader.values.trim);
}

BOOST_AUTO_TEST_CASE(lease_and_hold_have_defaults_and_limits) {
  BOOST_TEST((submit({}).settings().lease == 20s));
  BOOST_TEST((submit({}).settings().hold == 16min));
  BOOST_TEST((submit({"--hold", "0"}).settings().hold == 0s));
  BOOST_TEST(contains(submit({"--lease", "1s"}).refusal(), "--lease '1s'"));
}

BOOST_AUTO_TEST_CASE(what_workers_and_later_commands_need_is_recorded) {
  const auto recorded = submit({"--user-id", "42", "--rate", "500/s", "--max-errors", "5%"}).prepare()->recorded;
  for (const char* part : {R"("engine":"postgresql://batch@db1,db2/koobatch")", R"("endpoint":"https://drive.example")",
                           R"("user-id":"42")", R"("rate":"500/s")", R"("max-errors":"5%")"}) {
    BOOST_TEST(contains(recorded, part), part << " is missing in " << recorded);
  }
}

BOOST_AUTO_TEST_CASE(what_is_missing_or_does_not_fit_is_said) {
  BOOST_TEST(contains((Given{{"submit", "a.ndjson", "--endpoint", "https://h"}}.refusal()), "the engine is missing"));
  BOOST_TEST(
      contains((Given{{"submit", "a.ndjson", "--engine", "postgresql://h/k"}}.refusal()), "where to send is missing"));
  auto without_job = where;
  without_job.insert(without_job.begin(), "submit");
  BOOST_TEST(contains(Given{without_job}.refusal(), "submit: JOB is missing"));
  BOOST_TEST(contains(submit({"--rate-per-user", "5/s"}).refusal(), "--rate-per-user needs --rate"));
  BOOST_TEST(contains(submit({"--burst", "5"}).refusal(), "--burst needs --rate"));
  BOOST_TEST(contains(submit({"--report", "rename.ndjson/../x", "--retry-base", "1m", "--retry-cap", "1s"}).refusal(),
                      "--retry-base is longer than"));
  BOOST_TEST(contains(submit({"--retry", "a", "--after", "b"}).refusal(), "--retry and --after exclude each other"));
  auto stream = where;
  stream.insert(stream.begin(), {"submit", "-", "--format", "ndjson"});
  BOOST_TEST(contains(Given{stream}.refusal(), "a job is read twice"));
}

BOOST_AUTO_TEST_CASE(credentials_and_connections_are_the_workers) {
  for (const std::string flag : {"--token-file", "--connections", "--threads", "--cacert", "--proxy"}) {
    BOOST_TEST(contains(submit({flag, "1"}).refusal(), flag + " is a flag of "), flag);
  }
}

BOOST_AUTO_TEST_CASE(what_is_left_of_a_run_is_submitted_with_its_settings_and_named_after_its_report) {
  const samples::Folder folder;
  const auto report = (folder / "rename.report.ndjson").string();
  auto run = samples::run();
  run.settings = R"({"engine":"postgresql://h/k","endpoint":"https://drive.example","user-id":"42","rate":"10/s"})";
  std::ofstream(report) << samples::line(run);
  for (const auto& [flag, name] :
       {std::pair("--retry", "rename.retry-1.report.ndjson"), std::pair("--after", "rename.rest-1.report.ndjson")}) {
    const Given again{{"submit", flag, report, "--rate", "20/s"}, run.settings};
    const auto prepared = again.prepare();
    BOOST_REQUIRE_MESSAGE(prepared.has_value(), prepared.error().message);
    BOOST_TEST(prepared->job == run.job.path);
    BOOST_TEST(prepared->report == folder / name);
    BOOST_TEST(prepared->reader.default_user == "42");
    BOOST_TEST(again.settings().pace.rate == 20.0);
    BOOST_TEST(again.settings().ledger.engine == "postgresql://h/k");
    const Given other{{"submit", flag, report, "--user-id", "43"}, run.settings};
    BOOST_TEST(contains(other.refusal(), "it can only continue as it was started"));
  }
}

BOOST_AUTO_TEST_CASE(a_run_of_which_workers_were_lost_may_be_sending_until_lease_and_hold_are_over) {
  const auto until = [](const std::string& settings, auto change) {
    auto run = samples::run();
    run.engine = "postgresql://h/k";
    run.settings = settings;
    auto end = samples::end(1, "interrupted");
    change(run, end);
    return sends_until({"r", samples::scan_text(samples::line(run) + samples::line(end)).value()});
  };
  const auto ended = samples::end().at;
  const auto lost = [](auto&, auto& end) { end.unsettled = {3}; };
  BOOST_TEST((until("{}", lost) == ended + 20s + 16min));
  BOOST_TEST((until(R"({"lease":"5s","hold":"0"})", lost) == ended + 5s));
  BOOST_TEST((until("{}", [](auto&, auto& end) { end.all_unsettled = true; }) == ended + 20s + 16min));
  BOOST_TEST(!until("{}", [](auto&, auto&) {}), "all have left in order");
  BOOST_TEST(!until("{}", [](auto& run, auto& end) {
    run.engine.clear();
    end.unsettled = {3};
  }));
}

BOOST_AUTO_TEST_CASE(the_trace_prefixes_of_a_run_are_far_from_those_of_the_run_before) {
  std::uint64_t next = 0;
  const auto draw = [&] { return next += 4099; };
  const std::vector<std::uint32_t> taken = {0, 10'000, 20'000, 262'143};
  const auto prefix = draw_apart(taken, draw);
  for (const auto other : taken) {
    BOOST_TEST((prefix - other) % 262'144 > 100'000U);
    BOOST_TEST((other - prefix) % 262'144 > 100'000U);
  }
  BOOST_TEST(draw_apart({}, [] { return std::uint64_t{262'144 + 7}; }) == 7U);
}

BOOST_AUTO_TEST_SUITE_END()
