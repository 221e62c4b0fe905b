#include "koobatch/retry/failed_job.hpp"

#include "archives.hpp"
#include "job_support.hpp"

#include <boost/test/unit_test.hpp>

#include <iterator>
#include <string>

using namespace koobatch;
using namespace koobatch::retry;

namespace {

const std::string header = "op,albumId,name,scopeKind\r\n";
const std::string first = "update_album,1,\"a, b\",1\r\n";
const std::string second = "update_album,2,\"c\nd\",2\r\n";
const std::string third = "update_album,3,e,1";

/// The new job that is made of the second and, without its name, the third operation of a job stored like this.
std::string repeated(const std::string& stored) {
  const job_support::TemporaryFolder folder;
  const auto job = folder.write("job.csv", stored);
  job::ReaderSettings settings{.format = job::Format::csv, .default_user = {}, .default_language = {}};
  settings.require_user = false;
  const auto reader = job::open_job(job, settings);
  BOOST_REQUIRE(reader.has_value());
  for (;;) {
    const auto item = (*reader)->skip();
    BOOST_REQUIRE(item.has_value());
    if (*item == job::Reader::Item::end) break;
  }
  Selection selection;
  selection.lines.insert(3);
  selection.lines.insert(5);
  selection.narrowed = {{5, 1U << 1U}};
  const auto written = write_failed_job(job, settings, (*reader)->digest(), selection, folder.path() / "new.csv");
  BOOST_REQUIRE_MESSAGE(written.has_value(), written.error().message);
  std::ifstream file(folder.path() / "new.csv", std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

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

BOOST_AUTO_TEST_SUITE_END()
