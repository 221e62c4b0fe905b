#pragma once
#include "koobatch/auth/secret.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::auth {

struct CommandLimits {
  Duration timeout = std::chrono::seconds(30);
  /// Called ten times a second; returns whether to end the command early. May be empty.
  std::function<bool()> stop;
  /// Masks secrets, other than the new token, in the command's output. May be empty.
  std::function<void(std::string&)> mask;
};

/// Runs the program that the first word names, without a shell, and returns the first line of its output as the token.
/// It gets our environment, an empty standard input and none of our descriptors. Its standard error is logged. It and
/// its children are killed on timeout. The error (usage) says what to do.
Result<Secret> run_token_command(const std::vector<std::string>& words, const CommandLimits& limits);

}  // namespace koobatch::auth
