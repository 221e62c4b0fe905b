#include "koobatch/flow/server_clock.hpp"

#include <algorithm>

namespace koobatch::flow {
namespace {

std::int64_t minute_of(TimePoint t) {
  return std::chrono::floor<std::chrono::minutes>(t.time_since_epoch()).count();
}

}  // namespace

void ServerClock::observe(std::string_view date, TimePoint received) {
  if (date.empty()) return;
  if (date != last_date_) {
    const auto parsed = parse_http_date(date);
    last_date_ = date;
    last_valid_ = parsed.has_value();
    if (parsed) last_parsed_ = *parsed;
  }
  if (!last_valid_) return;
  const Duration seen = last_parsed_.time_since_epoch() - received.time_since_epoch();
  const std::int64_t minute = minute_of(received);
  Slot& slot = slots_[static_cast<std::size_t>(minute) % slots];
  if (slot.minute != minute) {
    slot = {minute, seen};
    if (shared_ != nullptr) shared_->publish(seen);
  } else {
    slot.offset = std::max(slot.offset, seen);
  }
}

std::optional<Duration> ServerClock::offset(TimePoint now) const {
  const auto newer = [](const Slot& a, const Slot& b) { return a.minute < b.minute; };
  const Slot& newest = *std::max_element(slots_.begin(), slots_.end(), newer);
  if (newest.minute < 0) return shared_ != nullptr ? shared_->offset() : std::nullopt;
  // After a silence longer than the memory the last proof stands: it is still true, and better than our own clock.
  Duration best = newest.offset;
  const std::int64_t oldest = minute_of(now) - static_cast<std::int64_t>(slots) + 1;
  for (const Slot& slot : slots_) {
    if (slot.minute >= 0 && slot.minute >= oldest) best = std::max(best, slot.offset);
  }
  return best;
}

WallTime ServerClock::x_date(TimePoint now, WallTime wall) const {
  const auto known = offset(now);
  const WallTime server = known ? WallTime(now.time_since_epoch() + *known) : wall;
  return server - margin;
}

bool ServerClock::explains_refusal(WallTime sent, std::string_view date) {
  const auto server = parse_http_date(date);
  if (!server) return false;
  // The header carries whole seconds; so does the server's Date, which hence is up to a second behind its now: what was
  // written for the next second is in its future, and what is 15 minutes old to the second may be a little older.
  const auto written = std::chrono::floor<std::chrono::seconds>(sent);
  return written > *server || written <= *server - window;
}

}  // namespace koobatch::flow
