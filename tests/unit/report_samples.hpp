#pragma once
#include "koobatch/report/reader.hpp"
#include "koobatch/report/record.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

/// Shared by the tests about reports: small records, reports in memory, a temporary folder.
namespace samples {

using namespace koobatch;
using namespace koobatch::report;

inline WallTime noon() {
  return *parse_timestamp("2026-11-21T17:00:00.123Z");
}

inline RunRecord run(unsigned segment = 1, std::uint64_t operations = 100) {
  RunRecord r;
  r.run_id = "r-1";
  r.segment = segment;
  r.version = "0.1.0";
  r.started = noon();
  r.trace_prefix = 0x15554U + segment;
  r.job = {"/jobs/rename.ndjson", "ndjson", 1234, operations, 0xdeadbeef};
  r.endpoint = "https://service.example";
  r.settings = R"({"connections":16})";
  return r;
}

inline ResultRecord result(std::uint32_t line, Status status = Status::succeeded) {
  ResultRecord r;
  r.line = line;
  r.op = "rename_shared_folder";
  r.id = "1757156480072657793";
  r.status = status;
  r.http = 200;
  r.code = 0;
  r.msg = "success";
  r.attempts = 1;
  r.trace_id = TraceId{0x15555, line, 1};
  r.at = noon();
  r.latency = std::chrono::nanoseconds(3'214'499);
  return r;
}

/// `results`: the number of results that the report holds so far, by status.
inline EndRecord end(unsigned segment = 1, std::string reason = "completed",
                     const std::array<std::uint64_t, status_names.size()>& results = {}) {
  EndRecord r;
  r.counts.by_status = results;
  r.segment = segment;
  r.reason = std::move(reason);
  r.at = noon() + std::chrono::seconds(2);
  r.seconds = 2;
  r.requests = 10;
  return r;
}

/// The note for attempt `attempt`, in this segment, of an operation that must not be sent twice.
inline AttemptNote note(std::uint32_t line, std::uint8_t attempt = 1, unsigned segment = 1) {
  return {{run(segment).trace_prefix, line, attempt}, noon()};
}

template <class Record>
std::string line(const Record& record) {
  std::string out;
  append_line(out, record);
  return out;
}

inline std::string sync(std::uint64_t n) {
  std::string out;
  append_sync_line(out, n);
  return out;
}

inline std::string without_newline(std::string text) {
  BOOST_REQUIRE(text.ends_with('\n'));
  text.pop_back();
  return text;
}

/// Delivers `text`, at most `step` bytes at a time.
inline ReadSome source(std::string_view text, std::size_t step = std::string_view::npos) {
  return [text, step](char* to, std::size_t size) mutable -> Result<std::size_t> {
    const std::size_t count = std::min({size, step, text.size()});
    std::memcpy(to, text.data(), count);
    text.remove_prefix(count);
    return count;
  };
}

inline Result<Scan> scan_text(std::string_view text) {
  Visitor nothing;
  return scan("r.ndjson", source(text), nothing);
}

/// A temporary folder, removed when the test is over.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "koobatch-test-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::permissions(path_, std::filesystem::perms::owner_all, ignored);
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) out.push_back(entry.path().filename());
    std::sort(out.begin(), out.end());
    return out;
  }

 private:
  std::filesystem::path path_;
};

inline std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

}  // namespace samples
