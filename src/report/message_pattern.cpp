#include "report/message_pattern.hpp"

#include "koobatch/core/ascii.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace koobatch::report {
namespace {

constexpr std::string_view gap = "…";

struct Quotes {
  std::string_view open, close;
};
constexpr std::array<Quotes, 9> quote_pairs = {{{"'", "'"},
                                                {"\"", "\""},
                                                {"`", "`"},
                                                {"“", "”"},
                                                {"‘", "’"},
                                                {"«", "»"},
                                                {"「", "」"},
                                                {"『", "』"},
                                                {"《", "》"}}};

/// Characters of identifiers. Bytes outside ASCII are not: not every language puts spaces between words.
constexpr bool is_word(char c) {
  return is_digit(c) || is_letter(c) || c == '_' || c == '-';
}

/// Scans a text from front to back.
class PatternWriter {
 public:
  PatternWriter(std::string& out, std::string_view text) : out_(out), text_(text) {}

  void write() {
    while (at_ < text_.size()) {
      if (is_word(text_[at_])) {
        write_word();
      } else if (!write_quoted()) {
        out_.push_back(text_[at_++]);
      }
    }
  }

 private:
  void write_word() {
    const auto rest = text_.substr(at_);
    const auto end = std::find_if_not(rest.begin(), rest.end(), is_word);
    const auto word = rest.substr(0, static_cast<std::size_t>(end - rest.begin()));
    out_.append(std::any_of(word.begin(), word.end(), is_digit) ? gap : word);
    at_ += word.size();
  }

  /// Whether a word, or a pattern's placeholder for one, ends right before `at`, or begins there.
  bool word_before(std::size_t at) const {
    return at > 0 && (is_word(text_[at - 1]) || text_.substr(0, at).ends_with(gap));
  }
  bool word_from(std::size_t at) const {
    return at < text_.size() && (is_word(text_[at]) || text_.substr(at).starts_with(gap));
  }

  /// An apostrophe within a word neither opens nor closes a quotation.
  bool write_quoted() {
    const auto rest = text_.substr(at_);
    const auto* const pair =
        std::find_if(quote_pairs.begin(), quote_pairs.end(), [&](const auto& q) { return rest.starts_with(q.open); });
    if (pair == quote_pairs.end() || (pair->open == "'" && word_before(at_))) return false;
    std::size_t close = text_.find(pair->close, at_ + pair->open.size());
    while (pair->close == "'" && close != std::string_view::npos && word_from(close + 1)) {
      close = text_.find(pair->close, close + 1);
    }
    if (close == std::string_view::npos) return false;
    out_.append(pair->open).append(gap).append(pair->close);
    at_ = close + pair->close.size();
    return true;
  }

  std::string& out_;
  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

void append_message_pattern(std::string& out, std::string_view text) {
  PatternWriter(out, text).write();
}

}  // namespace koobatch::report
