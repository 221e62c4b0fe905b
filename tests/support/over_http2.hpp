#pragma once
#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::test {

/// Whether runs speak HTTP/2: suites are repeated with KOOBATCH_HTTP=2 in the environment, which runs inherit.
inline bool over_http2() {
  const char* const version = std::getenv("KOOBATCH_HTTP");
  return version != nullptr && std::string_view(version) == "2";
}

/// `flags`, and those for at most `count` requests in flight: over HTTP/2 on a few connections.
inline std::vector<std::string> in_flight(unsigned count, std::vector<std::string> flags) {
  const unsigned connections = over_http2() ? std::min(count, 4U) : count;
  flags.insert(flags.end(), {"--connections", std::to_string(connections)});
  if (over_http2()) flags.insert(flags.end(), {"--streams", std::to_string(count / connections)});
  return flags;
}

/// A precondition for cases that look at the bytes of HTTP/1.1.
inline boost::test_tools::assertion_result over_http1(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result result(!over_http2());
  result.message() << "it looks at the bytes of HTTP/1.1";
  return result;
}

}  // namespace koobatch::test
