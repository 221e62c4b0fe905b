#pragma once
#include <boost/test/unit_test.hpp>

#include <cstdlib>

namespace koobatch::test {

/// Whether tests that have a short form and a long one take the long one: tests/run full sets KOOBATCH_FULL.
inline bool at_full_length() {
  return std::getenv("KOOBATCH_FULL") != nullptr;
}

/// A precondition for cases that have no short form.
inline boost::test_tools::assertion_result full_length(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result result(at_full_length());
  result.message() << "it takes too long for every build: tests/full_length";
  return result;
}

}  // namespace koobatch::test
