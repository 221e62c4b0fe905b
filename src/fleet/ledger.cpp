#include "koobatch/fleet/ledger.hpp"

#include <algorithm>
#include <array>

namespace koobatch::fleet {
namespace {

constexpr std::array<std::string_view, 8> run_state_names = {"loading",  "ready",   "running",   "paused",
                                                             "stopping", "stopped", "completed", "aborted"};
constexpr std::array<std::string_view, 3> worker_state_names = {"alive", "left", "fenced"};
constexpr std::array<std::string_view, 3> fence_proof_names = {"not proven", "proven", "refuted"};

}  // namespace

std::string_view to_string(RunState state) {
  return run_state_names[static_cast<std::size_t>(state)];
}

std::optional<RunState> parse_run_state(std::string_view name) {
  const auto found = std::ranges::find(run_state_names, name);
  if (found == run_state_names.end()) return std::nullopt;
  return static_cast<RunState>(found - run_state_names.begin());
}

bool has_ended(RunState state) {
  return state == RunState::stopped || state == RunState::completed || state == RunState::aborted;
}

bool Survey::any_alive() const {
  return std::ranges::find(workers, WorkerState::alive, &WorkerRow::state) != workers.end();
}

std::string_view to_string(WorkerState state) {
  return worker_state_names[static_cast<std::size_t>(state)];
}

std::string_view to_string(FenceProof proof) {
  return fence_proof_names[static_cast<std::size_t>(proof)];
}

std::optional<FenceProof> parse_fence_proof(std::string_view name) {
  const auto found = std::ranges::find(fence_proof_names, name);
  if (found == fence_proof_names.end()) return std::nullopt;
  return static_cast<FenceProof>(found - fence_proof_names.begin());
}

}  // namespace koobatch::fleet
