#include "koobatch/job/validator.hpp"

#include "job_support.hpp"

#include <xxhash.h>
#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::koodrive;
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
  BOOST_TEST(format_violation("jobs/rename.ndjson", 17, {"", "has 3 cells, but the header has 4"}) ==
             "jobs/rename.ndjson:17: has 3 cells, but the header has 4");
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

BOOST_AUTO_TEST_CASE(a_job_without_operations_is_valid_and_odd) {
  const TemporaryFolder folder;
  for (const auto& path : {folder.write("a.ndjson", "\n \n"), folder.write("a.csv", "op,id,fileName\n")}) {
    auto settings = settings_for(path);
    const auto result = validate(path, settings).value();
    BOOST_TEST(result.operations == 0U);
    BOOST_TEST(result.first_errors.empty());
    BOOST_REQUIRE(result.oddities.size() == 1U);
    BOOST_TEST(result.oddities[0].first.oddity == Oddity::no_operations);

    settings.values.strict = true;
    const auto strict = validate(path, settings).value();
    BOOST_TEST(strict.oddities.empty());
    BOOST_TEST(strict.wrong_as_a_whole);
    BOOST_TEST(strict.first_errors ==
                   std::vector<std::string>{path.string() + ": no operations in it, so there is nothing to do"},
               boost::test_tools::per_element());
  }
}

BOOST_AUTO_TEST_CASE(each_kind_of_oddity_is_counted_with_its_first_lines) {
  const TemporaryFolder folder;
  std::string content;
  for (int i = 0; i < 10; ++i) {
    content += R"({"op":"rename_shared_folder","id":"1","fileName":"a "})"
               "\n";
  }
  content += R"({"op":"update_album","albumId":"1","name":"'b'"})"
             "\n"
             R"({"op":"update_album","albumId":"1","name":"* c "})"
             "\n"
             R"({"op":"rename_shared_folder","id":"1","fileName":"* "})"
             "\n";
  const auto path = folder.write("a.ndjson", content);
  const auto result = validate(path, settings_for(path)).value();
  BOOST_TEST(result.invalid == 1U);
  BOOST_REQUIRE(result.oddities.size() == 2U);
  const auto& blanks = result.oddities[0];
  BOOST_TEST(blanks.first.oddity == Oddity::trailing_blank);
  BOOST_TEST(blanks.first.field == "fileName");
  BOOST_TEST(blanks.first.character == ' ');
  BOOST_TEST(blanks.count == 11U, "albums are counted too, invalid records are not");
  BOOST_TEST(blanks.lines == (std::vector<std::uint32_t>{1, 2, 3, 4, 5}), boost::test_tools::per_element());
  BOOST_TEST(result.oddities[1].first.oddity == Oddity::quoted);
  BOOST_TEST(result.oddities[1].lines == std::vector<std::uint32_t>{11}, boost::test_tools::per_element());

  auto settings = settings_for(path);
  settings.values.strict = true;
  const auto strict = validate(path, settings).value();
  BOOST_TEST(strict.invalid == 13U);
  BOOST_TEST(strict.oddities.empty());
  BOOST_TEST(strict.first_errors.front() == path.string() + ":1: fileName: ends with U+0020 (SPACE)");
}

BOOST_AUTO_TEST_CASE(identifiers_that_have_lost_digits_are_an_error_of_the_job_if_that_is_certain) {
  const TemporaryFolder folder;
  const auto line = [](std::string_view id, std::string_view name) {
    return fmt::format(R"({{"op":"rename_shared_folder","id":"{}","fileName":"{}"}})", id, name) + "\n";
  };
  const auto likely = folder.write("a.ndjson", line("1757156480072657793", "a") + line("1757156480072650000", "b"));
  auto settings = settings_for(likely);
  const auto warned = validate(likely, settings).value();
  BOOST_TEST(warned.violations == 0U);
  BOOST_REQUIRE(warned.oddities.size() == 1U);
  BOOST_TEST(warned.oddities[0].first.oddity == Oddity::digits_lost);
  BOOST_TEST(warned.oddities[0].lines == std::vector<std::uint32_t>{2}, boost::test_tools::per_element());
  BOOST_TEST(warned.lost_digits.starts_with("1 of 2 identifiers"));

  settings.values.strict = true;
  BOOST_TEST(validate(likely, settings).value().wrong_as_a_whole);
  settings.values.strict = false;

  const auto certain = folder.write("b.ndjson", line("1757156480072650000", "a") + line("1757156480072650000", "b") +
                                                    line("1757156480072660000", "d") + line("", "c"));
  std::vector<std::string> all;
  const auto wrong = validate(certain, settings, {}, [&](const std::string& text) { all.push_back(text); }).value();
  BOOST_TEST(wrong.wrong_as_a_whole);
  BOOST_TEST(wrong.invalid == 1U);
  BOOST_TEST(wrong.violations == 2U);
  BOOST_TEST(wrong.oddities.empty());
  BOOST_REQUIRE(wrong.first_errors.size() == 2U);
  BOOST_TEST(wrong.first_errors[0].starts_with(certain.string() + ":1: 3 of 3 identifiers of 18 to 20 digits end in "),
             "what explains the job comes first");
  BOOST_TEST(all.size() == 2U);
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

BOOST_AUTO_TEST_CASE(no_sample_job_is_odd) {
  for (const auto& entry : std::filesystem::directory_iterator(source_folder / "jobs")) {
    const auto name = entry.path().filename().string();
    if (format_of(entry.path())) BOOST_TEST(validate_sample(name).oddities.empty(), name);
  }
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
