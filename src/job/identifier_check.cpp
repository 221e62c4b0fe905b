#include "koobatch/job/identifier_check.hpp"

#include "job/characters.hpp"
#include "koobatch/core/ascii.hpp"
#include "koobatch/core/describe.hpp"
#include "koobatch/core/eight_bytes.hpp"
#include "koobatch/core/spelling.hpp"
#include "koobatch/core/utf8.hpp"

#include <fmt/format.h>
#include <unicode/uchar.h>

#include <algorithm>
#include <array>

namespace koobatch::job {
namespace {

constexpr std::string_view export_as_text = ": format the column as text and export it again";
std::string or_trim() {
  return ": remove it, or accept it with " + spell(SettingName::trim);
}

/// The rest of a text that is parsed from its beginning.
class Rest {
 public:
  explicit Rest(std::string_view text) : text_(text) {}

  bool empty() const { return text_.empty(); }
  /// Skips one of these characters. Returns whether it was there.
  bool take_one_of(std::string_view signs) {
    if (text_.empty() || signs.find(text_.front()) == std::string_view::npos) return false;
    text_.remove_prefix(1);
    return true;
  }
  bool take(std::string_view word) {
    if (!text_.starts_with(word)) return false;
    text_.remove_prefix(word.size());
    return true;
  }
  std::string_view take_digits() {
    const auto end = std::ranges::find_if_not(text_, is_digit);
    const auto digits = text_.substr(0, static_cast<std::size_t>(end - text_.begin()));
    text_.remove_prefix(digits.size());
    return digits;
  }

 private:
  std::string_view text_;
};

/// A number with an exponent: "1.75716E+18", "1,75716E+18", "2E18".
enum class Exponent : std::uint8_t { none, possible, certain };

Exponent find_exponent(std::string_view text) {
  Rest rest(text);
  rest.take_one_of("+-");
  if (rest.take_digits().empty()) return Exponent::none;
  const bool has_decimals = rest.take_one_of(".,") && !rest.take_digits().empty();
  if (!rest.take_one_of("eE")) return Exponent::none;
  const bool has_sign = rest.take_one_of("+-");
  if (rest.take_digits().empty() || !rest.empty()) return Exponent::none;
  // Without decimals and a sign, it may be a hexadecimal identifier.
  return has_decimals || has_sign ? Exponent::certain : Exponent::possible;
}

/// "793.0": a whole number as written by a program that treats it as a decimal.
bool has_zero_decimals(std::string_view text) {
  Rest rest(text);
  rest.take_one_of("+-");
  if (rest.take_digits().empty() || !rest.take_one_of(".,")) return false;
  const auto decimals = rest.take_digits();
  return rest.empty() && !decimals.empty() && std::ranges::all_of(decimals, [](char c) { return c == '0'; });
}

bool is_decimal(std::string_view text) {
  Rest rest(text);
  rest.take_one_of("+-");
  return !rest.take_digits().empty() && rest.take_one_of(".") && !rest.take_digits().empty() && rest.empty();
}

/// "1,757,156", "1 757 156", "1.757.156": groups of digits with one separator between them.
bool is_grouped(std::string_view text) {
  constexpr std::array<std::string_view, 8> separators = {",", ".", " ", "'", "\u2019", "\u00a0", "\u202f", "\u2009"};
  for (const auto separator : separators) {
    Rest rest(text);
    rest.take_one_of("+-");
    if (rest.take_digits().empty()) continue;
    std::size_t groups = 1;
    bool of_three = true;
    while (rest.take(separator)) {
      const auto digits = rest.take_digits();
      if (digits.empty()) return false;
      of_three = of_three && digits.size() == 3;
      ++groups;
    }
    if (groups == 1 || !rest.empty()) continue;
    // Points also occur in versions and addresses.
    return separator != "." || (of_three && groups > 2);
  }
  return false;
}

/// Whether it is what programs write where there is no value.
bool stands_for_nothing(std::string_view text) {
  constexpr std::array<std::string_view, 10> words = {"null", "NULL", "Null", "nil", "None",
                                                      "nan",  "NaN",  "NAN",  "N/A", "undefined"};
  return std::ranges::find(words, text) != words.end() || text == "[object Object]";
}

std::string describe_edge(std::string_view verb, UChar32 c) {
  return fmt::format("{} with {}{}", verb, describe_character(c), or_trim());
}

bool is_foreign_digit(UChar32 c) {
  return c >= 0x80 && u_charDigitValue(c) >= 0;
}

std::optional<std::string> find_inner_fault(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto c = next_code_point(text, i);
    if (c == '\n' || c == '\r') {
      return fmt::format("contains a line break, {}: the cell or the text was wrapped", describe_character(c));
    }
    if (is_invisible(c)) return fmt::format("contains {}, which is invisible: remove it", describe_character(c));
    if (c >= 0x80 && is_blank_character(c)) {
      return fmt::format("contains {}, which looks like a blank: remove it", describe_character(c));
    }
    if (is_foreign_digit(c)) {
      return fmt::format("contains {}: write digits as 0 to 9", describe_character(c));
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> find_identifier_fault(std::string_view text) {
  if (text.empty() || is_digits(text)) return std::nullopt;
  if (auto fault = find_edge_fault(text)) return fault;
  if (find_exponent(text) == Exponent::certain) {
    return fmt::format("{} looks like a number that a spreadsheet has shortened{}", quote(text), export_as_text);
  }
  if (has_zero_decimals(text)) {
    return fmt::format("{} looks like a number that a program has given decimals{}", quote(text), export_as_text);
  }
  if (is_grouped(text)) {
    return fmt::format("{} looks like a number with its digits in groups{}", quote(text), export_as_text);
  }
  if (is_error_value(text)) {
    return fmt::format("{} is a spreadsheet's error value: correct the cell and export it again", quote(text));
  }
  if (stands_for_nothing(text)) {
    return fmt::format("{} is what programs write for a missing value", quote(text));
  }
  return find_inner_fault(text);
}

std::optional<std::string> find_edge_fault(std::string_view text) {
  const auto is_odd = [](UChar32 c) { return is_blank_character(c) || is_invisible(c); };
  if (const auto first = first_character(text); is_odd(first)) return describe_edge("begins", first);
  if (const auto last = last_character(text); is_odd(last)) return describe_edge("ends", last);
  if (is_text_formula(text)) {
    return R"(is written as a spreadsheet's formula, ="…": remove =" and ", or accept it with )" +
           spell(SettingName::trim);
  }
  if (text.starts_with('\'')) {
    return fmt::format("begins with an apostrophe ('), with which a spreadsheet marks text{}", or_trim());
  }
  return std::nullopt;
}

bool looks_rewritten(std::string_view text) {
  if (text.empty() || is_digits(text)) return false;
  if (find_exponent(text) == Exponent::possible || is_decimal(text)) return true;
  return (text.front() == '-' || text.front() == '+') && is_digits(text.substr(1));
}

bool is_error_value(std::string_view text) {
  constexpr std::array<std::string_view, 4> words = {"#N/A", "#NV", "#N/D", "#GETTING_DATA"};
  if (text.starts_with("Err:")) return is_digits(text.substr(4));
  if (text.size() < 3 || text.front() != '#') return false;
  if (std::ranges::find(words, text) != words.end()) return true;
  const auto inner = text.substr(1, text.size() - 2);
  const auto is_capital = [](char c) { return (c >= 'A' && c <= 'Z') || c == '/' || c == '_' || c == '0'; };
  if ((text.back() == '!' || text.back() == '?') && std::ranges::all_of(inner, is_capital)) return true;
  // What a column shows that is too narrow for its number.
  return std::ranges::all_of(text, [](char c) { return c == '#'; });
}

}  // namespace koobatch::job
