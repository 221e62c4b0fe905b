#pragma once
#include "postgres_server.hpp"

#include <atomic>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace koobatch::test {

/// A network between one worker and a PostgreSQL server. Whoever does not come through it is not affected.
class EngineRelay {
 public:
  enum class Way : std::uint8_t {
    open,
    silent,         ///< nothing arrives, in neither direction
    no_statements,  ///< nothing of the worker's arrives
    no_answers,     ///< what the worker says arrives, the answers do not
    closed,         ///< connections are reset, and new ones as well
  };

  explicit EngineRelay(const PostgresServer& server);
  ~EngineRelay();
  EngineRelay(const EngineRelay&) = delete;
  EngineRelay& operator=(const EngineRelay&) = delete;

  /// Through it.
  std::string url() const;
  /// What could not pass arrives once it can again, as in a network, also from connections that their ends have closed
  /// since.
  void set(Way way) { way_ = way; }

 private:
  struct Pair;

  void relay();
  std::unique_ptr<Pair> accept() const;

  const std::string server_;  ///< its socket
  const int listener_;
  std::atomic<Way> way_{Way::open};
  std::atomic<bool> ended_{false};
  std::vector<std::unique_ptr<Pair>> pairs_;
  std::thread thread_;
};

std::ostream& operator<<(std::ostream& out, EngineRelay::Way way);

}  // namespace koobatch::test
