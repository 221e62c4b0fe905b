#include "sim/tokens.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace koobatch::sim {

bool Tokens::accept(std::string_view token, WallTime now) {
  if (!access_.empty() && token != access_) return false;
  if (settings_.requests != 0 && used_ >= settings_.requests) return false;
  if (settings_.lifetime > Duration::zero() && last_use_ < now - settings_.lifetime) return false;
  ++used_;
  last_use_ = now;
  return true;
}

bool Tokens::refresh(std::string_view refresh_token, WallTime now) {
  if (!refreshes() || refresh_token != settings_.refresh) return false;
  ++number_;
  former_.push_back(access_);
  // Derived from the first ones, so that tests recognise secrets when they see them.
  const auto next = [this](std::string& token, std::string_view kind) {
    token = fmt::format("{}.{}", token.empty() ? kind : std::string_view(token).substr(0, token.rfind('.')), number_);
  };
  next(access_, "access");
  next(settings_.refresh, "refresh");
  used_ = 0;
  last_use_ = now;
  return true;
}

bool Tokens::was_issued(std::string_view token) const {
  if (settings_.access.empty() || token == access_) return true;
  return std::find(former_.begin(), former_.end(), token) != former_.end();
}

std::chrono::seconds Tokens::lifetime() const {
  if (settings_.lifetime == Duration::zero()) return default_lifetime;
  return std::max(std::chrono::duration_cast<std::chrono::seconds>(settings_.lifetime), std::chrono::seconds(1));
}

}  // namespace koobatch::sim
