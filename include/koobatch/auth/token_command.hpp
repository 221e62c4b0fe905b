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
  /// Asked ten times a second: true ends the command early. May be empty.
  std::function<bool()> stop;
  /// Takes out of what the command says whatever must not be shown, besides the token it gives. May be empty.
  std::function<void(std::string&)> mask;
};

/// Runs the program that the first word names, without a shell, and takes the first line of its output for the token.
/// It gets our environment, an empty standard input and none of our descriptors. What it says on standard error is
/// logged. It and its children are killed when the time is over. The error (usage) says what to do.
Result<Secret> run_token_command(const std::vector<std::string>& words, const CommandLimits& limits);

}  // namespace koobatch::auth
