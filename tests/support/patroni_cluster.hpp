#pragma once
#include "process.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::test {

/// Three nodes, each with a PostgreSQL server, Patroni, which decides which of the servers leads, and etcd, in which
/// the nodes agree on it. Their superuser is "postgres", without a password, on loopback ports of their own. All of it
/// is stopped, and its data removed, at the end; also if the test is killed.
class PatroniCluster {
 public:
  static constexpr std::size_t nodes = 3;
  /// Whether all of it is installed.
  static bool is_installed();

  /// Creates and starts it, which takes some ten seconds. Results are acknowledged once two servers have them.
  PatroniCluster();
  ~PatroniCluster();
  PatroniCluster(const PatroniCluster&) = delete;
  PatroniCluster& operator=(const PatroniCluster&) = delete;

  /// Of all nodes: "postgresql://postgres@HOST:PORT,HOST:PORT,HOST:PORT/DATABASE"
  std::string url(std::string_view database = "postgres") const;
  /// What a statement returns at the node that leads, as psql writes it. Waits until one does.
  std::string query(const std::string& statement, std::string_view database = "postgres") const;
  /// The same at any node; nothing: it does not answer.
  std::optional<std::string> query_at(std::size_t node, const std::string& statement,
                                      std::string_view database = "postgres") const;

  /// The node that leads. Waits until one does.
  std::size_t leader() const;
  /// Waits until a node leads, and what is written there is acknowledged.
  void wait_until_acknowledged() const;
  /// The node that the leading one waits for; nothing: there is none at the moment.
  std::optional<std::size_t> synchronous_standby() const;
  /// Starts all lost nodes, waits until both others follow the leading one, and results are acknowledged as at first.
  void restore();

  /// Kills everything on a node, at once. The others are needed to agree on anything.
  void lose(std::size_t node);
  /// The same, but for etcd.
  void lose_database(std::size_t node);
  /// Starts again what was lost of a node, with the data that it had.
  void bring_back(std::size_t node);
  /// Whether results are acknowledged only when two servers have them. Waits until it is so.
  void set_synchronous(bool synchronous);
  /// From now on, the leading node sends nothing to the others, until it is lost.
  void stop_replication() const;

 private:
  struct Node {
    unsigned postgres_port = 0;
    unsigned patroni_port = 0;
    unsigned etcd_port = 0;
    unsigned peer_port = 0;
    std::unique_ptr<Process> etcd;
    std::unique_ptr<Process> patroni;
  };
  std::string folder(std::size_t node) const { return folder_ + "/node" + std::to_string(node); }
  void start(std::size_t node);
  void wait_until_whole() const;
  std::unique_ptr<Process> start(std::size_t node, const std::string& log, std::vector<std::string> command) const;
  std::vector<std::string> etcd_command(std::size_t node) const;
  void write_settings(std::size_t node) const;

  std::string folder_;
  std::array<Node, nodes> nodes_;
  /// Outlives the test by a moment: PostgreSQL's servers are not children of Patroni.
  std::unique_ptr<Process> janitor_;
};

}  // namespace koobatch::test
