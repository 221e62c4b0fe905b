#include "engine/run_start.hpp"

#include "koobatch/core/trace_id.hpp"

#include <boost/test/unit_test.hpp>

#include <deque>
#include <vector>

using namespace koobatch;
using namespace koobatch::engine;

namespace {

/// Draws the values it is given.
class Script final : public Draw {
 public:
  explicit Script(std::deque<std::uint64_t> values) : values_(std::move(values)) {}
  std::uint64_t bits() override {
    const auto value = values_.front();
    values_.pop_front();
    return value;
  }

 private:
  std::deque<std::uint64_t> values_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(run_start)

BOOST_AUTO_TEST_CASE(a_trace_prefix_differs_from_those_of_earlier_segments) {
  Script draw({5, 7, 9});
  const std::vector<std::uint32_t> taken = {5, 7};
  BOOST_TEST(draw_prefix(taken, draw) == 9U);
}

BOOST_AUTO_TEST_CASE(a_trace_prefix_fits_its_bits) {
  Script draw({~std::uint64_t{0}});
  BOOST_TEST(draw_prefix({}, draw) == (1U << trace_prefix_bits) - 1);
}

BOOST_AUTO_TEST_CASE(the_run_record_names_the_job_and_the_service) {
  RunSettings settings;
  settings.endpoint = http::parse_endpoint("https://koo.example").value();
  settings.recorded = R"({"rate":"5/s"})";
  job::Validation validation;
  validation.operations = 3;
  validation.digest = {100, 0xabc};
  job::ReaderSettings reader;
  reader.format = job::Format::csv;
  const job::FileSource source("jobs/a.csv", reader, validation);
  Script draw({0x1234});
  const WallTime now(std::chrono::seconds(1'795'000'000));
  const auto record = make_record(settings, source, 42, now, draw);
  BOOST_TEST(record.run_id == "0000000000001234");
  BOOST_TEST(record.segment == 1U);
  BOOST_TEST(record.trace_prefix == 42U);
  BOOST_TEST((record.started == now));
  BOOST_TEST(record.job.path.ends_with("/jobs/a.csv"));
  BOOST_TEST(record.job.path.front() == '/');
  BOOST_TEST(record.job.format == "csv");
  BOOST_TEST(record.job.operations == 3U);
  BOOST_TEST(record.job.bytes == 100U);
  BOOST_TEST(record.job.xxh3 == 0xabcU);
  BOOST_TEST(!record.job.verified, "nothing was stored to compare the job with");
  BOOST_TEST(record.endpoint == "https://koo.example");
  BOOST_TEST(record.settings == R"({"rate":"5/s"})");
}

BOOST_AUTO_TEST_SUITE_END()
