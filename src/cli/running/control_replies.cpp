#include "cli/running/control_replies.hpp"

#include "cli/exit_status.hpp"
#include "cli/output.hpp"
#include "koobatch/core/terminal_text.hpp"
#include "koobatch/report/journal_file.hpp"

#include <algorithm>
#include <string_view>

namespace koobatch::cli {

std::string reply_text(const std::filesystem::path& report, const control::Reply& reply) {
  const std::string_view text = reply.text;
  std::string out = harmless(report.native()) + ": ";
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    append_harmless(out, text.substr(begin, end - begin));
    out += '\n';
    begin = end + 1;
  }
  return out;
}

control::AtWork who_is_at_work(const std::filesystem::path& report, const report::Summary& summary,
                               control::Silence silence) {
  using control::AtWork;
  if (summary.outcome != report::Outcome::unfinished || !report::is_locked(report)) return AtWork::nobody;
  return silence == control::Silence::forbidden ? AtWork::another_users_process : AtWork::a_process;
}

int print_answer(const std::string& text) {
  const auto written = write_output(text);
  return written ? exit_success : fail(written.error());
}

}  // namespace koobatch::cli
