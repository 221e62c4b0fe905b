#pragma once
#include "process.hpp"
#include "workspace.hpp"

#include <string>
#include <vector>

namespace koobatch::test {

/// The program with all that belongs to it, installed below a root of its own: as the package does it, or where
/// `prefix` says.
class Installation {
 public:
  explicit Installation(const std::string& prefix = "/usr");

  const Workspace& root() const { return root_; }
  std::string path(std::string_view name) const { return root_.path(name); }

 private:
  Workspace root_;
};

/// Runs any program to its end.
Finished run_program(const std::vector<std::string>& command, const Process::Environment& environment = {},
                     const std::string& folder = {});

}  // namespace koobatch::test
