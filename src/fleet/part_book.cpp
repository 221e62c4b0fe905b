#include "fleet/part_book.hpp"

#include <algorithm>
#include <cassert>
#include <set>

namespace koobatch::fleet {

void PartBook::claimed(const ClaimedPart& part, BootTime received) {
  const auto [place, is_new] = parts_.try_emplace(part.part, part, received);
  if (is_new) order_.push_back(part.part);
}

std::vector<PartNumber> PartBook::owned() const {
  return order_;
}

std::vector<PartNumber> PartBook::parts_of(std::span<const std::uint32_t> lines) const {
  std::set<PartNumber> found;
  for (const std::uint32_t line : lines) {
    const auto place = open_.find(line);
    if (place == open_.end()) return owned();
    found.insert(place->second.part);
  }
  return {found.begin(), found.end()};
}

std::optional<PartBook::History> PartBook::wanted_history() const {
  for (const PartNumber number : order_) {
    const OpenPart& part = parts_.at(number);
    if (!part.knows_history()) return History{number, part.done() + 1};
  }
  return std::nullopt;
}

void PartBook::history_known(PartNumber part) {
  parts_.at(part).set_history_known();
  // Most attempts that were noted have their results.
  boost::unordered::erase_if(notes_, [&](const auto& note) { return results_.contains(note.first); });
}

bool PartBook::has_room(const OpenPart& part, BootTime now) const {
  return part.open_lines() < limits_.open_lines_per_part && part.last_queued() - part.done() < limits_.chunks_ahead &&
         !(part.is_holding(now) && waiting_ >= limits_.waiting_lines);
}

std::optional<PartBook::Next> PartBook::next_chunk(BootTime now) const {
  if (open_.size() >= limits_.open_lines) return std::nullopt;
  for (const PartNumber number : order_) {
    const OpenPart& part = parts_.at(number);
    if (!part.knows_history()) continue;
    if (const auto chunk = part.next_again(now)) return Next{number, *chunk, true};
    const auto chunk = part.next_fresh(now);
    if (chunk && *chunk <= part.acknowledged().fed && has_room(part, now)) return Next{number, *chunk, false};
  }
  return std::nullopt;
}

void PartBook::queued(const Next& next) {
  parts_.at(next.part).queued(next.chunk, next.again);
}

void PartBook::begin(const Next& next, BootTime now) {
  parts_.at(next.part).begin(next.chunk, next.again, now);
  reading_ = next.part;
}

Ruling PartBook::rule(const Line& line) {
  assert(reading_);
  OpenPart& part = parts_.at(*reading_);
  if (results_.contains(line.number)) return Ruling::skip;
  const bool noted = part.is_in_doubt(part.reading()) && notes_.contains(line.number);
  const std::size_t waited = part.waiting().size();
  const OpenPart::Turn turn = part.take(line.number, line.key, line.is_repeatable, noted);
  waiting_ = waiting_ - waited + part.waiting().size();
  if (turn == OpenPart::Turn::waits || turn == OpenPart::Turn::not_now) return Ruling::skip;
  open_.emplace(line.number, Whereabouts{*reading_, part.reading()});
  if (turn == OpenPart::Turn::fresh) return Ruling::send;
  return noted ? Ruling::unknown : Ruling::repeat;
}

void PartBook::end() {
  assert(reading_);
  const PartNumber part = *reading_;
  parts_.at(part).end();
  reading_.reset();
  drop_if_done(part);
}

bool PartBook::waits(BootTime now) const {
  return std::ranges::any_of(
      parts_, [&](const auto& entry) { return entry.second.is_holding(now) && !entry.second.waiting().empty(); });
}

void PartBook::hold_ends(PartNumber part, BootTime at) {
  if (const auto found = parts_.find(part); found != parts_.end()) found->second.hold_ends(at);
}

BootTime PartBook::next_change(BootTime now) const {
  BootTime next = BootTime::max();
  for (const auto& [number, part] : parts_) {
    if (part.is_holding(now)) next = std::min(next, part.hold_until());
  }
  return next;
}

ChunkNumber PartBook::wanted_fed(const OpenPart& part, BootTime now) const {
  const ChunkNumber fed = part.acknowledged().fed;
  if (!part.next_fresh(now) || !has_room(part, now)) return fed;
  return std::max(fed, std::min(part.chunks(), part.last_queued() + limits_.fed_ahead));
}

std::vector<PartProgress> PartBook::progress_with(std::span<const std::uint32_t> lines, BootTime now) {
  for (const std::uint32_t line : lines) record(line);
  std::vector<PartProgress> progress;
  for (const auto& [number, part] : parts_) {
    const PartProgress next{number, part.done(), wanted_fed(part, now)};
    const PartProgress& known = part.acknowledged();
    if (next.done != known.done || next.fed != known.fed) progress.push_back(next);
  }
  return progress;
}

void PartBook::record(std::uint32_t line) {
  const auto place = open_.find(line);
  if (place == open_.end()) return;
  parts_.at(place->second.part).recorded(place->second.chunk);
  open_.erase(place);
}

bool PartBook::wants_commit(BootTime now) const {
  const bool may_read = next_chunk(now).has_value();
  return std::ranges::any_of(parts_, [&](const auto& entry) {
    const OpenPart& part = entry.second;
    const bool is_news = part.done() != part.acknowledged().done;
    return (is_news && part.done() == part.chunks()) || (!may_read && wanted_fed(part, now) > part.acknowledged().fed);
  });
}

void PartBook::committed(std::span<const PartProgress> progress) {
  for (const PartProgress& next : progress) {
    const auto part = parts_.find(next.part);
    if (part == parts_.end()) continue;
    part->second.acknowledge(next);
    drop_if_done(next.part);
  }
}

/// A part may be done before its last chunk, which is being read once more, has been read to its end.
void PartBook::drop_if_done(PartNumber number) {
  const OpenPart& part = parts_.at(number);
  if (part.acknowledged().done < part.chunks() || reading_ == number) return;
  parts_.erase(number);
  std::erase(order_, number);
}

bool PartBook::is_open(const OpenPart& part, BootTime now) const {
  if (part.next_again(now)) return true;
  const bool is_stalled = part.is_holding(now) && waiting_ >= limits_.waiting_lines;
  return part.last_queued() < part.chunks() && !is_stalled;
}

std::uint32_t PartBook::open_parts(BootTime now) const {
  return static_cast<std::uint32_t>(
      std::ranges::count_if(parts_, [&](const auto& entry) { return is_open(entry.second, now); }));
}

bool PartBook::wants_parts(BootTime now) const {
  if (open_.size() >= limits_.open_lines) return false;
  return std::ranges::none_of(parts_, [&](const auto& entry) {
    const OpenPart& part = entry.second;
    return !part.knows_history() || part.next_again(now) || (part.next_fresh(now) && has_room(part, now));
  });
}

}  // namespace koobatch::fleet
