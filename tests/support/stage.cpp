#include "stage.hpp"

#include "run_checks.hpp"

#include <unistd.h>

#include <string_view>

namespace koobatch::test {
namespace {

std::vector<std::string> with_log(std::vector<std::string> flags, const std::string& log) {
  flags.insert(flags.end(), {"--log", log});
  return flags;
}

}  // namespace

Stage::Stage(std::size_t count, std::size_t keys, const std::vector<std::string>& flags)
    : operations(count), job(generate_job(count, keys)), service(with_log(flags, log)) {
  workspace.write("job.ndjson", job.text);
}

std::string Stage::upstream() const {
  return service.url().substr(std::string_view("http://").size());
}

Process Stage::start(const std::string& url, const std::vector<std::string>& flags) const {
  std::vector<std::string> all{"--retry-base", "10ms"};
  all.insert(all.end(), flags.begin(), flags.end());
  return start_run(workspace.path("job.ndjson"), url, report, all);
}

Finished Stage::run(const std::string& url, const std::vector<std::string>& flags) const {
  return start(url, flags).wait();
}

Finished Stage::run(const std::string& url, const std::vector<std::string>& flags,
                    const std::function<void()>& meanwhile) const {
  Process process = start(url, flags);
  wait_for_applied(operations / 10);
  meanwhile();
  return process.wait();
}

void Stage::wait_for_applied(std::size_t count) const {
  while (std::stoul(member(service.get("/_sim/stats"), "applied")) < count) ::usleep(1'000);
}

void Stage::check() {
  check_nothing_lost_doubled_or_reordered(service, log, report, job, operations);
}

}  // namespace koobatch::test
