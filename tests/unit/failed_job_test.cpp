#include "koobatch/retry/failed_job.hpp"

#include "archives.hpp"
#include "job_support.hpp"

#include "koobatch/job/validator.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdlib>
#include <iterator>
#include <string>

using namespace koobatch;
using namespace koobatch::retry;

namespace {

const std::string header = "op,albumId,name,scopeKind\r\n";
const std::string first = "update_album,1,\"a, b\",1\r\n";
const std::string second = "update_album,2,\"c\nd\",2\r\n";
const std::string third = "update_album,3,e,1";

struct Written {
  std::string text;   ///< of the new job
  std::string error;  ///< empty: there is none
};

/// The new job of this name that is made of these lines of a stored job, without the narrowed fields.
Written written(const std::string& name, const std::string& stored, const std::string& to,
                const std::vector<std::uint32_t>& lines, std::vector<Selection::Narrowed> narrowed = {},
                const job::Reading& reading = {}) {
  const job_support::TemporaryFolder folder;
  const auto job = folder.write(name, stored);
  job::ReaderSettings settings{.format = job::format_of(name).value(), .default_user = {}, .default_language = {}};
  settings.require_user = false;
  settings.reading = reading;
  const auto validation = job::validate(job, settings).value();
  BOOST_TEST(validation.invalid == 0U);
  settings.expected = validation.fingerprint;
  Selection selection;
  for (const auto line : lines) selection.lines.insert(line);
  selection.narrowed = std::move(narrowed);
  const auto result = write_failed_job(job, settings, selection, folder.path() / to);
  std::ifstream file(folder.path() / to, std::ios::binary);
  return {{std::istreambuf_iterator<char>(file), {}}, result ? std::string() : result.error().message};
}

/// Made of the second and, without its name, the third operation.
std::string repeated(const std::string& stored, const job::Reading& reading = {}) {
  const auto made = written("job.csv", stored, "new.csv", {3, 5}, {{5, 1U << 0U}}, reading);
  BOOST_TEST(made.error == "");
  return made.text;
}

const std::string album =
    R"({"op":"update_album","ref":"r-1","albumId":"a/1","name":"a, \"b\"","scopeDirList":["x","y"],"scopeKind":2})"
    "\n";
const std::string renaming =
    R"({"op":"rename_shared_folder","id":"1757156480072657793","fileName":"c","user_id":"7","language":"en-US"})"
    "\n";

}  // namespace

BOOST_AUTO_TEST_SUITE(failed_job)

BOOST_AUTO_TEST_CASE(whole_records_are_copied_byte_for_byte_and_narrowed_ones_written_anew) {
  BOOST_TEST(repeated(header + first + second + third) == header + second + "update_album,3,,1\n");
}

BOOST_AUTO_TEST_CASE(a_compressed_job_is_copied_as_it_reads) {
  const std::string text = header + first + second + third;
  BOOST_TEST(repeated(archives::gzip(text)) == repeated(text));
  BOOST_TEST(repeated(archives::zstd(text)) == repeated(text));
}

BOOST_AUTO_TEST_CASE(the_name_of_the_new_job_determines_its_format) {
  const auto csv = written("job.ndjson", album + renaming, "new.csv", {1, 2});
  BOOST_TEST(csv.error == "");
  BOOST_TEST(csv.text ==
             "op,albumId,name,scopeDirList,scopeKind,ref,id,fileName,user_id,language\r\n"
             "update_album,a/1,\"a, \"\"b\"\"\",x;y,2,r-1,,,,\r\n"
             "rename_shared_folder,,,,,,1757156480072657793,c,7,en-US\r\n");
  const auto back = written("job.csv", csv.text, "new.ndjson", {2, 3});
  BOOST_TEST(back.error == "");
  BOOST_TEST(
      back.text ==
      R"({"op":"update_album","albumId":"a/1","name":"a, \"b\"","scopeDirList":["x","y"],"scopeKind":2,"ref":"r-1"})"
      "\n" +
          renaming);
  BOOST_TEST(written("job.csv", csv.text, "new.jsonl", {2, 3}).text == back.text);
  BOOST_TEST(written("job.ndjson", album + renaming, "new", {2}).text == renaming, "another name keeps the format");
}

BOOST_AUTO_TEST_CASE(a_job_in_another_format_leaves_the_same_fields_out) {
  BOOST_TEST(written("job.csv", header + first + second + third, "new.ndjson", {3, 5}, {{5, 1U << 0U}}).text ==
             R"({"op":"update_album","albumId":"2","name":"c\nd","scopeKind":2})"
             "\n"
             R"({"op":"update_album","albumId":"3","scopeKind":1})"
             "\n");
  BOOST_TEST(written("job.ndjson", album, "new.csv", {1}, {{1, 1U << 2U}}).text ==
             "op,albumId,name,scopeKind,ref\r\nupdate_album,a/1,\"a, \"\"b\"\"\",2,r-1\r\n");
}

BOOST_AUTO_TEST_CASE(what_csv_cannot_express_is_an_error_that_names_it) {
  const auto refused = [](const std::string& field) {
    return written("job.ndjson", R"({"op":"update_album","albumId":"1","scopeKind":1,)" + field + "}\n", "new.csv", {1})
        .error;
  };
  BOOST_TEST(
      refused(R"("scopeDirList":["a;b"])")
          .ends_with(
              R"(job.ndjson: line 1: scopeDirList cannot be written as CSV: its item "a;b" holds ';', which separates items )"
              "there; name the new job .ndjson"));
  BOOST_TEST(refused(R"("scopeDirList":["a",""])").find("it has an empty item") != std::string::npos);
  BOOST_TEST(
      refused(R"("coverImageUrl":"")").find("coverImageUrl cannot be written as CSV: an empty cell would mean") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(the_name_of_the_new_job_determines_its_compression) {
  std::string many;
  for (int i = 0; i < 20'000; ++i)
    many += std::string(renaming).replace(renaming.find("\"c\""), 3, fmt::format("\"{}\"", i));
  std::vector<std::uint32_t> lines(20'000);
  for (std::uint32_t i = 0; i < lines.size(); ++i) lines[i] = i + 1;
  for (const std::string to : {"new.ndjson.gz", "new.ndjson.zst", "new.ZSTD", "new.gz"}) {
    const auto packed = written("job.ndjson", many, to, lines);
    BOOST_TEST(packed.error == "");
    BOOST_TEST(packed.text.size() < many.size() / 4, to);
    // Read as a job and written anew, it is the same again.
    const std::string name = to.find(".ndjson") == std::string::npos ? "job.ndjson" : "job.ndjson" + to.substr(10);
    BOOST_TEST((written(name, packed.text, "again.ndjson", lines).text == many), to);
  }
  BOOST_TEST(written("job.ndjson", renaming, "new.csv.gz", {1}).text.starts_with("\x1f\x8b"));
}

BOOST_AUTO_TEST_CASE(a_job_with_other_delimiters_keeps_them) {
  BOOST_TEST(repeated("op;albumId;Name;scope_kind\r\nupdate_album;1;a, b;1\r\nupdate_album;2;\"c\nd\";2\r\n"
                      "update_album;3;e;1") ==
             "op;albumId;Name;scope_kind\r\nupdate_album;2;\"c\nd\";2\r\nupdate_album;3;;1\n");
}

BOOST_AUTO_TEST_CASE(a_job_that_took_settings_to_read_is_written_so_that_it_takes_none) {
  job::Reading reading;
  reading.operation = "update_album";
  reading.ignored_columns = {"comment"};
  reading.encoding = "windows-1252";
  BOOST_TEST(repeated("albumId;Name;comment;;scopeKind\r\n1;a, b;x;;1\r\n2;\"\xfc;\nd\";y;;2\r\n3;e;z;;1", reading) ==
             "op,albumId,name,scopeKind\nupdate_album,2,\"\xc3\xbc;\nd\",2\nupdate_album,3,,1\n");
}

BOOST_AUTO_TEST_SUITE_END()
