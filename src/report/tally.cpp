#include "koobatch/report/tally.hpp"

#include "report/message_pattern.hpp"

#include <algorithm>

namespace koobatch::report {
namespace {

/// The text, truncated to the length that is kept, never within a character.
std::string_view kept(std::string_view text) {
  if (text.size() <= Tally::longest_text) return text;
  std::size_t size = Tally::longest_text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) --size;
  return text.substr(0, size);
}

/// The position of this line among the examples.
std::size_t place_of(const std::vector<Cause::Example>& examples, std::uint32_t line) {
  const auto after = std::find_if(examples.begin(), examples.end(), [&](const auto& e) { return e.line > line; });
  return static_cast<std::size_t>(after - examples.begin());
}

void add_example(std::vector<Cause::Example>& examples, const Cause::Example& one) {
  const std::size_t place = place_of(examples, one.line);
  if (place == Cause::most_examples) return;
  if (examples.size() == Cause::most_examples) examples.pop_back();
  examples.insert(examples.begin() + static_cast<std::ptrdiff_t>(place), one);
}

bool same_answer(const Cause& a, const Cause& b) {
  return a.status == b.status && a.http == b.http && a.code == b.code;
}

}  // namespace

void Tally::add(const ResultRecord& result) {
  ++counts_[result.status];
  attempts_ += result.attempts;
  const auto first_ones = 1 + result.readings;
  if (result.attempts > first_ones) retries_ += result.attempts - first_ones;
  if (result.latency) latency_.record(*result.latency);
  if (!last_at_ || result.at > *last_at_) last_at_ = result.at;
  if (is_fulfilled(result.status)) return;
  Cause one;
  one.status = result.status;
  one.http = result.http;
  one.code = result.code;
  const auto text = kept(result.error.empty() ? result.msg : result.error);
  if (Group* const group = group_of(one, text)) {
    ++group->cause.count;
    add_example(group->cause.examples, {result.line, result.trace_id});
  } else {
    ++uncounted_causes_;
  }
}

void Tally::add_capture(std::string_view why) {
  if (why.empty()) {
    ++captures_.captured;
    return;
  }
  // What a later version says is at least not captured.
  const auto reason = std::ranges::find(not_captured_reasons, why) - not_captured_reasons.begin();
  ++captures_.not_captured[std::min<std::size_t>(static_cast<std::size_t>(reason), not_captured_reasons.size() - 1)];
}

void Tally::merge(const Tally& other) {
  captures_.captured += other.captures_.captured;
  for (std::size_t i = 0; i < captures_.not_captured.size(); ++i) {
    captures_.not_captured[i] += other.captures_.not_captured[i];
  }
  for (std::size_t i = 0; i < counts_.by_status.size(); ++i) counts_.by_status[i] += other.counts_.by_status[i];
  attempts_ += other.attempts_;
  retries_ += other.retries_;
  latency_.merge(other.latency_);
  uncounted_causes_ += other.uncounted_causes_;
  if (!last_at_ || (other.last_at_ && *other.last_at_ > *last_at_)) last_at_ = other.last_at_;
  for (const auto& [cause, pattern] : other.groups_) {
    if (Group* const group = group_of(cause, cause.text)) {
      group->cause.count += cause.count;
      for (const auto& example : cause.examples) add_example(group->cause.examples, example);
    } else {
      uncounted_causes_ += cause.count;
    }
  }
}

Tally::Group* Tally::find_text(const Cause& key, std::string_view text) {
  const auto found = std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) {
    return same_answer(g.cause, key) && g.cause.various == key.various && g.cause.text == text;
  });
  return found == groups_.end() ? nullptr : &*found;
}

Tally::Group* Tally::find_pattern(const Cause& key, std::string_view pattern, bool various) {
  const auto found = std::find_if(groups_.begin(), groups_.end(), [&](const Group& g) {
    return same_answer(g.cause, key) && g.cause.various == various && g.pattern == pattern;
  });
  return found == groups_.end() ? nullptr : &*found;
}

/// The group that counts this answer and text; null if there is no room for another cause.
Tally::Group* Tally::group_of(const Cause& cause, std::string_view text) {
  if (Group* const known = find_text(cause, text)) return known;
  pattern_.clear();
  append_message_pattern(pattern_, text);
  if (Group* const alike = cause.various ? nullptr : find_pattern(cause, pattern_, false)) {
    alike->cause.text = pattern_;
    return alike;
  }
  const bool various = cause.various || groups_.size() >= most_texts;
  if (Group* const same = various ? find_pattern(cause, {}, true) : nullptr) return same;
  if (groups_.size() >= 2 * most_texts) return nullptr;
  Group& group = groups_.emplace_back();
  group.cause.status = cause.status;
  group.cause.http = cause.http;
  group.cause.code = cause.code;
  group.cause.various = various;
  group.cause.examples.reserve(Cause::most_examples);
  if (various) return &group;
  group.cause.text = text;
  group.pattern = pattern_;
  return &group;
}

std::vector<Cause> Tally::causes() const {
  std::vector<Cause> sorted;
  for (const auto& group : groups_) sorted.push_back(group.cause);
  std::sort(sorted.begin(), sorted.end(), [](const Cause& a, const Cause& b) {
    return a.count != b.count ? a.count > b.count : a.examples.front().line < b.examples.front().line;
  });
  return sorted;
}

}  // namespace koobatch::report
