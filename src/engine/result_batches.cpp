#include "engine/result_batches.hpp"

#include <algorithm>
#include <cassert>

namespace koobatch::engine {

ResultBatches::ResultBatches(unsigned worker) : worker_(worker) {
  begin(1);
}

void ResultBatches::begin(std::uint64_t number) {
  batch_.worker = worker_;
  batch_.number = number;
}

void ResultBatches::open(TimePoint now) {
  if (batch_.lines.empty()) batch_.first = now;
}

std::uint64_t ResultBatches::added() {
  recorded_ = batch_.number;
  return batch_.number;
}

std::uint64_t ResultBatches::add(const report::ResultRecord& result, TimePoint now) {
  open(now);
  report::append_line(batch_.lines, result);
  return added();
}

std::uint64_t ResultBatches::add(const report::AttemptNote& note, TimePoint now) {
  open(now);
  report::append_line(batch_.lines, note);
  return added();
}

std::uint64_t ResultBatches::add(const report::ReadingNote& note, TimePoint now) {
  open(now);
  report::append_line(batch_.lines, note);
  return added();
}

bool ResultBatches::is_due(TimePoint now) const {
  return !empty() && (batch_.lines.size() >= most_bytes || now - batch_.first >= most_age);
}

TimePoint ResultBatches::due_at() const {
  return empty() ? TimePoint::max() : batch_.first + most_age;
}

void ResultBatches::urge() {
  assert(wants_urgency());
  urged_ = recorded_;
}

void ResultBatches::durable(std::uint64_t number) {
  durable_ = std::max(durable_, number);
}

}  // namespace koobatch::engine
