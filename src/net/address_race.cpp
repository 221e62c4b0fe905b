#include "net/address_race.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <utility>

namespace koobatch::net {
namespace {

/// RFC 8305, section 5: the recommended delay, and the minimum.
constexpr Duration recommended_delay = std::chrono::milliseconds(250);
constexpr Duration least_delay = std::chrono::milliseconds(10);
/// The maximum number of addresses in a message.
constexpr std::size_t most_named = 8;

}  // namespace

Duration AddressRace::delay_for(std::size_t addresses, Duration timeout) {
  const Duration share = timeout / static_cast<Duration::rep>(std::max<std::size_t>(addresses, 1));
  return std::clamp(share, least_delay, recommended_delay);
}

AddressRace::AddressRace(const std::vector<Address>& order, Duration delay) : delay_(delay) {
  for (const Address& address : order) entrants_.push_back({.address = address, .said = {}});
}

bool AddressRace::any(State state) const {
  return std::any_of(entrants_.begin(), entrants_.end(),
                     [state](const Entrant& entrant) { return entrant.state == state; });
}

std::optional<std::size_t> AddressRace::begin(TimePoint now) {
  if (any(State::connected)) return std::nullopt;
  if (any(State::connecting) && now < next_at_) return std::nullopt;
  const auto next = std::find_if(entrants_.begin(), entrants_.end(),
                                 [](const Entrant& entrant) { return entrant.state == State::waiting; });
  if (next == entrants_.end()) return std::nullopt;
  next->state = State::connecting;
  next->said = "no answer";
  next_at_ = now + delay_;
  return static_cast<std::size_t>(next - entrants_.begin());
}

TimePoint AddressRace::next_at() const {
  return any(State::waiting) && !any(State::connected) ? next_at_ : TimePoint::max();
}

void AddressRace::failed(std::size_t number, std::string why, bool local) {
  Entrant& entrant = entrants_[number];
  assert(entrant.state == State::connecting || entrant.state == State::connected);
  entrant.state = State::failed;
  entrant.local = local;
  entrant.said = std::move(why);
  // Nothing is left to wait for.
  next_at_ = TimePoint::min();
}

void AddressRace::connected(std::size_t number) {
  assert(entrants_[number].state == State::connecting && !any(State::connected));
  for (Entrant& entrant : entrants_) {
    if (entrant.state == State::connecting) entrant.state = State::waiting;
  }
  entrants_[number].state = State::connected;
}

void AddressRace::waiting_for(std::size_t number, std::string what) {
  assert(entrants_[number].state == State::connected);
  entrants_[number].said = std::move(what);
}

bool AddressRace::lost() const {
  return std::all_of(entrants_.begin(), entrants_.end(),
                     [](const Entrant& entrant) { return entrant.state == State::failed; });
}

bool AddressRace::lost_locally() const {
  return !entrants_.empty() &&
         std::all_of(entrants_.begin(), entrants_.end(), [](const Entrant& entrant) { return entrant.local; });
}

std::vector<Address> AddressRace::failures(bool time_is_over) const {
  std::vector<Address> addresses;
  for (const Entrant& entrant : entrants_) {
    const bool failed = entrant.state == State::failed ? !entrant.local : time_is_over && !entrant.said.empty();
    if (failed) addresses.push_back(entrant.address);
  }
  return addresses;
}

std::size_t AddressRace::tried() const {
  return static_cast<std::size_t>(
      std::count_if(entrants_.begin(), entrants_.end(), [](const Entrant& entrant) { return !entrant.said.empty(); }));
}

std::string AddressRace::said() const {
  std::string all;
  std::size_t named = 0;
  for (const Entrant& entrant : entrants_) {
    if (entrant.said.empty() || named == most_named) continue;
    if (named++ != 0) all += "; ";
    all += fmt::format("{}: {}", to_text(entrant.address), entrant.said);
  }
  if (const std::size_t all_tried = tried(); all_tried > named) all += fmt::format("; and {} more", all_tried - named);
  return all;
}

}  // namespace koobatch::net
