#pragma once
#include "koobatch/core/error.hpp"
#include "koobatch/fleet/ledger.hpp"
#include "koobatch/fleet/state_folder.hpp"

#include <cstdint>

namespace koobatch::fleet {

/// What became of the enrolment that an earlier process left in a state folder.
enum class EarlierFate : std::uint8_t {
  none,     ///< there was none, or it is over
  fenced,   ///< it was alive, and is over now
  unknown,  ///< the ledger has no such run: it was removed, or this is another ledger
  lost,     ///< the ledger has lost what it had acknowledged: the run is aborted
};

/// Ends the enrolment of the process that had the state folder before, which is certainly dead: its parts need not wait
/// for its lease, nor for a hold. Then forgets it.
Answer<EarlierFate> end_earlier_worker(Ledger& ledger, StateFolder& state);

}  // namespace koobatch::fleet
