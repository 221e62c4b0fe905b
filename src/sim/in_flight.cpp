#include "sim/in_flight.hpp"

namespace koobatch::sim {

bool InFlight::enter(std::uint64_t key, Ticket& ticket) {
  Ticket*& newest = newest_[key];
  bool overlaps = false;
  for (Ticket* other = newest; other != nullptr && !overlaps; other = other->older_) overlaps = !other->abandoned();
  ticket.key_ = key;
  ticket.older_ = newest;
  ticket.entered_ = true;
  newest = &ticket;
  return overlaps;
}

void InFlight::leave(Ticket& ticket) {
  if (!ticket.entered_) return;
  ticket.entered_ = false;
  const auto found = newest_.find(ticket.key_);
  Ticket** link = &found->second;
  while (*link != &ticket) link = &(*link)->older_;
  *link = ticket.older_;
  if (found->second == nullptr) newest_.erase(found);
}

}  // namespace koobatch::sim
