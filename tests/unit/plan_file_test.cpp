#include "koobatch/plan/plan_file.hpp"
#include "contains.hpp"
#include "job_support.hpp"
#include "koobatch/auth/sha256.hpp"

#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/replace.hpp>
#include <boost/test/unit_test.hpp>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

using namespace koobatch;
using namespace koobatch::plan;
using koobatch::test::contains;
using namespace std::string_literals;
using state::Value;

namespace {

const auto& kinds = koodrive::service_resources();
const auto made_at = WallTime(std::chrono::seconds(1'796'000'000));

PlanHeader header() {
  PlanHeader made{.id = "1a2b3c4d5e6f",
                  .made = made_at,
                  .version = "0.1.0",
                  .endpoint = "https://example.org",
                  .state = {0xfedcba9876543210, made_at - std::chrono::minutes(5), made_at, 1000, 3, true},
                  .desired = {"/home/a \"b\"/names.ndjson", 7},
                  .limits = {"30%", "album=5"},
                  .counts = {{"shared_folder", 1000, 900, 2, 0}, {"album", 5, 4, 1, 1}},
                  .expires = made_at + std::chrono::hours(24)};
  return made;
}

PlanLine line(std::uint64_t n, std::string id, std::string was, std::string wanted) {
  const auto* const kind = kinds.find("shared_folder");
  return {n,
          kind,
          kind->fields[0].operation,
          std::move(id),
          "7",
          {{0, Value(std::move(was)), Value(std::move(wanted)), false}}};
}

std::vector<PlanLine> sample() {
  std::vector<PlanLine> lines = {line(1, "1757156480072657793", "a", "kb~1a2b3c4d~0"), line(2, "2", "b\n\"", "a"),
                                 line(3, "1757156480072657793", "kb~1a2b3c4d~0", "b\n\"")};
  lines[0].is_temporary = true;
  lines[1].needs = 1;
  lines[2].needs = 2;
  const auto* const album = kinds.find("album");
  lines.push_back({4, album, album->fields[0].operation, "3", "", {}});
  lines.back().settings = {
      {album->find("name"), Value("x"s), Value("x"s), true},
      {album->find("scopeDir"), Value(std::vector<std::string>{"1"}), Value(std::vector<std::string>{"1", "2"}), false},
      {album->find("scopeKind"), Value(std::int64_t{1}), Value(std::int64_t{2}), false}};
  return lines;
}

std::string encoded(const std::vector<PlanLine>& lines, std::string* digest = nullptr) {
  std::string out;
  PlanEncoder encoder;
  encoder.begin(header(), out);
  for (const auto& each : lines) encoder.add(each, out);
  const auto hex = encoder.end(out);
  if (digest != nullptr) *digest = hex;
  return out;
}

struct Read {
  std::string error;
  PlanHeader header;
  std::vector<PlanLine> lines;
  std::string digest;
};

Read read(const std::string& text, std::size_t step = 100'000) {
  PlanReader reader(job_support::text_source(text, step), kinds, "names.plan");
  Read result;
  auto begun = reader.begin();
  if (!begun) return {begun.error().message, {}, {}, ""};
  result.header = std::move(*begun);
  for (;;) {
    PlanLine next;
    const auto more = reader.next(next);
    if (!more) {
      BOOST_TEST((more.error().kind == ErrorKind::job));
      result.error = more.error().message;
      return result;
    }
    if (!*more) break;
    result.lines.push_back(std::move(next));
  }
  result.digest = reader.digest();
  return result;
}

/// The lines of a text, each with its line feed.
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const auto to = text.find('\n', from) + 1;
    lines.push_back(text.substr(from, to - from));
    from = to;
  }
  return lines;
}
std::string join(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& each : lines) text += each;
  return text;
}

std::string check_error(const PlanRequirements& required) {
  std::string digest;
  encoded(sample(), &digest);
  const auto checked = check_plan(header(), digest, required);
  return checked ? "" : checked.error().message;
}

PlanRequirements now(Duration after) {
  return {.endpoint = "https://example.org", .now = made_at + std::chrono::duration_cast<WallClock::duration>(after)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(plan_file)

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back) {
  std::string digest;
  const auto text = encoded(sample(), &digest);
  for (const std::size_t step : {1U, 7U, 100'000U}) {
    const auto result = read(text, step);
    BOOST_TEST(result.error == "");
    BOOST_TEST(result.digest == digest);
    BOOST_REQUIRE(result.lines.size() == 4U);
    // Written again, it is the same, byte by byte.
    BOOST_TEST(encoded(result.lines) == text);
    const auto& [id, made, version, endpoint, state, desired, limits, counts, expires] = result.header;
    BOOST_TEST(id == "1a2b3c4d5e6f");
    BOOST_TEST((made == header().made && expires == header().expires));
    BOOST_TEST(version == "0.1.0");
    BOOST_TEST(endpoint == "https://example.org");
    BOOST_TEST((state == header().state && desired == header().desired));
    BOOST_TEST(limits == header().limits, boost::test_tools::per_element());
    BOOST_REQUIRE(counts.size() == 2U);
    BOOST_TEST(counts[1].kind == "album");
    BOOST_TEST(counts[1].missing == 1U);
    BOOST_TEST(result.lines[3].settings[0].is_carried);
    BOOST_TEST(!result.lines[3].settings[1].is_carried);
  }
}

BOOST_AUTO_TEST_CASE(a_line_is_that_of_a_job_with_what_was) {
  const auto lines = split(encoded(sample()));
  BOOST_TEST(lines.at(2) == R"({"n":2,"type":"shared_folder","op":"rename_shared_folder","id":"2","fileName":"a",)"
                            R"("user_id":"7","was":{"fileName":"b\n\""},"needs":1})"
                            "\n");
  BOOST_TEST(lines.at(4) ==
             R"({"n":4,"type":"album","op":"update_album","albumId":"3","name":"x","scopeDirList":["1","2"],)"
             R"("scopeKind":2,"was":{"name":"x","scopeDirList":["1"],"scopeKind":1}})"
             "\n");
}

BOOST_AUTO_TEST_CASE(the_digest_is_that_of_all_bytes_before_the_last_line) {
  std::string digest;
  auto lines = split(encoded(sample(), &digest));
  BOOST_TEST(contains(lines.back(), digest));
  lines.pop_back();
  std::string expected;
  auth::append_hex(auth::Sha256().digest(join(lines)), expected);
  BOOST_TEST(digest == expected);
}

BOOST_AUTO_TEST_CASE(a_plan_may_have_no_lines) {
  const auto result = read(encoded({}));
  BOOST_TEST(result.error == "");
  BOOST_TEST(result.lines.empty());
}

BOOST_AUTO_TEST_CASE(every_change_of_a_byte_is_found) {
  const auto text = encoded(sample());
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const char to : {'0', 'x', ' ', '"', '\n', '\0'}) {
      if (text[i] == to) continue;
      auto other = text;
      other[i] = to;
      BOOST_REQUIRE(read(other).error != "");
    }
  }
}

BOOST_AUTO_TEST_CASE(every_truncation_is_found) {
  const auto text = encoded(sample());
  for (std::size_t size = 0; size < text.size(); ++size) BOOST_REQUIRE(read(text.substr(0, size)).error != "");
  const auto lines = split(text);
  BOOST_TEST(contains(read(text.substr(0, text.size() - 1)).error,
                      "names.plan:6: the plan was cut off: its last line is missing; make the plan anew"));
  BOOST_TEST(contains(read(lines.at(0) + lines.at(1)).error, "names.plan:3: the plan was cut off"));
}

BOOST_AUTO_TEST_CASE(lines_in_another_order_are_found) {
  const auto with = [](std::vector<std::string> lines, std::size_t a, std::size_t b) {
    std::swap(lines[a], lines[b]);
    return read(join(lines)).error;
  };
  const auto lines = split(encoded(sample()));
  BOOST_TEST(contains(with(lines, 2, 4), "names.plan:3: number 4 follows number 1: lines were removed or reordered"));
  BOOST_TEST(contains(with(lines, 0, 1), "is not a plan"));
  BOOST_TEST(contains(with(lines, 4, 5), "lines were removed or added"));
  auto doubled = lines;
  doubled.insert(doubled.begin() + 2, lines[1]);
  BOOST_TEST(contains(read(join(doubled)).error, "names.plan:3: number 1 appears again: a line was duplicated"));
  auto removed = lines;
  removed.erase(removed.begin() + 4);
  BOOST_TEST(contains(read(join(removed)).error, "the plan holds 3 lines, but its last line says 4"));
  BOOST_TEST(contains(read(join(lines) + lines[1]).error, "continues after its last line"));
  BOOST_TEST(contains(read(join(lines) + "x").error, "continues after its last line"));
}

BOOST_AUTO_TEST_CASE(an_edited_line_is_found) {
  const auto edited = [](const std::string& from, const std::string& to) {
    auto text = encoded(sample());
    boost::algorithm::replace_first(text, from, to);
    BOOST_TEST(text != encoded(sample()));
    return read(text).error;
  };
  BOOST_TEST(
      contains(edited("\"fileName\":\"a\"", "\"fileName\":\"c\""), "no longer have the digest of the last line"));
  BOOST_TEST(contains(edited("\"needs\":1", "\"needs\":2"),
                      "names.plan:3: the line depends on one that does not come before"));
  BOOST_TEST(contains(edited("\"n\":2,", "\"n\":2,\"ref\":\"x\","), "names.plan:3: the line was changed"));
  BOOST_TEST(contains(edited("\"op\":\"rename_shared_folder\"", "\"op\":\"update_album\""),
                      "names.plan:2: the line was changed"));
  BOOST_TEST(contains(edited("{\"n\":3", "{n\":3"), "names.plan:4: the line was damaged"));
  BOOST_TEST(contains(edited("\"plan\":1", "\"plan\":2"), "is a plan of format 2"));
  BOOST_TEST(contains(edited("\"endpoint\":\"https://example.org\",", ""), "names.plan:1: was changed"));
  BOOST_TEST(contains(edited("example.org", "example.com"), "no longer have the digest"));
  BOOST_TEST(contains(edited("\"lines\":4", "\"lines\":5"), "4 lines, but its last line says 5"));
}

BOOST_AUTO_TEST_CASE(a_job_or_a_report_is_not_a_plan) {
  BOOST_TEST(contains(read("").error, "names.plan: is not a plan"));
  BOOST_TEST(contains(read("\n").error, "names.plan: is not a plan"));
  BOOST_TEST(contains(read("{\"op\":\"update_album\"}\n").error, "is not a plan"));
}

BOOST_AUTO_TEST_CASE(a_plan_is_for_one_endpoint_and_some_time) {
  using namespace std::chrono_literals;
  BOOST_TEST(check_error(now(1h)) == "");
  auto elsewhere = now(1h);
  elsewhere.endpoint = "https://example.com";
  BOOST_TEST(check_error(elsewhere) ==
             "the plan was made for \"https://example.org\", not for \"https://example.com\"");
  BOOST_TEST(check_error(now(24h)) == "");
  BOOST_TEST(contains(check_error(now(24h + 1s)), "the plan is too old: it was made 1d00h ago"));
  auto sooner = now(2h);
  sooner.max_age = 1h;
  BOOST_TEST(contains(check_error(sooner), "the plan is too old"));
  auto later = now(48h);
  later.max_age = 72h;
  BOOST_TEST(check_error(later) == "", "the user may allow more");
  BOOST_TEST(check_error(now(-5min)) == "");
  BOOST_TEST(contains(check_error(now(-6min)), "later than now: the clock of one of the machines is wrong"));
}

BOOST_AUTO_TEST_CASE(an_approved_plan_is_recognised_by_its_digest) {
  std::string digest;
  encoded(sample(), &digest);
  auto required = now(std::chrono::hours(1));
  for (const auto& expected : {digest, digest.substr(0, 12), boost::algorithm::to_upper_copy(digest)}) {
    required.expected = expected;
    BOOST_TEST(check_error(required) == "");
  }
  required.expected = digest.substr(0, 11);
  BOOST_TEST(check_error(required) == "the expected digest must have at least 12 digits");
  required.expected = digest.substr(0, 11) + (digest[11] == '0' ? '1' : '0');
  BOOST_TEST(
      contains(check_error(required), "is not the expected one: its digest begins with " + digest.substr(0, 12)));
  required.expected = digest + "0";
  BOOST_TEST(contains(check_error(required), "is not the expected one"));
}

BOOST_AUTO_TEST_SUITE_END()
