#include "koobatch/job/source.hpp"

#include "temporary_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::job;
using koobatch::test::TemporaryFolder;

namespace {

const std::string first = R"({"op":"rename_shared_folder","id":"1","fileName":"first"})";
const std::string other = R"({"op":"rename_shared_folder","id":"1","fileName":"other"})";

const ReaderSettings settings{.format = Format::ndjson, .default_user = "42", .default_language = {}};

FileSource source_of(const std::filesystem::path& path) {
  return {path, settings, validate(path, settings).value()};
}

/// The bodies of all operations, or the message of what kept them from being read.
std::vector<std::string> bodies_of(const Source& source) {
  auto reader = source.open();
  if (!reader) return {reader.error().message};
  std::vector<std::string> bodies;
  koodrive::Operation operation;
  for (;;) {
    const auto item = (*reader)->next(operation);
    if (!item) return {item.error().message};
    if (*item == Reader::Item::end) return bodies;
    bodies.emplace_back(operation.body());
  }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(source, TemporaryFolder)

BOOST_AUTO_TEST_CASE(a_file_is_known_by_its_absolute_path_and_the_digest_of_its_bytes) {
  const auto file = source_of(write("a.ndjson", first + "\n"));
  BOOST_TEST(file.identity().path == (path / "a.ndjson").string());
  BOOST_TEST(file.identity().digest.bytes == first.size() + 1);
  BOOST_TEST(file.identity().verified);
  BOOST_TEST(file.operations().value() == 1U);
}

BOOST_AUTO_TEST_CASE(each_pass_over_a_file_begins_at_its_first_operation) {
  const auto file = source_of(write("a.ndjson", first + "\n" + other + "\n"));
  BOOST_TEST(bodies_of(file).size() == 2U);
  BOOST_TEST(bodies_of(file).size() == 2U);
}

BOOST_AUTO_TEST_CASE(nothing_is_handed_out_that_was_not_validated) {
  const auto file = source_of(write("a.ndjson", first + "\n"));
  BOOST_TEST(!file.find_change().has_value());
  write("a.ndjson", other + "\n");
  const auto found = bodies_of(file);
  BOOST_TEST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found.front().find("other\"") == std::string::npos, found.front());
  BOOST_TEST(found.front().find("changed") != std::string::npos, found.front());
  BOOST_TEST(file.find_change().value() == "holds other bytes now");
}

BOOST_AUTO_TEST_CASE(of_a_job_with_invalid_records_only_the_valid_ones_are_handed_out) {
  const auto file = source_of(write("a.ndjson", first + "\n{\"op\":\"rename_shared_folder\",\"id\":\"1\"}\n"));
  auto reader = file.open().value();
  koodrive::Operation operation;
  BOOST_TEST(reader->next(operation).value() == Reader::Item::operation);
  BOOST_TEST(reader->next(operation).value() == Reader::Item::invalid);
  BOOST_TEST(reader->next(operation).value() == Reader::Item::end);
}

BOOST_AUTO_TEST_CASE(values_are_changed_alike_in_each_pass) {
  auto treating = settings;
  treating.values.trim = true;
  const auto name = write("a.ndjson", R"({"op":" rename_shared_folder","id":" 1 ","fileName":" first "})"
                                      "\n");
  const FileSource file(name, treating, validate(name, treating).value());
  BOOST_TEST(bodies_of(file).at(0) == R"({"id":"1","fileName":"first"})");
}

BOOST_AUTO_TEST_CASE(a_file_that_was_removed_is_missed) {
  const auto file = source_of(write("a.ndjson", first + "\n"));
  std::filesystem::remove(path / "a.ndjson");
  BOOST_TEST(file.find_change().has_value());
  BOOST_TEST(file.open().has_error());
}

BOOST_AUTO_TEST_CASE(a_synthetic_job_without_an_end_has_no_number_of_operations) {
  BOOST_TEST(!SyntheticSource({}, settings).operations().has_value());
  const SyntheticSource three({.operations = 3, .folders = {}, .albums = {}}, settings);
  BOOST_TEST(three.operations().value() == 3U);
  BOOST_TEST(bodies_of(three).size() == 3U);
  BOOST_TEST(!three.find_change().has_value());
  BOOST_TEST(!three.identity().verified);
}

BOOST_AUTO_TEST_SUITE_END()
