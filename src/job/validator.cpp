#include "koobatch/job/validator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string_view>
#include <utility>

namespace koobatch::job {

std::string format_violation(const std::filesystem::path& path, std::uint32_t line,
                             const koodrive::Violation& violation) {
  if (violation.field.empty()) return fmt::format("{}:{}: {}", path.string(), line, violation.message);
  return fmt::format("{}:{}: {}: {}", path.string(), line, violation.field, violation.message);
}

std::string in_words(const std::vector<koodrive::Violation>& violations) {
  std::string text;
  for (const koodrive::Violation& violation : violations) {
    if (!text.empty()) text += "; ";
    text += violation.field.empty() ? violation.message : fmt::format("{}: {}", violation.field, violation.message);
  }
  return text;
}

namespace {

constexpr std::string_view nothing_to_do = "no operations in it, so there is nothing to do";

/// Collects what is wrong or odd about a job.
class Findings {
 public:
  Findings(std::filesystem::path name, bool strict, const ViolationListener& on_violation)
      : name_(std::move(name)), strict_(strict), on_violation_(on_violation) {}

  void add_invalid(std::uint32_t line, std::span<const koodrive::Violation> violations) {
    ++result_.invalid;
    result_.violations += violations.size();
    for (const auto& violation : violations) {
      const bool listed = result_.first_errors.size() < max_listed_errors;
      if (!listed && !on_violation_) break;
      auto text = format_violation(name_, line, violation);
      if (on_violation_) on_violation_(text);
      if (listed) result_.first_errors.push_back(std::move(text));
    }
  }

  void add_odd(std::uint32_t line, const Warning& warning) {
    auto found = std::ranges::find(result_.oddities, warning.oddity,
                                   [](const OddityCount& count) { return count.first.oddity; });
    if (found == result_.oddities.end()) found = result_.oddities.insert(found, OddityCount{.first = warning});
    ++found->count;
    const bool is_new = found->lines.empty() || found->lines.back() != line;
    if (is_new && found->lines.size() < OddityCount::max_lines) found->lines.push_back(line);
  }

  /// Findings about the job as a whole. They are listed first, because they explain errors in single records.
  void judge_whole(const LongIds* long_ids) {
    if (result_.operations == 0) {
      add_about_whole(0, Oddity::no_operations, strict_, std::string(nothing_to_do));
    }
    if (long_ids == nullptr || long_ids->verdict() == LongIds::Verdict::none) return;
    const bool is_error = strict_ || long_ids->verdict() == LongIds::Verdict::certain;
    result_.lost_digits = long_ids->reason();
    add_about_whole(long_ids->line(), Oddity::digits_lost, is_error, result_.lost_digits);
  }

  Validation& result() { return result_; }

 private:
  void add_about_whole(std::uint32_t line, Oddity oddity, bool is_error, const std::string& message) {
    if (!is_error) {
      add_odd(line, {oddity});
      return;
    }
    result_.wrong_as_a_whole = true;
    ++result_.violations;
    auto text =
        line == 0 ? fmt::format("{}: {}", name_.string(), message) : format_violation(name_, line, {"", message});
    if (on_violation_) on_violation_(text);
    if (result_.first_errors.size() == max_listed_errors) result_.first_errors.pop_back();
    result_.first_errors.insert(result_.first_errors.begin(), std::move(text));
  }

  const std::filesystem::path name_;
  const bool strict_;
  const ViolationListener& on_violation_;
  Validation result_;
};

}  // namespace

Result<Validation> validate(const std::filesystem::path& path, const ReaderSettings& settings,
                            const FurtherCheck& further_check, const ViolationListener& on_violation) {
  Fingerprint fingerprint;
  auto opened = open_job(path, settings, &fingerprint);
  if (!opened) return opened.error();
  Reader& reader = **opened;
  Findings findings(settings.name.empty() ? path : std::filesystem::path(settings.name), settings.values.strict,
                    on_violation);
  Validation& result = findings.result();
  for (;;) {
    const auto item = reader.skip();
    if (!item) return item.error();
    if (*item == Reader::Item::end) break;
    ++result.operations;
    if (*item == Reader::Item::invalid) {
      findings.add_invalid(reader.line(), reader.violations());
      continue;
    }
    for (const Warning& warning : reader.warnings()) findings.add_odd(reader.line(), warning);
    if (!further_check) continue;
    if (const auto violation = further_check(reader)) findings.add_invalid(reader.line(), {&*violation, 1});
  }
  findings.judge_whole(reader.long_ids());
  result.cut_short = reader.cut_short();
  result.digest = reader.digest();
  result.notes = reader.notes();
  if (result.invalid > 0) result.hint = describe_encoding(path, settings);
  result.fingerprint =
      settings.expected ? settings.expected : std::make_shared<const Fingerprint>(std::move(fingerprint));
  return std::move(result);
}

}  // namespace koobatch::job
