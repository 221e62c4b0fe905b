#include "koobatch/core/describe.hpp"
#include "koobatch/core/units.hpp"
#include "koobatch/plan/plan_file.hpp"
#include "plan/plan_members.hpp"
#include "plan/plan_text.hpp"

#include <fmt/format.h>
#include <boost/algorithm/string/case_conv.hpp>

#include <cstring>
#include <utility>

namespace koobatch::plan {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t chunk = std::size_t{256} << 10;
/// Far above the longest line: two values for each field, of 1 MiB at most, and escaping turns one byte into six.
constexpr std::size_t longest_line = std::size_t{16} << 20;
/// How far two clocks may be apart.
constexpr Duration clock_tolerance = std::chrono::minutes(5);

constexpr std::string_view remedy = "make the plan anew";

}  // namespace

PlanReader::PlanReader(std::unique_ptr<job::ByteSource> source, const koodrive::ResourceCatalogue& kinds,
                       std::string name)
    : source_(std::move(source)), kinds_(kinds), name_(std::move(name)), buffer_(chunk, '\0') {}

Error PlanReader::changed(std::string_view what) const {
  return job_error(fmt::format("{}:{}: {}; {}", name_, lines_ + 2, what, remedy));
}

Result<PlanHeader> PlanReader::begin() {
  const auto more = next_text();
  if (!more) return more.error();
  dom::object object;
  std::int64_t version = 0;
  const bool is_plan = *more && parser_.parse(text_.data(), text_.size(), false).get(object) == simdjson::SUCCESS &&
                       object[members::plan].get(version) == simdjson::SUCCESS;
  if (!is_plan) return job_error(fmt::format("{}: is not a plan: its first line does not say so", name_));
  if (version != members::version) {
    return job_error(fmt::format("{}: is a plan of format {}, but this koobatch reads format {}; {}", name_, version,
                                 members::version, remedy));
  }
  auto header = parse_header(object);
  if (!header) return job_error(fmt::format("{}:1: was changed since the plan was made; {}", name_, remedy));
  sha256_.add({text_.data(), text_.size() + 1});
  return std::move(*header);
}

Result<bool> PlanReader::next(PlanLine& line) {
  const auto more = next_text();
  if (!more) return more.error();
  if (!*more) return changed("the plan was cut off: its last line is missing");
  dom::object object;
  if (parser_.parse(text_.data(), text_.size(), false).get(object) != simdjson::SUCCESS) {
    return changed("the line was damaged since the plan was made");
  }
  if (object[members::end].error() == simdjson::SUCCESS) {
    if (auto ended = read_end(object); !ended) return ended.error();
    return false;
  }
  auto parsed = parse_line(object, kinds_);
  if (!parsed) return changed("the line was changed since the plan was made");
  if (auto right = check_number(parsed->n); !right) return right.error();
  if (parsed->needs && (*parsed->needs == 0 || *parsed->needs >= parsed->n)) {
    return changed("the line depends on one that does not come before it");
  }
  sha256_.add({text_.data(), text_.size() + 1});
  ++lines_;
  line = std::move(*parsed);
  return true;
}

Result<void> PlanReader::read_lines(const std::function<Result<void>(PlanLine&)>& each) {
  PlanLine line;
  for (;;) {
    const auto more = next(line);
    if (!more) return more.error();
    if (!*more) return {};
    if (auto done = each(line); !done) return done;
  }
}

Result<void> PlanReader::check_number(std::uint64_t n) const {
  const auto expected = lines_ + 1;
  if (n == expected) return {};
  if (n > expected) {
    return changed(fmt::format("number {} follows number {}: lines were removed or reordered", n, lines_));
  }
  return changed(fmt::format("number {} appears again: a line was duplicated, or lines were reordered", n));
}

Result<void> PlanReader::read_end(const dom::object& object) {
  std::uint64_t lines = 0;
  std::int64_t version = 0;
  std::string_view sha256;
  const bool is_read = object[members::end].get(version) == simdjson::SUCCESS && version == members::version &&
                       object[members::lines].get(lines) == simdjson::SUCCESS &&
                       object[members::sha256].get(sha256) == simdjson::SUCCESS;
  if (!is_read) return changed("the last line was changed since the plan was made");
  if (lines != lines_) {
    return changed(fmt::format("the plan holds {}, but its last line says {}: lines were removed or added",
                               count_of(lines_, "line"), format_count(lines)));
  }
  auth::append_hex(sha256_.digest(), digest_);
  if (sha256 != digest_) {
    return job_error(
        fmt::format("{}: was changed since the plan was made: its bytes no longer have the digest of the last line; {}",
                    name_, remedy));
  }
  const auto more = next_text();
  if (!more) return more.error();
  if (*more || begin_ != end_) return changed("the plan continues after its last line");
  return {};
}

/// Reads the next line. At least SIMDJSON_PADDING readable bytes follow it. False at the end; what is there without a
/// line feed is the rest of a line that was cut off.
Result<bool> PlanReader::next_text() {
  std::size_t searched = 0;
  for (;;) {
    const auto rest = std::string_view(buffer_).substr(begin_, end_ - begin_);
    const auto feed = rest.find('\n', searched);
    if (feed != std::string_view::npos) {
      text_ = rest.substr(0, feed);
      begin_ += feed + 1;
      return true;
    }
    searched = rest.size();
    if (searched > longest_line) return changed("the line is too long for a plan");
    const auto more = read_more();
    if (!more || !*more) return more;
  }
}

Result<bool> PlanReader::read_more() {
  const auto rest = end_ - begin_;
  std::memmove(buffer_.data(), buffer_.data() + begin_, rest);
  begin_ = 0;
  end_ = rest;
  if (buffer_.size() < end_ + chunk / 2 + simdjson::SIMDJSON_PADDING) buffer_.resize(2 * buffer_.size());
  const auto got = source_->read(buffer_.data() + end_, buffer_.size() - end_ - simdjson::SIMDJSON_PADDING);
  if (!got) return got.error();
  end_ += *got;
  return *got > 0;
}

Result<void> check_plan(const PlanHeader& header, std::string_view digest, const PlanRequirements& required) {
  if (header.endpoint != required.endpoint) {
    return job_error(
        fmt::format("the plan was made for {}, not for {}", quote(header.endpoint), quote(required.endpoint)));
  }
  if (header.made > required.now + std::chrono::duration_cast<WallClock::duration>(clock_tolerance)) {
    return job_error(fmt::format("the plan was made at {}, later than now: the clock of one of the machines is wrong",
                                 timestamp(header.made)));
  }
  const auto age = std::chrono::duration_cast<Duration>(required.now - header.made);
  if (required.max_age ? age > *required.max_age : required.now > header.expires) {
    return job_error(fmt::format("the plan is too old: it was made {} ago, at {}; {}", format_duration(age),
                                 timestamp(header.made), remedy));
  }
  if (!required.expected) return {};
  const auto expected = boost::algorithm::to_lower_copy(*required.expected);
  if (expected.size() < shown_digits) {
    return usage_error(fmt::format("the expected digest must have at least {} digits", shown_digits));
  }
  if (!digest.starts_with(expected)) {
    return job_error(fmt::format("the plan is not the expected one: its digest begins with {}, not with {}",
                                 digest.substr(0, shown_digits), quote(*required.expected)));
  }
  return {};
}

}  // namespace koobatch::plan
