#include "patroni_cluster.hpp"

#include "postgres_programs.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace koobatch::test {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// A failover takes half a minute, on a machine that has other work perhaps more.
constexpr auto patience = std::chrono::minutes(3);
constexpr auto between_looks = std::chrono::milliseconds(100);

constexpr const char* settings_of_patroni = R"(
scope: koobatch
name: node{node}
restapi: {{listen: "127.0.0.1:{patroni}", connect_address: "127.0.0.1:{patroni}"}}
etcd3: {{hosts: "{etcd}"}}
watchdog: {{mode: "off"}}
log: {{dir: "{folder}"}}
bootstrap:
  dcs:
    ttl: 20
    loop_wait: 3
    retry_timeout: 5
    maximum_lag_on_failover: 1073741824
    synchronous_mode: true
    synchronous_mode_strict: true
    postgresql:
      use_pg_rewind: true
      parameters: {{shared_buffers: 32MB, max_connections: 60}}
  initdb: [data-checksums, no-sync, {{encoding: UTF8}}, {{locale: C}}]
postgresql:
  listen: "127.0.0.1:{postgres}"
  connect_address: "127.0.0.1:{postgres}"
  data_dir: "{folder}/data"
  bin_dir: "{programs}"
  pgpass: "{folder}/passfile"
  authentication: {{superuser: {{username: postgres, password: unused}}, replication: {{username: standby, password: unused}}}}
  basebackup: [{{checkpoint: fast}}]
  pg_hba: ["local all all trust", "host all all 127.0.0.1/32 trust", "host replication all 127.0.0.1/32 trust"]
  parameters: {{unix_socket_directories: "{folder}", log_destination: csvlog, logging_collector: "on"}}
)";

/// Ends the servers and removes their data when it is told to, or when the test has ended.
constexpr const char* janitor = R"sh(
exec >/dev/null 2>&1
trap : TERM INT HUP
sleep 2147483647 & wait
kill $!
left=yes
while [ "$left" ]; do
  left=
  for data in "$0"/node*/data; do
    server=$(head -n 1 "$data/postmaster.pid" 2>/dev/null) || continue
    [ "$(readlink "/proc/$server/cwd")" = "$data" ] && kill -QUIT "$server" && left=yes
  done
  sleep 0.1
done
rm -rf "$0"
)sh";

/// A port that nobody has, and that no outgoing connection gets while its server is down.
unsigned free_port() {
  unsigned first_outgoing = 0;
  std::ifstream("/proc/sys/net/ipv4/ip_local_port_range") >> first_outgoing;
  static std::mt19937 random{std::random_device{}()};
  std::uniform_int_distribution<unsigned> any(10'000, first_outgoing > 11'000 ? first_outgoing - 1 : 32'000);
  for (;;) {
    const unsigned port = any(random);
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool is_free = ::bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    if (is_free) return port;
  }
}

/// Waits until `reached()`; fails the test if it takes too long.
template <class Condition>
void wait_until(const std::string& what, Condition reached) {
  const auto end = Clock::now() + patience;
  while (!reached()) {
    if (Clock::now() > end) throw std::runtime_error(what + " takes too long");
    std::this_thread::sleep_for(between_looks);
  }
}

/// A server and all its processes; empty: it is not running.
std::vector<pid_t> processes_of(const std::string& data) {
  pid_t server = 0;
  if (!(std::ifstream(data + "/postmaster.pid") >> server)) return {};
  // The file of one that was killed stays, and its number may be another's.
  std::error_code ignored;
  if (fs::read_symlink(fmt::format("/proc/{}/cwd", server), ignored) != data) return {};
  std::vector<pid_t> all{server};
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", server));
  for (pid_t child = 0; children >> child;) all.push_back(child);
  return all;
}

/// Also if nobody has waited for its end.
bool has_ended(pid_t pid) {
  std::string command;
  return !std::getline(std::ifstream(fmt::format("/proc/{}/cmdline", pid)), command, '\0');
}

void kill_all(const std::vector<pid_t>& processes) {
  // The server first, which would start others.
  for (const pid_t pid : processes) ::kill(pid, SIGSTOP);
  for (const pid_t pid : processes) ::kill(pid, SIGKILL);
  for (const pid_t pid : processes) {
    wait_until("the end of a server", [pid] { return has_ended(pid); });
  }
}

}  // namespace

bool PatroniCluster::is_installed() {
  return !postgres_programs().empty() && fs::exists("/usr/bin/patroni") && fs::exists("/usr/bin/etcd");
}

PatroniCluster::PatroniCluster() : folder_(new_postgres_folder()) {
  if (!is_installed()) throw std::runtime_error("postgresql, patroni or etcd-server is missing: .ci/install cluster");
  janitor_ = std::make_unique<Process>(
      std::vector<std::string>{"/usr/bin/setpriv", "--pdeathsig", "TERM", "/bin/sh", "-c", janitor, folder_});
  for (Node& node : nodes_) {
    for (unsigned* port : {&node.postgres_port, &node.patroni_port, &node.etcd_port, &node.peer_port})
      *port = free_port();
  }
  for (std::size_t node = 0; node < nodes; ++node) {
    const auto made = Process(as_postgres_user({"/bin/mkdir", "-m", "700", folder(node)}, "KILL")).wait();
    if (made.status != 0) throw std::runtime_error(made.err);
    write_settings(node);
    start(node);
  }
  wait_until_whole();
}

PatroniCluster::~PatroniCluster() {
  // Before the servers, which they would start again.
  for (Node& node : nodes_) node.patroni.reset();
  janitor_->signal(SIGTERM);
  janitor_->wait();
}

void PatroniCluster::write_settings(std::size_t number) const {
  const Node& node = nodes_[number];
  std::string etcd;
  for (const Node& other : nodes_) etcd += fmt::format("{}127.0.0.1:{}", etcd.empty() ? "" : ",", other.etcd_port);
  std::ofstream(folder(number) + "/patroni.yml") << fmt::format(
      fmt::runtime(settings_of_patroni), fmt::arg("node", number), fmt::arg("patroni", node.patroni_port),
      fmt::arg("postgres", node.postgres_port), fmt::arg("etcd", etcd), fmt::arg("folder", folder(number)),
      fmt::arg("programs", postgres_programs()));
}

std::vector<std::string> PatroniCluster::etcd_command(std::size_t number) const {
  const auto at = [](unsigned port) { return fmt::format("http://127.0.0.1:{}", port); };
  std::string members;
  for (std::size_t i = 0; i < nodes; ++i) {
    members += fmt::format("{}node{}={}", i == 0 ? "" : ",", i, at(nodes_[i].peer_port));
  }
  const Node& node = nodes_[number];
  return {"/usr/bin/etcd", "--name=node" + std::to_string(number), "--data-dir=" + folder(number) + "/etcd",
          "--listen-client-urls=" + at(node.etcd_port), "--advertise-client-urls=" + at(node.etcd_port),
          "--listen-peer-urls=" + at(node.peer_port), "--initial-advertise-peer-urls=" + at(node.peer_port),
          "--initial-cluster=" + members,
          // Longer than usual, for a machine that has other work.
          "--heartbeat-interval=300", "--election-timeout=3000", "--log-level=warn"};
}

std::unique_ptr<Process> PatroniCluster::start(std::size_t node, const std::string& log,
                                               std::vector<std::string> command) const {
  // Servers would keep our pipe open.
  std::vector<std::string> logged = {"/bin/sh", "-c", R"(exec "$@" >>"$0" 2>&1)", folder(node) + "/" + log};
  logged.insert(logged.end(), command.begin(), command.end());
  // Certificates are looked for at home.
  return std::make_unique<Process>(as_postgres_user(std::move(logged), "KILL"),
                                   Process::Environment{{"HOME", folder(node)}}, folder(node));
}

void PatroniCluster::start(std::size_t number) {
  Node& node = nodes_[number];
  if (!node.etcd) node.etcd = start(number, "etcd.out", etcd_command(number));
  node.patroni = start(number, "patroni.out", {"/usr/bin/patroni", folder(number) + "/patroni.yml"});
}

std::string PatroniCluster::url(std::string_view database) const {
  std::string hosts;
  for (const Node& node : nodes_) hosts += fmt::format("{}127.0.0.1:{}", hosts.empty() ? "" : ",", node.postgres_port);
  return fmt::format("postgresql://postgres@{}/{}", hosts, database);
}

std::optional<std::string> PatroniCluster::query_at(std::size_t node, const std::string& statement,
                                                    std::string_view database) const {
  const auto where =
      fmt::format("postgresql://postgres@127.0.0.1:{}/{}?connect_timeout=5", nodes_[node].postgres_port, database);
  const Finished finished =
      Process({"/usr/bin/psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", where, "-c", statement}).wait(patience);
  if (finished.status != 0) return std::nullopt;
  std::string text = finished.out;
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

std::size_t PatroniCluster::leader() const {
  std::size_t found = nodes;
  wait_until("a node that leads", [&] {
    for (found = 0; found < nodes; ++found) {
      if (query_at(found, "SELECT pg_is_in_recovery()") == "f") return true;
    }
    return false;
  });
  return found;
}

std::string PatroniCluster::query(const std::string& statement, std::string_view database) const {
  std::optional<std::string> answer;
  wait_until(statement, [&] { return (answer = query_at(leader(), statement, database)).has_value(); });
  return *answer;
}

void PatroniCluster::wait_until_acknowledged() const {
  query("SELECT pg_logical_emit_message(true, 'test', '')");
}

std::optional<std::size_t> PatroniCluster::synchronous_standby() const {
  const auto name = query("SELECT application_name FROM pg_stat_replication WHERE sync_state = 'sync'");
  for (std::size_t node = 0; node < nodes; ++node) {
    if (name == fmt::format("node{}", node)) return node;
  }
  return std::nullopt;
}

void PatroniCluster::wait_until_whole() const {
  const std::string followers = "SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'";
  // Until Patroni has chosen one, it waits for any.
  const std::string chosen =
      "SELECT s = '' OR s <> '*' AND (SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'sync') "
      "FROM current_setting('synchronous_standby_names') AS s";
  wait_until("being whole", [&] { return query(followers) == "2" && query(chosen) == "t"; });
}

void PatroniCluster::restore() {
  for (std::size_t node = 0; node < nodes; ++node) {
    if (!nodes_[node].patroni) start(node);
  }
  wait_until_whole();
  if (query("SHOW synchronous_standby_names").empty()) set_synchronous(true);
}

void PatroniCluster::lose(std::size_t node) {
  lose_database(node);
  nodes_[node].etcd.reset();
}

void PatroniCluster::lose_database(std::size_t node) {
  // Patroni first, which would start the server again.
  nodes_[node].patroni.reset();
  kill_all(processes_of(folder(node) + "/data"));
}

void PatroniCluster::bring_back(std::size_t node) {
  start(node);
}

void PatroniCluster::set_synchronous(bool synchronous) {
  const auto change = fmt::format(R"({{"synchronous_mode":{0},"synchronous_mode_strict":{0}}})", synchronous);
  const auto url = fmt::format("http://127.0.0.1:{}/config", nodes_[leader()].patroni_port);
  const auto changed = Process({"/usr/bin/curl", "-sSf", "-X", "PATCH", "-d", change, url}).wait();
  if (changed.status != 0) throw std::runtime_error(changed.err);
  const std::string waits = "SELECT current_setting('synchronous_standby_names') <> ''";
  wait_until("a change of mode", [&] { return query(waits) == (synchronous ? "t" : "f"); });
  wait_until_whole();
}

void PatroniCluster::stop_replication() const {
  std::size_t stopped = 0;
  for (std::istringstream senders(query("SELECT pid FROM pg_stat_replication")); !senders.eof(); ++stopped) {
    pid_t sender = 0;
    if (!(senders >> sender) || ::kill(sender, SIGSTOP) != 0)
      throw std::runtime_error("there is no copy to be stopped");
  }
  if (stopped != nodes - 1) throw std::runtime_error("a copy is missing");
}

}  // namespace koobatch::test
