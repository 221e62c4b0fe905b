#pragma once
#include "fleet_run.hpp"
#include "postgres_server.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace koobatch::test {

/// A run whose engine is one server of its own.
struct FleetStage : FleetRun {
  /// `flags`: of the simulator.
  FleetStage(std::size_t operations, std::size_t keys, const std::vector<std::string>& flags = {});

  std::vector<std::string> engine() const override;
  std::string ask_engine(const std::string& statement) const override;

  /// Stops and continues all processes of the database: connections stay, and nothing is answered.
  void freeze_engine() const;
  void thaw_engine() const;

  PostgresServer postgres;
};

}  // namespace koobatch::test
