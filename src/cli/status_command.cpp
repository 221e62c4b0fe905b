#include "koobatch/cli/commands.hpp"
#include "koobatch/cli/exit_status.hpp"
#include "koobatch/cli/output.hpp"
#include "koobatch/control/client.hpp"
#include "koobatch/control/status.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/observe/log.hpp"
#include "koobatch/report/journal_file.hpp"
#include "koobatch/report/summary.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace koobatch::cli {
namespace {

using control::AtWork;
using control::Silence;

std::string as_text(const std::vector<std::string>& lines) {
  return fmt::format("{}\n", fmt::join(lines, "\n"));
}

/// Whoever answers at the socket need not mean well.
std::string text_of(const std::filesystem::path& path, const control::Reply& reply) {
  const std::string_view text = reply.text;
  std::string out = harmless(path.native()) + ": ";
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    append_harmless(out, text.substr(begin, end - begin));
    out += '\n';
    begin = end + 1;
  }
  return out;
}

int print(const std::string& text) {
  const auto written = write_output(text);
  return written ? exit_success : fail(written.error());
}

AtWork who_is_at_work(const std::filesystem::path& path, const report::Summary& summary, Silence silence) {
  if (summary.outcome != report::Outcome::unfinished || !report::is_locked(path)) return AtWork::nobody;
  return silence == Silence::forbidden ? AtWork::another_users_process : AtWork::a_process;
}

/// Of a run that nobody could be asked about.
int tell_recorded(const std::filesystem::path& path, Silence silence, bool json) {
  const auto summary = report::summarize(path);
  if (!summary) return fail(summary.error());
  const AtWork at_work = who_is_at_work(path, *summary, silence);
  return print(json ? control::status_json(*summary, at_work) + "\n"
                    : as_text(control::status_lines(*summary, at_work)));
}

/// Why there is no run to be told anything.
Error nobody_there(const std::filesystem::path& path, Silence silence) {
  const auto summary = report::summarize(path);
  if (!summary) return summary.error();
  switch (who_is_at_work(path, *summary, silence)) {
    case AtWork::nobody:
      break;
    case AtWork::a_process:
      return fatal_error(path.native() + ": the run cannot be told: it is just starting or ending, or has no socket");
    case AtWork::another_users_process:
      return fatal_error(path.native() + ": only the user who started the run, or root, can tell it anything");
  }
  const bool over = summary->outcome != report::Outcome::unfinished && summary->counts.remaining == 0;
  return usage_error(fmt::format(
      "{}: no run is going on that could be told; {}", path.native(),
      over ? std::string("every operation has its result") : "go on with " + report::resume_command(path.native())));
}

}  // namespace

int status_command(const Invocation& invocation) {
  const std::filesystem::path path = invocation.arguments.front();
  const bool json = invocation.options.json;
  const auto reply = control::ask(path, {});
  if (!reply) return fail(reply.error());
  if (const auto* silence = std::get_if<Silence>(&*reply)) return tell_recorded(path, *silence, json);
  const auto& status = std::get<control::Reply>(*reply);
  return print(json ? status.status + "\n" : text_of(path, status));
}

int set_command(const Invocation& invocation) {
  const std::filesystem::path path = invocation.arguments.front();
  const auto request = finish_set(invocation.options);
  if (!request) return fail(request.error());
  const auto reply = control::ask(path, *request);
  if (!reply) return fail(reply.error());
  if (const auto* silence = std::get_if<Silence>(&*reply)) return fail(nobody_there(path, *silence));
  return print(text_of(path, std::get<control::Reply>(*reply)));
}

}  // namespace koobatch::cli
