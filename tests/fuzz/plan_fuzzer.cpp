// Any bytes as a plan. If they begin with '!', which is left out, the last line is made one that fits: hardly any
// change would get past the digest otherwise.
#include "job_support.hpp"
#include "oracle.hpp"

#include "koobatch/auth/sha256.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/plan/plan_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace {

using namespace koobatch;
using namespace koobatch::plan;
using fuzz::must;

const auto& kinds = koodrive::service_resources();

struct Pass {
  std::string error;   ///< empty: none
  std::string header;  ///< as it would be written
  std::vector<PlanLine> lines;
  std::string digest;
};

bool is_same_setting(const Step::Setting& a, const Step::Setting& b) {
  return a.field == b.field && a.was == b.was && a.wanted == b.wanted && a.is_carried == b.is_carried;
}

bool is_same_line(const PlanLine& a, const PlanLine& b) {
  return a.n == b.n && a.kind == b.kind && a.operation == b.operation && a.id == b.id && a.user_id == b.user_id &&
         std::ranges::equal(a.settings, b.settings, is_same_setting) && a.needs == b.needs &&
         a.is_temporary == b.is_temporary;
}

bool is_equal(const Pass& a, const Pass& b) {
  return a.error == b.error && a.header == b.header && a.digest == b.digest &&
         std::ranges::equal(a.lines, b.lines, is_same_line);
}

std::string written(const PlanHeader& header) {
  PlanEncoder encoder;
  std::string text;
  encoder.begin(header, text);
  return text;
}

Pass read_all(const std::string& text, std::size_t step, std::optional<PlanHeader>* kept = nullptr) {
  PlanReader reader(job_support::text_source(text, step), kinds, "a.plan");
  auto header = reader.begin();
  if (!header) return {header.error().message, {}, {}, {}};
  Pass pass{{}, written(*header), {}, {}};
  if (kept != nullptr) *kept = std::move(*header);
  for (;;) {
    PlanLine line;
    const auto more = reader.next(line);
    if (!more) pass.error = more.error().message;
    if (!more || !*more) break;
    must(line.kind != nullptr && line.operation != nullptr, "a line changes what is known");
    must(line.n == pass.lines.size() + 1, "lines are numbered from 1");
    must(!line.needs || (*line.needs > 0 && *line.needs < line.n), "a line needs one before it");
    pass.lines.push_back(std::move(line));
  }
  if (pass.error.empty()) pass.digest = reader.digest();
  return pass;
}

/// Replaces the last line by one that has the number of lines and the digest of those before.
std::string with_fitting_end(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  const auto feed = text.rfind('\n');
  if (feed == std::string::npos) return text;
  text.resize(feed + 1);
  auth::RunningSha256 sha256;
  sha256.add(text);
  std::string digest;
  auth::append_hex(sha256.digest(), digest);
  return text +
         fmt::format("{{\"end\":1,\"lines\":{},\"sha256\":\"{}\"}}\n", std::ranges::count(text, '\n') - 1, digest);
}

/// What was read, written again, is read as the same.
void check_again(const Pass& pass, const PlanHeader& header) {
  PlanEncoder encoder;
  std::string text;
  encoder.begin(header, text);
  for (const auto& line : pass.lines) encoder.add(line, text);
  const auto digest = encoder.end(text);
  const auto again = read_all(text, 1 << 16);
  must(again.error.empty() && again.digest == digest, "a plan is read as it was written");
  must(again.header == pass.header && std::ranges::equal(again.lines, pass.lines, is_same_line),
       "a plan that is written again is the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(fuzz::text_of(data, size));
  if (text.starts_with('!')) text = with_fitting_end(text.substr(1));
  std::optional<PlanHeader> header;
  const auto pass = read_all(text, 1 << 16, &header);
  must(is_equal(pass, read_all(text, 1)), "it does not matter how the bytes arrive");
  must(harmless(pass.error) == pass.error, "an error is harmless to a terminal");
  if (pass.error.empty()) check_again(pass, *header);
  return 0;
}
