#include "koobatch/job/long_ids.hpp"

#include "koobatch/core/units.hpp"

#include <fmt/format.h>

#include <cassert>
#include <functional>

namespace koobatch::job {
namespace {

constexpr std::size_t spreadsheet_digits = 15;
constexpr std::size_t double_digits = 17;  // the most that the shortest form of a double has

// Of identifiers that nobody rounded, one in ten thousand ends in four zeros.
constexpr std::uint64_t likely_share = 50;  // at least one in so many
constexpr std::uint64_t certain_share = 2;
constexpr std::uint64_t certain_number = 3;
/// A job may be about a single resource that happens to have such an identifier.
constexpr std::size_t certain_identifiers = 2;
// Of such identifiers, one in a hundred ends in two zeros.
constexpr std::uint64_t doubles_number = 10;

bool ends_in_zeros(std::string_view digits, std::size_t from) {
  return digits.find_first_not_of('0', from) == std::string_view::npos;
}

}  // namespace

void LongIds::add_rounded(std::string_view digits, std::string_view name, std::uint32_t line) {
  if (!ends_in_zeros(digits, double_digits)) return;
  ++kept_17_;
  if (line_17_ == 0) line_17_ = line;
  if (!ends_in_zeros(digits, spreadsheet_digits)) return;
  ++kept_15_;
  if (line_15_ == 0) line_15_ = line;
  remember(digits, name, line);
}

void LongIds::remember(std::string_view digits, std::string_view name, std::uint32_t line) {
  const auto hash = name.empty() ? 0 : std::hash<std::string_view>()(name);
  if (const auto found = known_.find(std::string(digits)); found != known_.end()) {
    const auto known = found->second.name_hash;
    if (has_clash() || hash == 0 || known == 0 || known == hash) return;
    clash_id_ = digits;
    clash_line_ = line;
    clash_with_ = found->second.line;
  } else if (known_.size() < max_remembered) {
    known_.emplace(digits, Known{hash, line});
  }
}

bool LongIds::read_as_doubles() const {
  return kept_17_ >= doubles_number && kept_17_ >= seen_ - seen_ / 10;
}

LongIds::Verdict LongIds::verdict() const {
  const bool frequent = kept_15_ >= certain_number && spreadsheet_share(certain_share);
  const bool clashing = has_clash() && spreadsheet_share(likely_share);
  const bool certain = ((frequent || clashing) && known_.size() >= certain_identifiers) || read_as_doubles();
  if (certain) return Verdict::certain;
  return spreadsheet_share(likely_share) ? Verdict::likely : Verdict::none;
}

std::string LongIds::reason() const {
  assert(verdict() != Verdict::none);
  if (!spreadsheet_share(likely_share)) {
    return fmt::format(
        "{} of {} of 18 to 20 digits end in zeros after the 17th digit, as left by a program that reads numbers as "
        "floating point: export them as text",
        format_count(kept_17_), count_of(seen_, "identifier"));
  }
  std::string clash;
  if (has_clash()) {
    clash = fmt::format("; {} is on lines {} and {} with two names", clash_id_, clash_with_, clash_line_);
  }
  return fmt::format(
      "{} of {} of 18 to 20 digits end in zeros after the 15th digit, as left by a spreadsheet, which keeps 15 "
      "digits of a number{}: format the column as text and export it again",
      format_count(kept_15_), count_of(seen_, "identifier"), clash);
}

std::uint32_t LongIds::line() const {
  assert(verdict() != Verdict::none);
  return spreadsheet_share(likely_share) ? line_15_ : line_17_;
}

}  // namespace koobatch::job
