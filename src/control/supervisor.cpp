#include "koobatch/control/supervisor.hpp"

#include "koobatch/core/spelling.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/observe/log.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <utility>

namespace koobatch::control {

Supervisor::Supervisor(engine::Run& run, std::string report, std::optional<Server> server)
    : run_(run), report_(std::move(report)), server_(std::move(server)) {
  progress_.update(run_.snapshot(), Steady::now());
}

void Supervisor::tick(TimePoint now) {
  progress_.update(run_.snapshot(), now);
  if (server_) server_->serve([this](std::string_view line) { return answer(line); }, now);
}

LiveRun Supervisor::live() const {
  return {report_, run_.record(), progress_, ::getpid()};
}

void Supervisor::print_status() const {
  auto lines = status_lines(live());
  lines.front().insert(0, harmless(report_) + ": ");
  for (const auto& line : lines) observe::log::answer(line);
}

std::string Supervisor::answer(std::string_view line) {
  const auto request = parse_request(line);
  if (!request) return to_line(Result<Reply>(request.error()));
  return to_line(obey(*request));
}

Result<Reply> Supervisor::obey(const Request& request) {
  if (!request.changes()) return Reply{fmt::format("{}", fmt::join(status_lines(live()), "\n")), status_json(live())};
  const PaceState before = progress_.snapshot().pace;
  if (progress_.snapshot().ending || !change(request)) return usage_error("the run is ending: nothing more is sent");
  progress_.update(run_.snapshot(), Steady::now());
  const auto changes = fmt::format("{}", fmt::join(describe(request, before), "; "));
  spdlog::info("{}: {}", spell({.command = CommandName::set}), changes);
  const auto& now = progress_.snapshot();
  auto text = fmt::format("{}\n  in force  {}", changes, in_force(now));
  if (now.in_flight != 0) text += fmt::format("\n  in flight {}", now.in_flight);
  return Reply{std::move(text), status_json(live())};
}

bool Supervisor::change(const Request& request) {
  if (request.rate && !run_.change_rate(*request.rate)) return false;
  if (!request.pause) return true;
  return *request.pause ? run_.pause() : run_.go_on();
}

}  // namespace koobatch::control
