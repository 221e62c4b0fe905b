#include "koobatch/state/id_proposals.hpp"

#include "koobatch/core/ascii.hpp"

#include <string_view>
#include <utility>

namespace koobatch::state {
namespace {

/// The number of digits that spreadsheets keep.
constexpr std::size_t kept_digits = 15;

/// The digits that a rounded identifier has kept: "1757156480072650000" and "1.75715648007265E+18". Empty if they are
/// too few to tell items apart.
std::string digits_of(std::string_view id) {
  std::string digits;
  for (const char c : id.substr(0, id.find_first_of("eE"))) {
    if (is_digit(c)) {
      digits.push_back(c);
    } else if (c != '.' && c != ',' && c != ' ' && c != '\'') {
      return {};
    }
  }
  if (digits.size() < kept_digits) return {};
  digits.resize(kept_digits);
  return digits;
}

/// What the first digits become if the rest is rounded up.
std::string rounded_up(std::string digits) {
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit) {
    if (*digit != '9') {
      ++*digit;
      break;
    }
    *digit = '0';
  }
  return digits;
}

}  // namespace

void IdProposals::add(const MangledRow& row) {
  if (rows_.size() == max_rows) return;
  rows_[row.line].kind = row.kind;
  lines_of_check_.emplace(row.check, row.line);
  if (auto digits = digits_of(row.id); !digits.empty()) lines_of_digits_.emplace(std::move(digits), row.line);
}

void IdProposals::see(const Item& item) {
  if (rows_.empty()) return;
  const auto [from, to] = lines_of_check_.equal_range(check_of(item));
  for (auto line = from; line != to; ++line) rows_[line->second].by_check = item.id;
  const auto digits = digits_of(item.id);
  if (digits.empty()) return;
  note_digits(digits, item);
  if (item.id.size() > kept_digits && item.id[kept_digits] >= '5') note_digits(rounded_up(digits), item);
}

void IdProposals::note_digits(const std::string& digits, const Item& item) {
  const auto [from, to] = lines_of_digits_.equal_range(digits);
  for (auto line = from; line != to; ++line) {
    Row& row = rows_[line->second];
    if (row.kind != item.kind) continue;
    if (!row.by_digits.empty() && row.by_digits != item.id) row.is_ambiguous = true;
    row.by_digits = item.id;
  }
}

std::string IdProposals::proposal(std::uint32_t line) const {
  const auto found = rows_.find(line);
  if (found == rows_.end()) return {};
  const Row& row = found->second;
  if (!row.by_check.empty()) return row.by_check;
  return row.is_ambiguous ? std::string() : row.by_digits;
}

}  // namespace koobatch::state
