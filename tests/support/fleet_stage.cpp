#include "fleet_stage.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <fstream>

namespace koobatch::test {
namespace {

void signal_all(const PostgresServer& postgres, int number) {
  pid_t server = 0;
  std::ifstream(postgres.folder() + "/data/postmaster.pid") >> server;
  std::vector<pid_t> all{server};
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", server));
  for (pid_t child = 0; children >> child;) all.push_back(child);
  for (const pid_t pid : all) ::kill(pid, number);
}

}  // namespace

FleetStage::FleetStage(std::size_t count, std::size_t keys, const std::vector<std::string>& flags)
    : FleetRun(count, keys, flags) {
  create_tables();
}

std::vector<std::string> FleetStage::engine() const {
  return {"--engine", postgres.url(), "--copies", "1"};
}

std::string FleetStage::ask_engine(const std::string& statement) const {
  return postgres.query(statement);
}

void FleetStage::freeze_engine() const {
  signal_all(postgres, SIGSTOP);
}

void FleetStage::thaw_engine() const {
  signal_all(postgres, SIGCONT);
}

}  // namespace koobatch::test
