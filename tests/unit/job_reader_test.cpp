#include "job_support.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/sim/operations.hpp"

#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::koodrive;
using namespace koobatch::job;
using job_support::joined;
using job_support::TemporaryFolder;
using namespace std::string_literals;

namespace {

ReaderSettings for_validation(Format format = Format::ndjson) {
  return {.format = format, .default_user = {}, .default_language = {}, .require_user = false};
}

std::unique_ptr<Reader> open(const std::filesystem::path& path, const ReaderSettings& settings = for_validation()) {
  auto reader = open_job(path, settings);
  BOOST_REQUIRE(reader);
  return std::move(*reader);
}

std::string open_error(const std::filesystem::path& path, const ReaderSettings& settings = for_validation()) {
  const auto reader = open_job(path, settings);
  BOOST_REQUIRE(!reader);
  BOOST_CHECK(reader.error().kind == ErrorKind::usage);
  return reader.error().message;
}

const std::string good_rename = R"({"op":"rename_shared_folder","id":"1","fileName":"a"})";
const std::string bad_rename = R"({"op":"rename_shared_folder","id":"2","fileName":"a*"})";

// Root may read everything.
boost::test_tools::assertion_result is_not_root(boost::unit_test::test_unit_id /*unit*/) {
  return ::geteuid() != 0;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(job_reader)

BOOST_AUTO_TEST_CASE(the_extension_determines_the_format) {
  for (const auto name : {"a.ndjson", "a.jsonl", "a.json", "A.NDJSON", "a.b.Json"}) {
    BOOST_CHECK(format_of(name) == Format::ndjson);
  }
  BOOST_CHECK(format_of("jobs/a.CSV") == Format::csv);
  for (const auto name : {"a", "a.txt", "csv", ".csv", "a.csv.bak", ""}) BOOST_CHECK(!format_of(name));
  BOOST_TEST(to_string(Format::csv) == "csv");
  BOOST_TEST(to_string(Format::ndjson) == "ndjson");
}

BOOST_AUTO_TEST_CASE(operations_come_in_file_order_with_their_physical_lines) {
  const TemporaryFolder folder;
  const auto path =
      folder.write("a.ndjson", "\xef\xbb\xbf\r\n" + good_rename + "\r\n  \t \n" +
                                   R"({"op":"update_album","albumId":"9","name":"b"})" + "\n\n" + good_rename);
  const auto reader = open(path);
  Operation operation;
  std::string seen;
  while (reader->next(operation).value() == Reader::Item::operation) {
    seen += fmt::format("{}:{}:{} ", operation.line(), reader->line(), operation.id());
  }
  BOOST_TEST(seen == "2:2:1 4:4:9 6:6:1 ");
}

BOOST_AUTO_TEST_CASE(an_invalid_record_says_what_is_wrong_and_what_it_was_about) {
  const TemporaryFolder folder;
  const auto reader = open(folder.write(
      "a.ndjson", bad_rename + "\n{\n" + R"({"op":"rename_shared_folder","id":true})" + "\n" + good_rename + "\n"));
  Operation operation;
  BOOST_CHECK(reader->next(operation).value() == Reader::Item::invalid);
  BOOST_TEST(reader->line() == 1U);
  BOOST_TEST(joined(reader->violations()) == "fileName: contains '*', which is not allowed (< > | : * ? \" /)");
  BOOST_TEST(reader->invalid_op() == "rename_shared_folder");
  BOOST_TEST(reader->invalid_id() == "2");
  BOOST_CHECK(reader->next(operation).value() == Reader::Item::invalid);
  BOOST_TEST(reader->line() == 2U);
  BOOST_TEST(reader->invalid_op() == "");
  BOOST_TEST(reader->invalid_id() == "");
  BOOST_CHECK(reader->next(operation).value() == Reader::Item::invalid);
  BOOST_TEST(joined(reader->violations()) == "id: expected a string, found true; fileName: is missing");
  BOOST_TEST(reader->invalid_op() == "rename_shared_folder");
  BOOST_TEST(reader->invalid_id() == "");
  BOOST_CHECK(reader->next(operation).value() == Reader::Item::operation);
  BOOST_TEST(reader->violations().empty());
  BOOST_CHECK(reader->next(operation).value() == Reader::Item::end);
}

BOOST_AUTO_TEST_CASE(an_identifier_given_twice_is_not_taken_for_either) {
  const TemporaryFolder folder;
  const auto reader =
      open(folder.write("a.ndjson", R"({"op":"rename_shared_folder","id":"1","id":"2","fileName":"a"})"));
  Operation operation;
  BOOST_CHECK(reader->next(operation).value() == Reader::Item::invalid);
  BOOST_TEST(joined(reader->violations()) == "id: appears more than once");
  BOOST_TEST(reader->invalid_id() == "");
}

BOOST_AUTO_TEST_CASE(skipping_checks_a_record_as_reading_it_does) {
  const TemporaryFolder folder;
  const auto reader = open(folder.write("a.ndjson", good_rename + "\n" + bad_rename + "\n" + good_rename + "\n"));
  BOOST_CHECK(reader->skip().value() == Reader::Item::operation);
  BOOST_CHECK(reader->skip().value() == Reader::Item::invalid);
  BOOST_TEST(reader->line() == 2U);
  BOOST_TEST(joined(reader->violations()) == "fileName: contains '*', which is not allowed (< > | : * ? \" /)");
  Operation operation;
  BOOST_CHECK(reader->next(operation).value() == Reader::Item::operation);
  BOOST_TEST(operation.line() == 3U);
  BOOST_CHECK(reader->skip().value() == Reader::Item::end);
}

BOOST_AUTO_TEST_CASE(an_operation_of_the_simulator_is_for_the_simulator_only) {
  const job_support::TemporaryFolder folder;
  const auto path = folder.write("a.ndjson", R"({"op":"post_event","id":"1","text":"hello"})");
  auto settings = for_validation();
  BOOST_TEST(open(path, settings)->skip().value() == Reader::Item::invalid);
  settings.catalogue = &koobatch::sim::operations();
  BOOST_TEST(open(path, settings)->skip().value() == Reader::Item::operation);
}

BOOST_AUTO_TEST_CASE(a_run_needs_a_user_from_the_record_or_the_settings) {
  const TemporaryFolder folder;
  const auto path = folder.write(
      "a.ndjson", good_rename + "\n" +
                      R"({"op":"rename_shared_folder","id":"1","fileName":"a","user_id":"anna","language":"de-DE"})" +
                      "\n" + R"({"op":"rename_shared_folder","id":"1","fileName":"a","user_id":null})" + "\n");
  auto settings = for_validation();
  settings.require_user = true;
  Operation operation;
  const auto strict = open(path, settings);
  BOOST_CHECK(strict->next(operation).value() == Reader::Item::invalid);
  BOOST_TEST(joined(strict->violations()) == "user_id: is missing; give it in the record, or for all with --user-id");
  BOOST_CHECK(strict->next(operation).value() == Reader::Item::operation);
  BOOST_TEST(operation.user() == "anna");
  BOOST_CHECK(strict->next(operation).value() == Reader::Item::invalid);
  BOOST_TEST(joined(strict->violations()) == "user_id: expected a string, found null");

  settings.default_user = "everyone";
  settings.default_language = "en-US";
  const auto reader = open(path, settings);
  BOOST_CHECK(reader->next(operation).value() == Reader::Item::operation);
  BOOST_TEST(operation.user() == "everyone");
  BOOST_TEST(operation.language() == "en-US");
  BOOST_CHECK(reader->next(operation).value() == Reader::Item::operation);
  BOOST_TEST(operation.user() == "anna");
  BOOST_TEST(operation.language() == "de-DE");
}

BOOST_AUTO_TEST_CASE(a_user_or_language_from_the_settings_obeys_the_same_rules) {
  const TemporaryFolder folder;
  const auto path = folder.write("a.ndjson", good_rename);
  auto settings = for_validation();
  settings.default_user = "anna maria";
  BOOST_TEST(open_error(path, settings) ==
             "--user-id: contains U+0020 (SPACE), which is not allowed (visible ASCII characters only)");
  settings = for_validation();
  settings.default_language = "en\nUS";
  BOOST_TEST(open_error(path, settings) ==
             "--language: contains U+000A (line feed), which is not allowed (visible ASCII characters only)");
}

BOOST_AUTO_TEST_CASE(the_digest_is_of_the_bytes_as_stored) {
  const TemporaryFolder folder;
  std::string content = "\xef\xbb\xbf" + good_rename + "\r\n\r\n" + bad_rename + "\n";
  while (content.size() < 500'000) content += good_rename + "\n";
  content += good_rename;
  const auto path = folder.write("a.ndjson", content);
  const auto reader = open(path);
  Operation operation;
  while (reader->next(operation).value() != Reader::Item::end) {
  }
  const Digest expected{content.size(), XXH3_64bits(content.data(), content.size())};
  BOOST_CHECK(reader->digest() == expected);
}

BOOST_AUTO_TEST_CASE(the_end_stays_the_end) {
  const TemporaryFolder folder;
  const auto reader = open(folder.write("a.ndjson", ""));
  Operation operation;
  for (int i = 0; i < 3; ++i) BOOST_CHECK(reader->next(operation).value() == Reader::Item::end);
  BOOST_TEST(reader->digest().bytes == 0U);
}

BOOST_AUTO_TEST_CASE(a_line_over_a_mebibyte_is_invalid_and_the_next_one_is_read) {
  const TemporaryFolder folder;
  const auto reader = open(folder.write(
      "a.ndjson", good_rename + "\n" + std::string(3 << 20, ' ') + good_rename + "\n" + good_rename + "\n"));
  Operation operation;
  BOOST_CHECK(reader->next(operation).value() == Reader::Item::operation);
  BOOST_CHECK(reader->next(operation).value() == Reader::Item::invalid);
  BOOST_TEST(joined(reader->violations()) == "the line is longer than 1048576 bytes, the maximum for a line");
  BOOST_TEST(reader->invalid_op() == "");
  BOOST_CHECK(reader->next(operation).value() == Reader::Item::operation);
  BOOST_TEST(operation.line() == 3U);
}

BOOST_AUTO_TEST_CASE(a_path_that_is_not_a_readable_file_is_refused_with_the_reason) {
  const TemporaryFolder folder;
  BOOST_TEST(open_error(folder.path() / "none.ndjson") ==
             (folder.path() / "none.ndjson").string() + ": cannot open the job: No such file or directory");
  BOOST_TEST(open_error(folder.path()) == folder.path().string() + ": is a folder, name a job file in it");
  const auto pipe = folder.path() / "pipe.ndjson";
  BOOST_REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  BOOST_TEST(open_error(pipe) ==
             pipe.string() + ": is not a regular file; a job is read more than once, so save it to a file");
  const auto link = folder.path() / "loop.ndjson";
  std::filesystem::create_symlink(link, link);
  BOOST_TEST(open_error(link) == link.string() + ": cannot open the job: Too many levels of symbolic links");
}

BOOST_AUTO_TEST_CASE(a_file_without_permission_says_so, *boost::unit_test::precondition(is_not_root)) {
  const TemporaryFolder folder;
  const auto path = folder.write("secret.ndjson", good_rename);
  std::filesystem::permissions(path, std::filesystem::perms::none);
  BOOST_TEST(open_error(path) == path.string() + ": cannot open the job: Permission denied");
}

BOOST_AUTO_TEST_CASE(an_unusable_csv_header_is_an_error_of_the_job) {
  const TemporaryFolder folder;
  const auto path = folder.write("a.csv", "op,colour\n");
  const auto reader = open_job(path, for_validation(Format::csv));
  BOOST_REQUIRE(!reader);
  BOOST_CHECK(reader.error().kind == ErrorKind::job);
  BOOST_TEST(
      reader.error().message.starts_with(path.string() + ":1: column colour is not known; known columns are op,"));
}

BOOST_AUTO_TEST_CASE(a_csv_job_is_checked_by_the_same_rules) {
  const TemporaryFolder folder;
  const auto reader =
      open(folder.write("a.csv", "op,id,fileName\nrename_shared_folder,1,a*\nrename_shared_folder,1,\n"),
           for_validation(Format::csv));
  Operation operation;
  BOOST_CHECK(reader->next(operation).value() == Reader::Item::invalid);
  BOOST_TEST(joined(reader->violations()) == "fileName: contains '*', which is not allowed (< > | : * ? \" /)");
  BOOST_CHECK(reader->next(operation).value() == Reader::Item::invalid);
  BOOST_TEST(joined(reader->violations()) == "fileName: is missing");
  BOOST_TEST(reader->invalid_id() == "1");
}

BOOST_AUTO_TEST_CASE(one_operation_may_be_given_for_all_objects_that_name_none) {
  const TemporaryFolder folder;
  auto settings = for_validation();
  settings.reading.operation = "rename_shared_folder";
  const auto reader = open(
      folder.write("a.ndjson", std::string(R"({"id":"1","fileName":"a"})") + "\n" +
                                   R"({"op":"update_album","albumId":"2","name":"b"})" + "\n" + R"({"op":"x"})" + "\n"),
      settings);
  BOOST_TEST(!reader->stands_alone());
  BOOST_CHECK(reader->skip().value() == Reader::Item::operation);
  std::string record;
  reader->append_record(record);
  BOOST_TEST(record == good_rename);
  BOOST_CHECK(reader->skip().value() == Reader::Item::operation);
  BOOST_CHECK(reader->skip().value() == Reader::Item::invalid);
}

BOOST_AUTO_TEST_CASE(an_operation_for_all_records_must_be_one) {
  const TemporaryFolder folder;
  auto settings = for_validation();
  settings.reading.operation = "rename";
  BOOST_TEST(open_error(folder.write("a.ndjson", good_rename), settings) ==
             "--op: \"rename\" is not an operation; known operations are rename_shared_folder, update_album, "
             "rename_file, update_space, update_user, update_user_info, update_department, update_user_group, "
             "update_share, edit_permission_template, edit_permission_template_status");
}

BOOST_AUTO_TEST_CASE(the_lines_of_a_job_are_those_its_records_are_counted_by) {
  const TemporaryFolder folder;
  auto settings = for_validation(Format::csv);
  auto lines = open_lines(folder.write("a.csv", "\xfe\xff\0o\0p\0\r\0\xe4"s), settings).value();
  BOOST_CHECK(lines.next().value() == LineSplitter::Item::line);
  BOOST_TEST(lines.text() == "op");
  BOOST_CHECK(lines.next().value() == LineSplitter::Item::line);
  BOOST_TEST(lines.text() == "\xc3\xa4");
}

BOOST_AUTO_TEST_SUITE_END()
