#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/fleet/ledger.hpp"

#include <cstdint>
#include <span>
#include <string>

// Which run a worker works on. Somebody who can write to the ledger must not be able to send a worker's credentials
// elsewhere, so a worker is told its endpoint by its own user, and works only on runs that agree.

namespace koobatch::fleet {

/// What a worker's user wants it to work on.
struct RunWish {
  std::string endpoint;  ///< http::Endpoint::url()
  std::string run_id;    ///< empty: any run
};

struct RunChoice {
  enum class Kind : std::uint8_t {
    found,  ///< `run` can be worked on
    wait,   ///< `run` is not ready yet, or is ending, or there is none
    ended,  ///< `run`, which was asked for, or all runs there are
  };
  Kind kind = Kind::wait;
  const RunRow* run = nullptr;  ///< one of the rows; null: there is none
};

/// Chooses among the runs in the ledger: the oldest that can be worked on. A usage error if the run that was asked for
/// does not exist or is for another endpoint.
Result<RunChoice> choose_run(std::span<const RunRow> runs, const RunWish& wish);

}  // namespace koobatch::fleet
