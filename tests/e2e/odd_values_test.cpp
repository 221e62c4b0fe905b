// What is odd about the values of a job is said before anything is sent, and options decide what follows from it.
#include "contains.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>

using namespace koobatch::test;

namespace {

struct Fixture {
  Finished validate(const std::string& text, std::vector<std::string> more = {},
                    const char* name = "job.ndjson") const {
    more.insert(more.begin(), {"validate", workspace.write(name, text)});
    return run_koobatch(more);
  }
  Finished run(const std::string& text, std::vector<std::string> more = {}) const {
    more.insert(more.begin(),
                {"run", workspace.write("job.csv", text), "--simulate", "--user-id", "7", "--report", report});
    return run_koobatch(more);
  }

  Workspace workspace;
  std::string report = workspace.path("r.ndjson");
};

const std::string odd_name = R"({"op":"rename_shared_folder","id":"1","fileName":"abc "})"
                             "\n";
// In both rows something is around the identifier; the first name is to be composed.
const std::string odd_csv =
    "op,id,fileName\nrename_shared_folder,'1757156480072657793,cafe\u0301\n"
    "rename_shared_folder,1757156480072657794\u00a0,a \n";

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(odd_values, Fixture)

BOOST_AUTO_TEST_CASE(an_odd_name_gets_a_warning_and_is_valid_unless_strict_is_given) {
  const auto warned = validate(odd_name + odd_name);
  BOOST_TEST(warned.status == 0, warned.err);
  BOOST_TEST(contains(warned.out, "2 operations, all valid"), warned.out);
  BOOST_TEST(contains(warned.err, ":1: warning: fileName: ends with U+0020 (SPACE) (2 in all, then on line 2); --trim"),
             warned.err);
  BOOST_TEST(lines_in(warned.err) == 1U);
  const auto strict = validate(odd_name, {"--strict"});
  BOOST_TEST(strict.status == 3, strict.err);
  BOOST_TEST(contains(strict.err, ":1: fileName: ends with U+0020 (SPACE)"), strict.err);
  const auto trimmed = validate(odd_name, {"--strict", "--trim"});
  BOOST_TEST(trimmed.status == 0, trimmed.err);
  BOOST_TEST(contains(trimmed.err, ":1: note: fileName: had blanks"), trimmed.err);
}

BOOST_AUTO_TEST_CASE(an_empty_job_is_an_error_if_strict_is_given) {
  const auto warned = validate("");
  BOOST_TEST(warned.status == 0, warned.err);
  BOOST_TEST(contains(warned.err, "job.ndjson: no operations in it"), warned.err);
  const auto refused = validate("", {"--strict"});
  BOOST_TEST(refused.status == 3, refused.err);
  BOOST_TEST(contains(refused.err, "job.ndjson: no operations in it"), refused.err);
  const auto run = run_koobatch(
      {"run", workspace.write("job.ndjson", ""), "--strict", "--simulate", "--user-id", "7", "--report", report});
  BOOST_TEST(run.status == 3, run.err);
  BOOST_TEST(!std::filesystem::exists(report));
}

BOOST_AUTO_TEST_CASE(a_job_in_another_form_of_json_has_one_error) {
  const auto array = validate("[\n" + odd_name + ",\n" + odd_name + "]\n", {}, "job.json");
  BOOST_TEST(array.status == 3);
  BOOST_TEST(lines_in(array.err) == 1U, array.err);
  BOOST_TEST(contains(array.err, "jq -c '.[]'"), array.err);
}

BOOST_AUTO_TEST_CASE(a_job_whose_identifiers_have_lost_digits_is_refused_even_if_invalid_ones_are_skipped) {
  const std::string text =
      "op,id,fileName\nrename_shared_folder,1757156480072650000,a\nrename_shared_folder,1757156480072650000,b\n"
      "rename_shared_folder,1757156480072660000,c\n";
  const auto refused = run(text, {"--skip-invalid"});
  BOOST_TEST(refused.status == 3, refused.err);
  BOOST_TEST(contains(refused.err, "1757156480072650000 is on lines 2 and 3 with two names"), refused.err);
  BOOST_TEST(contains(refused.err, "nothing was sent"), refused.err);
  BOOST_TEST(!std::filesystem::exists(report));
}

BOOST_AUTO_TEST_CASE(what_surrounds_a_value_is_an_error_until_it_is_to_be_trimmed) {
  const auto refused = run(odd_csv);
  BOOST_TEST(refused.status == 3, refused.err);
  BOOST_TEST(contains(refused.err, ":2: id: begins with an apostrophe"), refused.err);
  BOOST_TEST(contains(refused.err, ":3: id: ends with U+00A0 (NO-BREAK SPACE)"), refused.err);
  BOOST_TEST(!std::filesystem::exists(report));

  const auto trimmed = run(odd_csv, {"--trim", "--normalize", "nfc"});
  BOOST_TEST(trimmed.status == 0, trimmed.err);
  BOOST_TEST(contains(trimmed.err, ":2: note: id: had blanks or marks around it, which were removed (3 in all"),
             trimmed.err);
  BOOST_TEST(contains(trimmed.err, ":2: note: fileName: was not in composed form"), trimmed.err);
  const auto lines = read_report(report);
  BOOST_REQUIRE(lines.results.size() == 2U);
  BOOST_TEST(lines.results[0].id == "1757156480072657793");
  BOOST_TEST(lines.results[1].id == "1757156480072657794");
  const auto settings = member(lines.run.front(), "settings");
  BOOST_TEST(member(settings, "trim") == "true");
  BOOST_TEST(member(settings, "normalize") == "nfc");
}

BOOST_AUTO_TEST_CASE(a_run_that_is_resumed_reads_its_job_in_the_same_way) {
  Service broken({"--fault", "status=500,rate=1"});
  Service service;
  const auto with_target = [](std::vector<std::string> arguments, const Service& target) {
    arguments.insert(arguments.end(), {"--endpoint", target.url(), "--token-env", "TOKEN", "--progress", "none"});
    return run_koobatch(arguments, {{"TOKEN", "secret"}});
  };
  const auto stopped = with_target({"run", workspace.write("job.csv", odd_csv), "--user-id", "7", "--trim",
                                    "--max-outage", "500ms", "--report", report},
                                   broken);
  BOOST_TEST(stopped.status == 5, stopped.err);
  const auto resumed = with_target({"resume", report}, service);
  BOOST_TEST(resumed.status == 0, resumed.err);
  const auto results = read_report(report).results;
  BOOST_REQUIRE(results.size() == 2U);
  BOOST_TEST(std::ranges::count(results, "1757156480072657793", &ReportedResult::id) == 1);
  BOOST_TEST(std::ranges::count(results, "1757156480072657794", &ReportedResult::id) == 1);
}

BOOST_AUTO_TEST_SUITE_END()
