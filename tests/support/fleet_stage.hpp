#pragma once
#include "postgres_server.hpp"
#include "service.hpp"
#include "workspace.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace koobatch::test {

/// A job, the simulator as the service, and a database, for many workers.
struct FleetStage {
  /// `flags`: of the simulator.
  FleetStage(std::size_t operations, std::size_t keys, const std::vector<std::string>& flags = {});

  /// Submits the job; a lease as short as possible, and a short hold, unless `flags` say otherwise.
  void submit(const std::vector<std::string>& flags = {});
  /// The command of a worker whose state is kept under its name.
  std::vector<std::string> work_command(const std::string& name, const std::vector<std::string>& flags = {}) const;
  std::unique_ptr<Process> start_worker(const std::string& name, const std::vector<std::string>& flags = {},
                                        const Process::Environment& environment = {}) const;
  /// Collects all results; the run must have ended.
  Finished collect() const;

  /// Stops and continues all processes of the database: connections stay, and nothing is answered.
  void freeze_engine() const;
  void thaw_engine() const;

  std::size_t applied() const;
  void wait_for_applied(std::size_t count) const;
  /// Waits until the worker of this name that was started last has a lease, or the run has ended: one that is stopped
  /// before has none that could end.
  void wait_for_enrolment(const std::string& name) const;
  std::string run_state() const;
  /// Checks that every operation has one result, and was applied in order. Stops the simulator.
  void check();

  std::size_t operations;
  Workspace workspace;
  std::string report = workspace.path("report");
  std::string log = workspace.path("log");
  GeneratedJob job;
  Service service;
  PostgresServer postgres;
  mutable std::map<std::string, int> starts;  ///< of workers, by name
};

}  // namespace koobatch::test
