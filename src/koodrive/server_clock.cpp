#include "koobatch/koodrive/server_clock.hpp"
#include "koobatch/http/date.hpp"

#include <algorithm>

namespace koobatch::koodrive {
namespace {

using namespace std::chrono_literals;

/// The smallest Date is followed as long as it differs from what was accepted by at most this. Less than the margin, so
/// that following wrong Dates never leads to the end of the window.
constexpr Duration tolerance = ServerClock::margin / 2;
/// Two offsets that differ by less than this yield the same X-Date, apart from rounding.
constexpr Duration rounding = 1s;
/// The distance between the offsets tried when nothing is known: each covers one window.
constexpr Duration stride = ServerClock::window - 2 * ServerClock::margin;
/// As long as nothing has been accepted, our own clock may be wrong. An operation's refusal is believed after the first
/// number of refusals that no Date explains, on as many connections; every refusal is believed after the second number,
/// counted over all operations.
constexpr unsigned enough_in_vain = 8;
constexpr unsigned enough_of_all_in_vain = 100;
/// An operation's refusal is believed after the first number of refusals without a Date, if other answers have one;
/// every refusal is believed after the second number, counted over all operations, if no refusal ever had one.
constexpr unsigned enough_dateless = 8;
constexpr unsigned enough_of_all_dateless = 24;
/// How often an operation is repeated when another try is cheap and there is little other evidence about the clock.
constexpr unsigned few = 3;

bool close(Duration a, Duration b, Duration within) {
  return a <= b + within && b <= a + within;
}

}  // namespace

void ServerClock::observe(std::string_view date, TimePoint received) {
  if (date.empty()) return;
  if (date != last_date_) {
    const auto parsed = http::parse_date(date);
    last_date_ = date;
    last_valid_ = parsed.has_value();
    if (parsed) last_parsed_ = *parsed;
  }
  if (!last_valid_) return;
  const bool first = dates_.empty();
  const Duration seen = last_parsed_.time_since_epoch() - received.time_since_epoch();
  dates_.add(seen, seen, received);
  if (!first || shared_ == nullptr) return;
  shared_->dated();
  if (!shared_->suggested()) shared_->suggest(seen - margin);
}

std::optional<Duration> ServerClock::accepted_offset() const {
  if (accepted_ || shared_ == nullptr) return accepted_;
  return shared_->accepted();
}

std::optional<Duration> ServerClock::suggested_offset() const {
  return shared_ != nullptr ? shared_->suggested() : suggested_;
}

/// The smallest of the Dates seen, minus the margin. The margin shrinks if it would push the largest Date out of the
/// window.
Duration ServerClock::smallest_with_margin() const {
  const auto& [low, high] = dates_.range();
  return low - std::clamp<Duration>((window - (high - low)) / 2, rounding, margin);
}

Duration ServerClock::follow(Duration accepted) const {
  if (dates_.empty()) return accepted;
  const Duration smallest = smallest_with_margin();
  return close(smallest, accepted, tolerance) ? smallest : accepted;
}

Dated ServerClock::date(TimePoint now, WallTime wall, const NodeClock& node, const ClockRepeats* repeats) const {
  const auto dated = [&](Duration offset) {
    return Dated{std::chrono::floor<std::chrono::seconds>(WallTime(now.time_since_epoch() + offset)), offset, now};
  };
  const auto accepted = accepted_offset();
  if (repeats != nullptr && repeats->count != 0 && !(repeats->blind && accepted)) {
    // The answer's clock did not help, and the repeat may be sent on a different connection than the original.
    const bool by_node = repeats->count % 2 == 0 && node.accepted;
    return dated(by_node ? *node.offset : repeats->offset);
  }
  if (node.offset) return dated(node.accepted ? follow(*node.offset) : *node.offset);
  if (accepted) return dated(follow(*accepted));
  if (const auto suggested = suggested_offset()) return dated(*suggested);
  if (!dates_.empty()) return dated(smallest_with_margin());
  return dated(wall.time_since_epoch() - now.time_since_epoch() - margin);
}

void ServerClock::accepted(const Dated& sent, TimePoint received, NodeClock& node) {
  node = {sent.offset, true};
  accepted_ = sent.offset;
  in_the_dark_ = searched_ = in_vain_ = 0;
  const Duration x_date = sent.x_date.time_since_epoch();
  proven_.add(x_date - sent.at.time_since_epoch(), x_date - received.time_since_epoch(), received);
  if (shared_ == nullptr) return;
  const auto known = shared_->accepted();
  if (!known || !close(*known, sent.offset, rounding)) shared_->accept(sent.offset);
}

/// Whether the X-Date was inside the window by every clock seen lately, with some margin at its old end.
bool ServerClock::inside_all_dates(const Dated& sent, TimePoint received) const {
  if (dates_.empty()) return true;
  const auto& [low, high] = dates_.range();
  const Duration x_date = sent.x_date.time_since_epoch();
  // A Date is up to a second behind its clock.
  return x_date - sent.at.time_since_epoch() <= low &&
         x_date + window - received.time_since_epoch() >= high + 1s + margin;
}

/// Whether the X-Date was inside the window by the answer's clock, at whatever moment between sending and receipt it
/// was judged.
bool ServerClock::inside_for_node(const Dated& sent, const std::optional<WallTime>& date, TimePoint received,
                                  Cause cause, ClockRepeats& repeats) {
  if (!date) {
    const bool dates_exist = !dates_.empty() || (shared_ != nullptr && shared_->was_dated());
    if (!dates_exist) return accepted_offset() || cause != Cause::parameters || repeats.count >= few;
    if (++dateless_refusals_ >= enough_of_all_dateless && !refusals_have_dates_) return true;
    return ++repeats.dateless >= enough_dateless;
  }
  refusals_have_dates_ = true;
  const Duration earlier = std::min<Duration>(received - sent.at, margin / 2);
  return sent.x_date <= *date - earlier && sent.x_date + window >= *date + 1s;
}

/// Whether the X-Date was inside the window by a single clock that judges all requests: that clock has accepted dates
/// further ahead, and dates further behind.
bool ServerClock::inside_for_service(const Dated& sent, TimePoint received, WallTime wall,
                                     const ClockRepeats& repeats) const {
  if (proven_.empty()) {
    if (const auto others = accepted_offset()) {
      if (close(sent.offset, *others, rounding) && repeats.count >= few) return true;
      return close(sent.offset, *others, tolerance) && inside_all_dates(sent, received);
    }
    if (repeats.in_vain >= enough_in_vain || in_vain_ >= enough_of_all_in_vain) return true;
    return sent.x_date <= wall && sent.x_date + window > wall && inside_all_dates(sent, received);
  }
  const Duration ahead = sent.x_date.time_since_epoch() - sent.at.time_since_epoch();
  const Duration behind = sent.x_date.time_since_epoch() - received.time_since_epoch();
  const auto& [low, high] = proven_.range();
  if (ahead <= high && behind >= low) return true;
  return ahead <= high + tolerance && behind >= low - tolerance && inside_all_dates(sent, received);
}

ServerClock::Refusal ServerClock::refused(const Dated& sent, std::string_view date, TimePoint received, WallTime wall,
                                          Cause cause, NodeClock& node, ClockRepeats& repeats) {
  const auto parsed = http::parse_date(date);
  const bool by_node = inside_for_node(sent, parsed, received, cause, repeats);
  const bool by_service = inside_for_service(sent, received, wall, repeats);
  repeats.node_agreed |= by_node;
  const bool believed = cause == Cause::another ? by_node || by_service : repeats.node_agreed && by_service;
  if (believed || repeats.count >= max_repeats) return Refusal::believe;

  std::optional<Duration> told;
  if (parsed && !by_node) told = *parsed - WallTime(received.time_since_epoch()) - margin;
  repeats.blind = !accepted_offset();
  // Other nodes may show other Dates, which helps as long as nothing is known.
  const bool elsewhere = !node.accepted && (by_node || (repeats.blind && repeats.count != 0));
  if (by_node && repeats.blind) ++in_vain_, ++repeats.in_vain;
  // What was accepted on this connection stays, unless it is just what was refused.
  if (!node.accepted || close(*node.offset, sent.offset, rounding)) node = {told};
  ++repeats.count;
  const Duration ours = wall.time_since_epoch() - received.time_since_epoch() - margin;
  leave_edge(sent, received);
  repeats.offset = next_offset(sent, told, repeats, ours);
  if (repeats.blind) {
    suggested_ = repeats.offset;
    if (shared_ != nullptr) shared_->suggest(repeats.offset);
  }
  return elsewhere ? Refusal::repeat_elsewhere : Refusal::repeat;
}

/// Moves an offset that is accepted only with favourable rounding, and so lies at an end of the window, to the middle.
void ServerClock::leave_edge(const Dated& sent, TimePoint received) {
  if (!accepted_ || !close(*accepted_, sent.offset, rounding)) return;
  const Duration x_date = sent.x_date.time_since_epoch();
  const bool ahead = x_date - sent.at.time_since_epoch() > proven_.range().high;
  const bool behind = x_date - received.time_since_epoch() < proven_.range().low;
  if (ahead != behind) *accepted_ += ahead ? -tolerance : tolerance;
}

/// `told`: what the answer's Date suggests, if that explains the refusal.
Duration ServerClock::next_offset(const Dated& sent, const std::optional<Duration>& told, const ClockRepeats& repeats,
                                  Duration ours) {
  const auto accepted = accepted_offset();
  // While nothing is accepted, operations take turns, and each is refused once at first.
  if (!accepted) return told && in_the_dark_++ % 3 == 0 ? *told : search(ours);
  if (told && repeats.count % 2 == 1) return *told;
  if (told && close(*accepted, sent.offset, rounding)) return *told;
  return *accepted;
}

/// The next offset to try. The offsets cover the Dates seen plus one window on either side, alternately from both ends,
/// because one end may be nonsense. Once in between, the middle of the window by our own clock is tried: perhaps it is
/// right, and the Dates are wrong.
Duration ServerClock::search(Duration ours) {
  constexpr unsigned turn_of_ours = 1;
  const unsigned turn = searched_++;
  if (turn == turn_of_ours) return ours - stride / 2;
  const Duration from = (dates_.empty() ? ours : dates_.range().low - margin);
  const Duration to = (dates_.empty() ? ours : dates_.range().high - margin);
  const auto steps = (to - from) / stride + 3;
  const auto step = static_cast<Duration::rep>(turn > turn_of_ours ? turn - 1 : turn) % steps;
  const auto place = step % 2 == 0 ? step / 2 : steps - 1 - step / 2;
  return from + ((place + 1) % steps - 1) * stride;
}

}  // namespace koobatch::koodrive
