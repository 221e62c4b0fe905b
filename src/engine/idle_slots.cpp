#include "engine/idle_slots.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace koobatch::engine {

IdleSlots::~IdleSlots() {
  if (armed()) disarm();
}

net::Awaitable<void> IdleSlots::park() {
  return net::asio::async_initiate<const net::UseAwaitable, void()>(
      [this](Parked&& one) { parked_.push_back(std::move(one)); }, net::UseAwaitable{});
}

net::Awaitable<void> IdleSlots::set_aside(Aside& aside) {
  return net::asio::async_initiate<const net::UseAwaitable, void()>(
      [&aside](Parked&& one) { aside.push_back(std::move(one)); }, net::UseAwaitable{});
}

void IdleSlots::readmit(Aside& aside) {
  for (auto& one : aside) parked_.push_back(std::move(one));
  aside.clear();
}

void IdleSlots::wake_one() {
  if (parked_.empty()) return;
  auto one = std::move(parked_.back());
  parked_.pop_back();
  net::asio::post(context_, std::move(one));
}

void IdleSlots::wake_all() {
  while (!parked_.empty()) wake_one();
}

void IdleSlots::wake_at(TimePoint time) {
  if (time == TimePoint::max() || (armed() && at() <= time)) return;
  timer_.arm(*this, time);
}

void IdleSlots::expire() {
  owner_.woken_by_time(Steady::now());
  wake_one();
}

}  // namespace koobatch::engine
