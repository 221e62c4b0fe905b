#include "koobatch/report/tally.hpp"

#include <algorithm>

namespace koobatch::report {
namespace {

/// The text cut to what is kept of it, never within a character.
std::string_view kept(std::string_view text) {
  if (text.size() <= Tally::longest_text) return text;
  std::size_t size = Tally::longest_text;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) --size;
  return text.substr(0, size);
}

/// Adds `more` to `cause`, and keeps the example of the lower line.
void join(Cause& cause, const Cause& more) {
  if (cause.count == 0 || more.first_line < cause.first_line) {
    cause.first_line = more.first_line;
    cause.first_trace = more.first_trace;
  }
  cause.count += more.count;
}

}  // namespace

void Tally::add(const ResultRecord& result) {
  ++counts_[result.status];
  attempts_ += result.attempts;
  if (result.attempts > 1) retries_ += result.attempts - 1;
  if (result.latency) latency_.record(*result.latency);
  if (!last_at_ || result.at > *last_at_) last_at_ = result.at;
  if (result.status == Status::succeeded) return;
  Cause one;
  one.status = result.status;
  one.http = result.http;
  one.code = result.code;
  one.count = 1;
  one.first_line = result.line;
  one.first_trace = result.trace_id;
  add_cause(one, kept(result.error.empty() ? result.msg : result.error));
}

void Tally::merge(const Tally& other) {
  for (std::size_t i = 0; i < counts_.by_status.size(); ++i) counts_.by_status[i] += other.counts_.by_status[i];
  attempts_ += other.attempts_;
  retries_ += other.retries_;
  latency_.merge(other.latency_);
  uncounted_causes_ += other.uncounted_causes_;
  if (!last_at_ || (other.last_at_ && *other.last_at_ > *last_at_)) last_at_ = other.last_at_;
  for (const auto& cause : other.causes_) add_cause(cause, cause.text);
}

Cause* Tally::find(const Cause& key, std::string_view text, bool various) {
  const auto found = std::find_if(causes_.begin(), causes_.end(), [&](const Cause& c) {
    return c.status == key.status && c.http == key.http && c.code == key.code && c.various == various && c.text == text;
  });
  return found == causes_.end() ? nullptr : &*found;
}

void Tally::add_cause(const Cause& cause, std::string_view text) {
  Cause* known = find(cause, text, cause.various);
  const bool various = known == nullptr && (cause.various || causes_.size() >= most_texts);
  if (various) known = find(cause, {}, true);
  if (known == nullptr && causes_.size() >= 2 * most_texts) {
    uncounted_causes_ += cause.count;
    return;
  }
  if (known == nullptr) {
    known = &causes_.emplace_back(cause);
    known->text = various ? std::string_view() : text;
    known->various = various;
    known->count = 0;
  }
  join(*known, cause);
}

std::vector<Cause> Tally::causes() const {
  std::vector<Cause> sorted = causes_;
  std::sort(sorted.begin(), sorted.end(), [](const Cause& a, const Cause& b) {
    return a.count != b.count ? a.count > b.count : a.first_line < b.first_line;
  });
  return sorted;
}

}  // namespace koobatch::report
