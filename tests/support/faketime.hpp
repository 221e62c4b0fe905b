#pragma once
#include "process.hpp"

#include <string>
#include <utility>
#include <vector>

namespace koobatch::test {

/// Runs koobatch until it ends, with the wall clock off by `offset`, such as "+25h".
inline Finished run_koobatch_at(const std::string& offset, const std::vector<std::string>& arguments,
                                Process::Environment environment = {}) {
  std::vector<std::string> command = {"/usr/bin/faketime", "-m", "--exclude-monotonic", "-f", offset, KOOBATCH_BINARY};
  command.insert(command.end(), arguments.begin(), arguments.end());
  // The sanitizer's runtime then no longer comes first, which does no harm here.
  environment["ASAN_OPTIONS"] = "verify_asan_link_order=0";
  return Process(std::move(command), environment).wait();
}

}  // namespace koobatch::test
