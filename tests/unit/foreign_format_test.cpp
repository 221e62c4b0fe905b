#include "job/foreign_format.hpp"

#include "contains.hpp"
#include "job_support.hpp"

#include "archives.hpp"
#include "koobatch/job/reader.hpp"

#include <boost/test/unit_test.hpp>

using namespace koobatch;
using namespace koobatch::job;
using namespace std::string_literals;
using job_support::TemporaryFolder;
using koobatch::test::contains;

namespace {

/// The message of opening a job of this content.
std::string refusal(const std::string& content, Format format) {
  const TemporaryFolder folder;
  ReaderSettings settings;
  settings.format = format;
  settings.require_user = false;
  settings.name = "jobs/a";
  const auto opened = open_job(folder.write("a", content), settings);
  if (opened) return "accepted";
  BOOST_CHECK(opened.error().kind == ErrorKind::job);
  return opened.error().message;
}

std::string zip_of(const std::string& name, const std::string& content = {}) {
  std::string zip = "PK\x03\x04"s + std::string(22, '\0');
  zip.push_back(static_cast<char>(name.size()));
  return zip + std::string(3, '\0') + name + content;
}

const std::string ndjson_job = "\n{\"op\":\"rename_shared_folder\",\"id\":\"1\",\"fileName\":\"a\"}\n";
const std::string csv_job = "\xef\xbb\xbf\r\nop;id;file_name\r\nrename_shared_folder;1;a\r\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(foreign_format)

BOOST_AUTO_TEST_CASE(archives_and_documents_are_named_for_what_they_are) {
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"\xfd"
       "7zXZ\0rest"s,
       "is an xz archive; unpack it first; gzip and zstd are read as they are"},
      {"BZh91AY&SY", "is a bzip2 archive; unpack it first"},
      {zip_of("job.csv"), "is a zip archive; unpack it first"},
      {zip_of("[Content_Types].xml"),
       "is an Office file, such as an Excel workbook (.xlsx); a job is text: save the "
       "sheet as CSV, in UTF-8"},
      {zip_of("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
       "is an OpenDocument file, such as a spreadsheet (.ods)"},
      {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "is an Excel workbook (.xls) or another old Office file"},
      {"%PDF-1.7\n", "is a PDF document"},
      {"{\\rtf1\\ansi", "is an RTF document"},
      {"\n <!DOCTYPE HTML><title>Sign in</title>", "is a web page (HTML); was it downloaded without being signed in?"},
      {"<?xml version='1.0'?>", "is an XML document"},
      {std::string(257, 'x') + "ustar", "is a tar archive"}};
  for (const auto& [bytes, what] : kinds) {
    BOOST_TEST(contains(find_foreign_format(bytes).value(), what), what);
    for (const auto format : {Format::csv, Format::ndjson}) {
      BOOST_TEST(contains(refusal(bytes, format), "jobs/a: " + what), what);
      BOOST_TEST(contains(refusal(archives::gzip(bytes), format), "jobs/a: " + what), what);
    }
  }
}

BOOST_AUTO_TEST_CASE(what_was_compressed_twice_is_named) {
  BOOST_TEST(refusal(archives::gzip(archives::gzip(ndjson_job)), Format::ndjson) ==
             "jobs/a: is compressed more than once; unpack it once");
}

BOOST_AUTO_TEST_CASE(nothing_that_may_be_a_job_is_mistaken_for_something_else) {
  for (const std::string text : {"", "B", "PK", "op,id\n", "{\"op\"", "BZ,id\n", "<", "\x1f", "7z"}) {
    BOOST_TEST(!find_foreign_format(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(csv_in_place_of_ndjson_is_named_and_the_reverse) {
  BOOST_TEST(refusal(csv_job, Format::ndjson) ==
             "jobs/a: is CSV, by its first line, and was to be read as NDJSON; name it .csv, or give --format csv");
  BOOST_TEST(
      refusal(ndjson_job, Format::csv) ==
      "jobs/a: is NDJSON, by its first line, and was to be read as CSV; name it .ndjson, or give --format ndjson");
  BOOST_TEST(contains(refusal("[\n  {\"op\"", Format::csv), "jobs/a: is JSON, by its first line"));
  BOOST_TEST(refusal(csv_job, Format::csv) == "accepted");
  BOOST_TEST(refusal(ndjson_job, Format::ndjson) == "accepted");
  BOOST_TEST(refusal("some, text\n", Format::ndjson) == "accepted", "its errors name the lines");
}

BOOST_AUTO_TEST_CASE(the_first_line_determines_the_format) {
  const TemporaryFolder folder;
  const auto detected = [&](const std::string& content) {
    return detect_format(folder.write("a", content), ReaderSettings()).value();
  };
  BOOST_CHECK(detected(csv_job) == Format::csv);
  BOOST_CHECK(detected(archives::zstd(csv_job)) == Format::csv);
  BOOST_CHECK(detected("id,fileName\n") == Format::csv);
  BOOST_CHECK(detected(ndjson_job) == Format::ndjson);
  BOOST_CHECK(detected("  [") == Format::ndjson);
  for (const auto* text : {"", "\n", "id\n", "some text\n", "# op, id\n"})
    BOOST_TEST(!detected(text).has_value(), text);
}

BOOST_AUTO_TEST_SUITE_END()
