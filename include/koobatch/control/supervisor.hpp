#pragma once
#include "koobatch/control/protocol.hpp"
#include "koobatch/control/server.hpp"
#include "koobatch/control/status.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/observe/progress.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace koobatch::control {

/// Watches a running run: updates its progress, and answers and obeys control requests. For use on the thread that
/// waits for the run.
class Supervisor {
 public:
  /// `server`: nothing if the run cannot be asked.
  Supervisor(engine::Run& run, std::string report, std::optional<Server> server);

  /// Serves requests and updates the progress. To be called several times a second.
  void tick(TimePoint now);
  const observe::Progress& progress() const { return progress_; }
  /// Prints the run's status in response to a signal.
  void print_status() const;

 private:
  LiveRun live() const;
  std::string answer(std::string_view line);
  Result<Reply> obey(const Request& request);
  bool change(const Request& request);

  engine::Run& run_;
  const std::string report_;
  std::optional<Server> server_;
  observe::Progress progress_;
};

}  // namespace koobatch::control
