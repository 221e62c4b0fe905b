#pragma once
#include <csignal>
#include <vector>

namespace koobatch::test {

/// The signals that end a run; SIGHUP only if the tests themselves do not run under nohup, which children inherit.
inline std::vector<int> ending_signals() {
  std::vector<int> signals = {SIGINT, SIGTERM};
  struct sigaction now{};
  ::sigaction(SIGHUP, nullptr, &now);
  if (now.sa_handler != SIG_IGN) signals.push_back(SIGHUP);
  return signals;
}

}  // namespace koobatch::test
