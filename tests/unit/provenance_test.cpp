#include "koobatch/retry/provenance.hpp"

#include "report_samples.hpp"

#include "koobatch/job/validator.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::retry;

namespace {

constexpr const char* changed = "jobs/a: the file was changed after it was validated; nothing more is sent";

SegmentResults segment(bool verified, std::uint64_t results = 3) {
  SegmentResults s;
  s.run = samples::run(1);
  s.run.job.verified = verified;
  s.results = results;
  s.line = 2;
  s.last_line = 9;
  return s;
}

SegmentResults ended(SegmentResults s, std::string reason, std::string error = {}) {
  s.end = samples::end(1, std::move(reason));
  s.end->error = std::move(error);
  return s;
}

std::vector<Doubt> doubts_of(const SegmentResults& s, WallTime job_changed) {
  return find_doubts(std::span(&s, 1), job_changed);
}

const WallTime before = samples::noon() - std::chrono::seconds(1);
const WallTime after = samples::noon() + std::chrono::seconds(1);

/// A report and a job, in files.
struct Files {
  Files(const std::string& job_text, const std::vector<std::string>& lines) {
    std::ofstream(job) << job_text;
    std::ofstream file(report);
    for (const auto& line : lines) file << line;
  }
  Provenance examined() const {
    job::ReaderSettings settings;
    settings.require_user = false;
    settings.expected = job::validate(job, settings).value().fingerprint;
    return examine(report, job, settings).value();
  }

  samples::Folder folder;
  std::filesystem::path job = folder.path() / "job.ndjson";
  std::filesystem::path report = folder.path() / "r.ndjson";
};

std::string rename(std::string_view id) {
  return R"({"op":"rename_shared_folder","id":")" + std::string(id) + "\",\"fileName\":\"a\"}\n";
}

std::string result(std::uint32_t line, std::string_view id, Status status = Status::succeeded) {
  auto r = samples::result(line, status);
  r.id = id;
  return samples::line(r);
}

std::string run(unsigned number, bool verified) {
  auto r = samples::run(number, 4);
  r.job.verified = verified;
  return samples::line(r);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(provenance)

BOOST_AUTO_TEST_CASE(a_segment_that_verified_or_completed_or_sent_nothing_is_beyond_doubt) {
  BOOST_TEST(doubts_of(segment(true), after).empty());
  BOOST_TEST(doubts_of(ended(segment(true), "aborted", changed), after).empty());
  BOOST_TEST(doubts_of(ended(segment(false), "completed"), after).empty());
  BOOST_TEST(doubts_of(segment(false, 0), after).empty());
}

BOOST_AUTO_TEST_CASE(a_job_that_nobody_touched_since_the_segment_began_was_not_changed_while_it_was_sent) {
  BOOST_TEST(doubts_of(segment(false), before).empty());
  BOOST_TEST(doubts_of(ended(segment(false), "interrupted"), before).empty());
}

BOOST_AUTO_TEST_CASE(a_segment_that_never_compared_is_doubtful_if_its_job_was_touched_since) {
  for (const auto& s :
       {segment(false), ended(segment(false), "interrupted"), ended(segment(false), "aborted", "disk")}) {
    const auto doubts = doubts_of(s, after);
    BOOST_REQUIRE(doubts.size() == 1U);
    BOOST_TEST(doubts[0].reason == Doubt::Reason::never_compared);
    BOOST_TEST(doubts[0].results == 3U);
    BOOST_TEST(doubts[0].line == 2U);
    BOOST_TEST(doubts[0].last_line == 9U);
  }
}

BOOST_AUTO_TEST_CASE(a_segment_that_found_its_job_changed_is_doubtful_whatever_the_times_say) {
  const auto doubts = doubts_of(ended(segment(false), "aborted", changed), before);
  BOOST_REQUIRE(doubts.size() == 1U);
  BOOST_TEST(doubts[0].reason == Doubt::Reason::job_changed);
}

BOOST_AUTO_TEST_CASE(results_that_agree_with_the_job_contradict_nothing) {
  const Files files(rename("1") + "\n" + rename("2"), {run(1, false), result(3, "2"), result(1, "1")});
  BOOST_TEST(!files.examined().contradiction);
}

BOOST_AUTO_TEST_CASE(other_identifiers_operations_and_lines_contradict_the_job) {
  const Files files(rename("1") + rename("2") + rename("3") + R"({"op":"update_album","albumId":"4","name":"x"})",
                    {run(1, false), result(4, "4"), result(7, "7"), result(3, "3"), result(2, "two"), result(1, "1")});
  const auto found = files.examined().contradiction;
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->results == 3U);
  BOOST_TEST(found->line == 2U);
  BOOST_TEST(found->last_line == 7U);
  BOOST_TEST(found->recorded == "rename_shared_folder two");
  BOOST_TEST(found->in_job == "rename_shared_folder 2");
}

BOOST_AUTO_TEST_CASE(a_result_for_a_line_without_an_operation_is_reported) {
  const Files files(rename("1"), {run(1, false), result(2, "2")});
  const auto found = files.examined().contradiction;
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->recorded == "rename_shared_folder 2");
  BOOST_TEST(found->in_job.empty());
}

BOOST_AUTO_TEST_CASE(results_never_sent_or_verified_are_not_compared) {
  const Files files(rename("1") + rename("2"),
                    {run(1, false), result(1, "", Status::invalid), run(2, true), result(2, "two")});
  BOOST_TEST(!files.examined().contradiction);
}

BOOST_AUTO_TEST_CASE(far_lines_are_compared_in_further_passes) {
  constexpr std::uint32_t far = 20'000'000;
  const Files files(std::string(far - 1, '\n') + rename("1"),
                    {run(1, false), result(far, "1"), result(9'000'000, "9")});
  const auto found = files.examined().contradiction;
  BOOST_REQUIRE(found.has_value());
  BOOST_TEST(found->results == 1U);
  BOOST_TEST(found->line == 9'000'000U);
}

BOOST_AUTO_TEST_SUITE_END()
