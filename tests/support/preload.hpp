#pragma once
#include "process.hpp"

#include <string>

namespace koobatch::test {

/// A token, and the library that makes system calls fail (preload/io_faults.cpp), preloaded with `name` set to `value`.
inline Process::Environment with_fault(const std::string& name, const std::string& value) {
  return {{"TOKEN", "secret"},
          {"LD_PRELOAD", IO_FAULTS_LIBRARY},
          {name, value},
          // The sanitizer's runtime is no longer loaded first, which is harmless here.
          {"ASAN_OPTIONS", "verify_asan_link_order=0"}};
}

}  // namespace koobatch::test
