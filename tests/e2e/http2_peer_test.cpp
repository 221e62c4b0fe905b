// HTTP/2 with a server that shares no code with us: tests/peers/http2_peer.py, which judges requests by its own rules,
// and answers with what real servers do to their clients.
#include "service.hpp"
#include "workspace.hpp"

#include <signal.h>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <string>
#include <string_view>

using namespace koobatch::test;

namespace bdata = boost::unit_test::data;

namespace {

constexpr std::size_t operations = 1'000;
constexpr std::size_t keys = 100;

/// What the peer does, and what shows that it did.
struct Trick {
  const char* name;
  const char* count = nullptr;   ///< of the peer, which must not be 0
  bool reads_everything = true;  ///< whether each operation's request was read to its end once at least
};

std::ostream& operator<<(std::ostream& out, const Trick& trick) {
  return out << trick.name;
}

const Trick tricks[] = {
    {"peer"},
    {"goaway"},
    {"graceful"},
    {"abrupt"},
    {"refusing", "refused"},
    {"resetting"},
    {"narrow"},
    {"changing"},
    {"talkative"},
    {.name = "early", .count = "early", .reads_everything = false},
};

class Peer {
 public:
  explicit Peer(const std::string& trick) : process_({"/usr/bin/python3", "-B", program, trick}) {
    constexpr std::string_view announced = "listening on ";
    url_ = process_.read_line().substr(announced.size());
  }
  const std::string& url() const { return url_; }
  /// Ends it, and returns what it saw.
  std::string seen() {
    process_.signal(SIGTERM);
    const auto finished = process_.wait();
    BOOST_TEST_REQUIRE(finished.status == 0, finished.err);
    BOOST_TEST(finished.err == "");
    return finished.out;
  }

 private:
  const std::string program = project_file("tests/peers/http2_peer.py");
  Process process_;
  std::string url_;
};

boost::test_tools::assertion_result has_h2(boost::unit_test::test_unit_id) {
  if (Process({"/usr/bin/python3", "-c", "import h2"}).wait().status == 0) return true;
  boost::test_tools::assertion_result missing(false);
  missing.message() << "python3-h2 is not installed: .ci/install test";
  return missing;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(http2_peer, *boost::unit_test::precondition(has_h2))

BOOST_DATA_TEST_CASE(an_independent_peer_has_no_complaints_and_costs_no_operation, bdata::make(tricks), trick) {
  const Workspace workspace;
  const auto report = workspace.path("r");
  Peer peer(trick.name);
  const auto finished =
      start_run(workspace.write("job.ndjson", generate_job(operations, keys).text), peer.url(), report,
                {"--retry-base", "5ms", "--max-attempts", "50", "--http", "2", "--connections", "2", "--streams", "20"})
          .wait();
  BOOST_TEST(finished.status == 0, finished.out << finished.err);
  const auto seen = peer.seen();
  BOOST_TEST_MESSAGE(trick.name << ": " << seen);
  BOOST_TEST(member(seen, "complaints") == "[]", seen);
  const auto read = std::stoul(member(seen, "requests"));
  BOOST_TEST((read >= operations) == trick.reads_everything, seen);
  if (trick.count != nullptr) BOOST_TEST(!member(seen, trick.count).empty(), seen);
  for (const auto& result : read_report(report).results) BOOST_TEST(result.status == "succeeded", result.text);
}

BOOST_AUTO_TEST_SUITE_END()
