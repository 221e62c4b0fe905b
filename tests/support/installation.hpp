#pragma once
#include "process.hpp"
#include "workspace.hpp"

#include <string>
#include <vector>

namespace koobatch::test {

/// The program with its files, installed below a separate root: as the package does it, or at `prefix`.
class Installation {
 public:
  explicit Installation(const std::string& prefix = "/usr");

  const Workspace& root() const { return root_; }
  std::string path(std::string_view name) const { return root_.path(name); }

 private:
  Workspace root_;
};

/// Runs any program until it ends.
Finished run_program(const std::vector<std::string>& command, const Process::Environment& environment = {},
                     const std::string& folder = {});

}  // namespace koobatch::test
