#include "koobatch/observe/progress_display.hpp"

#include "koobatch/observe/log.hpp"

#include <cstdlib>

namespace koobatch::observe {
namespace {

/// Build servers set CI, and some run commands on a terminal whose output becomes a log.
bool is_build_log() {
  const char* const ci = std::getenv("CI");
  return ci != nullptr && *ci != '\0';
}

ProgressMode resolve(ProgressMode mode, const Console& console) {
  if (mode != ProgressMode::automatic && mode != ProgressMode::bar) return mode;
  if (!console.is_terminal()) return ProgressMode::plain;
  return mode == ProgressMode::automatic && is_build_log() ? ProgressMode::plain : ProgressMode::bar;
}

}  // namespace

ProgressDisplay::ProgressDisplay(ProgressMode mode, std::shared_ptr<Console> console)
    : mode_(resolve(mode, *console)), console_(std::move(console)) {}

ProgressDisplay::~ProgressDisplay() {
  if (mode_ == ProgressMode::bar) console_->set_status({});
}

void ProgressDisplay::show(const Progress& progress, TimePoint now) {
  if (mode_ == ProgressMode::none) return;
  if (mode_ == ProgressMode::bar) {
    // The last column stays free: some terminals wrap as soon as it is written.
    console_->set_status(render_bar(progress, console_->width() - 1));
    return;
  }
  if (!next_line_) next_line_ = now + plain_interval;
  if (now < *next_line_) return;
  next_line_ = now + plain_interval;
  log::print(spdlog::level::info, render_plain(progress));
}

}  // namespace koobatch::observe
