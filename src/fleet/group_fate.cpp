#include "fleet/group_fate.hpp"

#include <fmt/format.h>

namespace koobatch::fleet {
namespace {

GroupFate fate_of(Fault fault) {
  switch (fault) {
    case Fault::unanswered:
    case Fault::unreachable:
      return GroupFate::ask_again;
    case Fault::fenced:
      return GroupFate::fenced;
    case Fault::forgotten:
      return GroupFate::lost;
    case Fault::refused:
      break;
  }
  return GroupFate::refused;
}

}  // namespace

GroupFate fate_of(GroupNumber sent, const Answer<GroupNumber>& settled) {
  if (!settled) return fate_of(settled.error().fault);
  if (*settled == sent) return GroupFate::committed;
  // A group beyond the last one that was ever sent is none of ours: the ledger has gone back and given our number away.
  return *settled + 1 == sent ? GroupFate::send_again : GroupFate::lost;
}

GroupFate fate_of(const Answer<void>& committed) {
  if (committed) return GroupFate::committed;
  const Fault fault = committed.error().fault;
  return fault == Fault::unreachable ? GroupFate::send_again : fate_of(fault);
}

Error lost_groups(GroupNumber acknowledged, const Answer<GroupNumber>& settled) {
  const std::string has = settled ? fmt::format("has {} groups of this worker's results", *settled)
                                  : std::string("does not know this worker");
  return fatal_error(
      fmt::format("the engine {}, but had acknowledged {}: it has lost results that were durable, as after a "
                  "failover to a server that lacked them or after a restore, and nothing more is sent. "
                  "Collect what it still has, then submit the job again, naming that report as the one "
                  "to continue",
                  has, acknowledged));
}

}  // namespace koobatch::fleet
