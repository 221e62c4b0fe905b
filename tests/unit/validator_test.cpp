#include "koobatch/job/validator.hpp"

#include "job_support.hpp"

#include <xxhash.h>
#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::job;
using job_support::TemporaryFolder;

namespace {

const std::filesystem::path source_folder = KOOBATCH_SOURCE_DIR;

ReaderSettings settings_for(const std::filesystem::path& path) {
  return {.format = format_of(path).value(), .default_user = {}, .default_language = {}, .require_user = false};
}

Validation validate_sample(const std::string& name) {
  const auto path = source_folder / "jobs" / name;
  return validate(path, settings_for(path)).value();
}

/// Everything that is wrong with a sample, as the command prints it.
std::vector<std::string> errors_of_sample(const std::string& name) {
  const auto path = source_folder / "jobs" / name;
  auto reader = std::move(open_job(path, settings_for(path)).value());
  std::vector<std::string> out;
  Operation operation;
  for (auto item = reader->next(operation).value(); item != Reader::Item::end; item = reader->next(operation).value()) {
    for (const auto& violation : reader->violations()) {
      out.push_back(format_violation("jobs/" + name, reader->line(), violation));
    }
  }
  return out;
}

std::vector<std::string> expected_errors(const std::string& name) {
  std::ifstream in(source_folder / "tests/unit/expected" / (name + ".txt"));
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) out.push_back(line);
  BOOST_REQUIRE(!out.empty());
  return out;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(validator)

BOOST_AUTO_TEST_CASE(an_error_names_file_line_field_rule_and_character) {
  BOOST_TEST(format_violation("jobs/rename.ndjson", 17,
                              {"fileName", "contains '*', which is not allowed (< > | : * ? \" /)"}) ==
             "jobs/rename.ndjson:17: fileName: contains '*', which is not allowed (< > | : * ? \" /)");
  BOOST_TEST(format_violation("jobs/rename.ndjson", 17, {"", "has 3 cells, the header has 4"}) ==
             "jobs/rename.ndjson:17: has 3 cells, the header has 4");
}

BOOST_AUTO_TEST_CASE(records_and_broken_rules_are_counted_and_the_first_20_listed) {
  const TemporaryFolder folder;
  std::string content;
  for (int i = 0; i < 15; ++i) {
    content += R"({"op":"rename_shared_folder","id":"1","fileName":"a"})"
               "\n\n";
    content += R"({"op":"rename_shared_folder","id":"","fileName":"*"})"
               "\n";
  }
  const auto path = folder.write("a.ndjson", content);
  std::vector<std::string> all;
  const auto result =
      validate(path, settings_for(path), {}, [&](const std::string& text) { all.push_back(text); }).value();
  BOOST_TEST(result.operations == 30U);
  BOOST_TEST(result.invalid == 15U);
  BOOST_TEST(result.violations == 30U);
  BOOST_TEST(result.first_errors.size() == max_listed_errors);
  BOOST_TEST(result.first_errors.front() == path.string() + ":3: id: is empty");
  BOOST_TEST(result.first_errors.back() ==
             path.string() + ":30: fileName: contains '*', which is not allowed (< > | : * ? \" /)");
  BOOST_TEST(all.size() == 30U);
  BOOST_TEST(all.back() == path.string() + ":45: fileName: contains '*', which is not allowed (< > | : * ? \" /)");
  const Digest expected{content.size(), XXH3_64bits(content.data(), content.size())};
  BOOST_CHECK(result.digest == expected);
}

BOOST_AUTO_TEST_CASE(a_job_without_operations_is_valid) {
  const TemporaryFolder folder;
  const auto path = folder.write("a.ndjson", "\n \n");
  const auto result = validate(path, settings_for(path)).value();
  BOOST_TEST(result.operations == 0U);
  BOOST_TEST(result.first_errors.empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_an_error_and_no_result) {
  const auto result = validate("/nonexistent/a.ndjson", settings_for("a.ndjson"));
  BOOST_REQUIRE(!result);
  BOOST_CHECK(result.error().kind == ErrorKind::usage);
}

BOOST_AUTO_TEST_CASE(every_sample_job_is_valid) {
  std::size_t samples = 0;
  for (const auto& entry : std::filesystem::directory_iterator(source_folder / "jobs")) {
    const auto name = entry.path().filename().string();
    if (name.starts_with("errors.") || !format_of(entry.path())) continue;
    const auto result = validate_sample(name);
    BOOST_TEST(result.first_errors == std::vector<std::string>{}, boost::test_tools::per_element());
    BOOST_TEST(result.operations > 0U, name);
    ++samples;
  }
  BOOST_TEST(samples >= 4U);
}

BOOST_AUTO_TEST_CASE(the_demo_has_a_thousand_operations_that_name_their_user) {
  const auto path = source_folder / "jobs/demo.ndjson";
  auto settings = settings_for(path);
  settings.require_user = true;
  const auto result = validate(path, settings).value();
  BOOST_TEST(result.operations == 1'000U);
  BOOST_TEST(result.invalid == 0U);
}

BOOST_AUTO_TEST_CASE(the_samples_of_errors_give_exactly_the_expected_messages) {
  for (const std::string name : {"errors.ndjson", "errors.csv"}) {
    BOOST_TEST(errors_of_sample(name) == expected_errors(name), boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_SUITE_END()
