#pragma once
#include <chrono>
#include <functional>
#include <thread>

namespace koobatch::test {

/// Polls until `true_at_last` returns true, for a minute. Returns whether it did.
inline bool becomes(const std::function<bool()>& true_at_last) {
  constexpr std::chrono::milliseconds pause{10};
  const auto last = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (!true_at_last()) {
    if (std::chrono::steady_clock::now() > last) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

}  // namespace koobatch::test
