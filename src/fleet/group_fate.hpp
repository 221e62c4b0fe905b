#pragma once
#include "koobatch/fleet/ledger.hpp"

#include <cstdint>

namespace koobatch::fleet {

/// What became of a group whose commit was not answered.
enum class GroupFate : std::uint8_t {
  committed,   ///< it is durable
  send_again,  ///< it is not: send the very same group again
  ask_again,   ///< still not known: ask once more, over another connection if this one is broken
  fenced,      ///< this enrolment is over: its unrecorded results are dropped
  lost,        ///< the ledger has lost groups, or the enrolment, that it had acknowledged: the run is aborted
  refused,     ///< the ledger will not answer: the failure says why
};

/// Judges the group `sent`, the last one, by what Ledger::settle() answered.
GroupFate fate_of(GroupNumber sent, const Answer<GroupNumber>& settled);
/// What follows from the direct answer to a commit, before it is settled: `ask_again` means settle().
GroupFate fate_of(const Answer<void>& committed);

/// Explains GroupFate::lost. `acknowledged`: the last group that the ledger had acknowledged.
Error lost_groups(GroupNumber acknowledged, const Answer<GroupNumber>& settled);

}  // namespace koobatch::fleet
