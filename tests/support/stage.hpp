#pragma once
#include "service.hpp"
#include "workspace.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace koobatch::test {

/// A job, and the simulator that another server stands in front of.
struct Stage {
  /// `flags`: of the simulator.
  explicit Stage(std::size_t count = 5'000, std::size_t keys = 500, const std::vector<std::string>& flags = {});

  /// The simulator's address, as the server in front wants it: "127.0.0.1:8080".
  std::string upstream() const;
  /// Starts a run of the job against `url`.
  Process start(const std::string& url, const std::vector<std::string>& flags = {}) const;
  /// Runs the job against `url`.
  Finished run(const std::string& url, const std::vector<std::string>& flags = {}) const;
  /// `meanwhile` is called once a tenth of the operations has been applied.
  Finished run(const std::string& url, const std::vector<std::string>& flags,
               const std::function<void()>& meanwhile) const;

  void wait_for_applied(std::size_t count) const;
  /// Checks that every operation was applied, once and in order. Stops the simulator.
  void check();
  std::string end_line() const { return read_report(report).end.at(0); }

  std::size_t operations;
  Workspace workspace;
  std::string report = workspace.path("r");
  std::string log = workspace.path("log");
  GeneratedJob job;
  Service service;
};

}  // namespace koobatch::test
