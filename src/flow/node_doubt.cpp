#include "koobatch/flow/node_doubt.hpp"

namespace koobatch::flow {

bool NodeDoubt::observe(const koodrive::Outcome& outcome, TimePoint now) {
  // Silence says nothing about what a node accepts; the connection that waited for an answer is closed anyway. Nor does
  // an answer from anything other than the service.
  if (outcome.http == 0 || outcome.foreign) return false;
  if (outcome.http < 500) {
    failures_ = 0;
    return false;
  }
  if (failures_++ == 0) since_ = now;
  if (failures_ < failures || now - since_ < patience) return false;
  failures_ = 0;
  return true;
}

}  // namespace koobatch::flow
