#include "cli/running/oddities.hpp"

#include "koobatch/core/units.hpp"
#include "koobatch/observe/log.hpp"

#include <fmt/format.h>

#include <string_view>

namespace koobatch::cli {
namespace {

/// " (17 in all, then on lines 9, 12, 15, 20, ...)"; empty if there is only one.
std::string others(const job::OddityCount& odd) {
  if (odd.count == 1) return {};
  if (odd.lines.size() == 1) return fmt::format(" ({} in all)", format_count(odd.count));
  std::string lines;
  for (std::size_t i = 1; i < odd.lines.size(); ++i) {
    if (i > 1) lines += ", ";
    lines += fmt::format("{}", odd.lines[i]);
  }
  const bool more = odd.lines.size() == job::OddityCount::max_lines && odd.count > odd.lines.size();
  return fmt::format(" ({} in all, then on {} {}{})", format_count(odd.count), odd.lines.size() == 2 ? "line" : "lines",
                     lines, more ? ", …" : "");
}

/// The option that corrects it; empty if there is none.
std::string_view remedy(job::Oddity oddity) {
  switch (oddity) {
    case job::Oddity::leading_blank:
    case job::Oddity::trailing_blank:
    case job::Oddity::only_blanks:
      return "; --trim removes blanks";
    case job::Oddity::decomposed:
      return "; --normalize nfc composes it";
    default:
      return {};
  }
}

std::string describe_oddity(const std::filesystem::path& job, const job::OddityCount& odd,
                            const std::string& lost_digits) {
  switch (odd.first.oddity) {
    case job::Oddity::no_operations:
      return fmt::format("{}: no operations in it, so there is nothing to do; --strict treats that as an error",
                         job.string());
    case job::Oddity::digits_lost:
      return fmt::format("{}:{}: warning: {}", job.string(), odd.lines.front(), lost_digits);
    default:
      return fmt::format("{}:{}: {}: {}: {}{}{}", job.string(), odd.lines.front(),
                         job::is_notice(odd.first.oddity) ? "note" : "warning", odd.first.field, describe(odd.first),
                         others(odd), remedy(odd.first.oddity));
  }
}

}  // namespace

std::vector<std::string> describe_oddities(const std::filesystem::path& job, const job::Validation& validation) {
  std::vector<std::string> lines;
  for (const auto& odd : validation.oddities) lines.push_back(describe_oddity(job, odd, validation.lost_digits));
  return lines;
}

void print_oddities(const std::filesystem::path& job, const job::Validation& validation) {
  const auto lines = describe_oddities(job, validation);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const bool notice = job::is_notice(validation.oddities[i].first.oddity);
    observe::log::print(notice ? spdlog::level::info : spdlog::level::warn, lines[i]);
  }
}

}  // namespace koobatch::cli
