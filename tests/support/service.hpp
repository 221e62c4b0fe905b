#pragma once
#include "process.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace koobatch::test {

/// `koobatch simulate` in a separate process.
class Service {
 public:
  explicit Service(const std::vector<std::string>& flags = {});
  ~Service();

  const std::string& url() const { return url_; }
  /// The body of a plain HTTP GET of `path`.
  std::string get(const std::string& path) const;
  /// Ends it cleanly, so that its log is complete.
  void stop();

 private:
  Process process_;
  std::string url_;
  bool running_ = true;
};

/// One line of the simulator's log.
struct LoggedRequest {
  std::string time;  ///< UTC, with microseconds
  std::int64_t t_ns = 0;
  std::uint64_t connection = 0;
  std::string user;
  std::string key;
  std::string name;        ///< fileName or name
  std::uint32_t line = 0;  ///< of the operation, by the trace ID; 0 if there is none
  std::string trace_id;
  int status = 0;
  bool applied = false;
};
std::vector<LoggedRequest> read_log(const std::string& path);

/// Parses a state dump: key -> fileName or name.
std::map<std::string, std::string> read_state(const std::string& ndjson);

/// One result line of a report.
struct ReportedResult {
  std::uint32_t line = 0;
  std::string status;
  std::string id;
  std::string error;
  int http = 0;
  unsigned attempts = 0;
  std::string text;
};

/// The lines of a report, by type. Verifies every line's checksum.
struct ReportLines {
  std::vector<std::string> attempts;
  std::vector<std::string> run;
  std::vector<ReportedResult> results;
  std::vector<std::string> end;
  std::size_t syncs = 0;
};
ReportLines read_report(const std::string& path);

/// The text or number in member `name` of a JSON object, as text; empty if there is none.
std::string member(const std::string& json, const std::string& name);

/// A job of `operations` renames and album updates over `keys` keys in pseudo-random order, every value unique.
struct GeneratedJob {
  std::string text;
  std::map<std::string, std::string> last;  ///< key -> the value its last operation sets
};
GeneratedJob generate_job(std::size_t operations, std::size_t keys);
/// The text of a job of `count` renames, each of a different folder.
std::string renames(std::size_t count);

}  // namespace koobatch::test
