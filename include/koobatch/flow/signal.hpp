#pragma once
#include "koobatch/koodrive/outcome.hpp"

#include <cstdint>

namespace koobatch::flow {

/// What an answer says about the rate for all users.
enum class Signal : std::uint8_t {
  accepted,  ///< the service processed the request, whatever the result
  refused,   ///< too many requests
  unclear,   ///< too many requests, or another problem
  failed,    ///< a problem of the service or the network
  other,     ///< concerns one user's rate
};

Signal signal_of(const koodrive::Outcome& outcome);

}  // namespace koobatch::flow
