#pragma once
#include <sys/types.h>
#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace koobatch::test {

struct Finished {
  int status = -1;  ///< exit status; 128 + N if killed by signal N
  std::string out;
  std::string err;
  long peak_kib = 0;  ///< the most memory that it has occupied
};

/// A child process with its standard output and error captured. Killed and reaped at destruction if it still runs.
class Process {
 public:
  using Environment = std::map<std::string, std::string>;  ///< added to our own

  /// `folder`: its working directory, `input`: the file for its standard input; both inherited if empty.
  explicit Process(std::vector<std::string> command, const Environment& environment = {},
                   const std::string& folder = {}, const std::string& input = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  /// Does nothing once somebody has waited for its end. May be called by other threads.
  void signal(int number) const;
  /// Waits for its end; after `patience` it is killed and the test fails.
  Finished wait(std::chrono::seconds patience = std::chrono::seconds(300));
  /// Reads standard output up to the next newline, which is removed.
  std::string read_line();

 private:
  std::atomic<pid_t> pid_ = -1;
  int out_ = -1;
  int err_ = -1;
  std::string out_text_;
  std::string err_text_;
  std::thread err_reader_;
};

/// Runs the koobatch binary under test until it ends.
Finished run_koobatch(const std::vector<std::string>& arguments, const Process::Environment& environment = {},
                      const std::string& folder = {}, const std::string& input = {});

/// Starts a run of `job` against `url`, for user 7 with a token that the simulator takes. `flags`: more of the command.
Process start_run(const std::string& job, const std::string& url, const std::string& report,
                  const std::vector<std::string>& flags = {});

}  // namespace koobatch::test
