#include "koobatch/core/child_process.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <boost/test/unit_test.hpp>

#include <cerrno>
#include <string>
#include <vector>

using namespace koobatch;

namespace {

ChildProcess start(const std::vector<std::string>& words) {
  return ChildProcess::start({"--command", words, STDERR_FILENO, STDERR_FILENO, environ}).value();
}

/// How it ended; waits for that.
int end_of(ChildProcess child) {
  for (;;) {
    if (const auto status = child.ended()) return *status;
  }
}

/// Ignores SIGCHLD in its scope.
class NoChildSignals {
 public:
  NoChildSignals() : before_(::signal(SIGCHLD, SIG_IGN)) {}
  ~NoChildSignals() { ::signal(SIGCHLD, before_); }
  NoChildSignals(const NoChildSignals&) = delete;
  NoChildSignals& operator=(const NoChildSignals&) = delete;

 private:
  void (*before_)(int);
};

}  // namespace

BOOST_AUTO_TEST_SUITE(child_process)

BOOST_AUTO_TEST_CASE(its_end_is_described_as_it_was) {
  BOOST_TEST(end_of(start({"true"})) == 0);
  BOOST_TEST(describe_end(end_of(start({"sh", "-c", "exit 3"}))) == "ended with status 3");
  BOOST_TEST(describe_end(end_of(start({"sh", "-c", "kill -9 $$"}))) == "was killed by signal 9");
}

BOOST_AUTO_TEST_CASE(an_end_with_unknown_status_is_an_end_but_not_a_success) {
  const NoChildSignals ignored;
  auto child = start({"true"});
  // Reaps it first, so that its status can no longer be read.
  while (::waitpid(-1, nullptr, 0) >= 0 || errno == EINTR) {
  }
  const auto status = child.ended();
  BOOST_REQUIRE(status.has_value());
  BOOST_TEST(*status != 0);
}

BOOST_AUTO_TEST_SUITE_END()
