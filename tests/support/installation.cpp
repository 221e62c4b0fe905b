#include "installation.hpp"

#include <boost/test/unit_test.hpp>

namespace koobatch::test {

Installation::Installation(const std::string& prefix) {
  const auto finished = run_program({KOOBATCH_CMAKE, "--install", KOOBATCH_BUILD_FOLDER, "--prefix", prefix},
                                    {{"DESTDIR", root_.path("")}});
  BOOST_REQUIRE_MESSAGE(finished.status == 0, finished.err);
}

Finished run_program(const std::vector<std::string>& command, const Process::Environment& environment,
                     const std::string& folder) {
  return Process(command, environment, folder).wait();
}

}  // namespace koobatch::test
