#pragma once
#include "koobatch/control/client.hpp"
#include "koobatch/control/status.hpp"
#include "koobatch/report/summary.hpp"

#include <filesystem>
#include <string>

/// Shared by the commands that ask a run through its control socket.
namespace koobatch::cli {

/// The run's answer for people, ending in a newline. The process behind the socket need not be a koobatch, so the text
/// is made harmless to a terminal.
std::string reply_text(const std::filesystem::path& report, const control::Reply& reply);

/// Whether a process is at work on a report whose run did not answer, and which.
control::AtWork who_is_at_work(const std::filesystem::path& report, const report::Summary& summary,
                               control::Silence silence);

/// Writes to standard output and returns the exit status.
int print_answer(const std::string& text);

}  // namespace koobatch::cli
