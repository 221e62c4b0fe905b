#pragma once
#include "service.hpp"
#include "workspace.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace koobatch::test {

/// A job, the simulator as the service, and many workers, with an engine that is somewhere else.
class FleetRun {
 public:
  /// `flags`: of the simulator.
  FleetRun(std::size_t operations, std::size_t keys, const std::vector<std::string>& flags);
  virtual ~FleetRun() = default;

  /// The flags that name the engine.
  virtual std::vector<std::string> engine() const = 0;
  /// What a statement returns there, as psql writes it.
  virtual std::string ask_engine(const std::string& statement) const = 0;

  /// Creates the engine's tables.
  void create_tables() const;
  /// Submits the job; a lease as short as possible, and a short hold, unless `flags` say otherwise.
  void submit(const std::vector<std::string>& flags = {});
  /// The command of a worker whose state is kept under its name.
  std::vector<std::string> work_command(const std::string& name, const std::vector<std::string>& flags = {}) const;
  std::unique_ptr<Process> start_worker(const std::string& name, const std::vector<std::string>& flags = {},
                                        const Process::Environment& environment = {}) const;
  /// Collects all results; the run must have ended.
  Finished collect() const;

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
  mutable std::map<std::string, int> starts;  ///< of workers, by name
};

/// Checks that no second has seen more requests than the rate allows. A tenth is for what was sent in time and arrived
/// late, on a machine that has other work.
void check_rate(const std::string& log, std::size_t rate);

/// Three workers, of which any may be killed and started again.
class Crew {
 public:
  explicit Crew(const FleetRun& fleet);

  /// Stops a worker at whatever it is doing.
  void stop(std::size_t worker) const;
  /// Kills a worker, if its timer has not done so.
  void strike(std::size_t worker) const;
  /// Starts one that was killed again.
  void start(std::size_t worker);
  /// Waits until a worker has a lease. Kills it then, or stops it, and kills it after its lease; starts it again.
  void replace(std::size_t worker, bool stops);
  /// Waits until all have ended.
  void check_succeeded() const;

  static constexpr std::size_t size = 3;

 private:
  const FleetRun& fleet_;
  std::vector<std::unique_ptr<Process>> workers_;
};

/// Checks that a worker ends with the run, and as it should.
void check_succeeded(Process& worker);

}  // namespace koobatch::test
