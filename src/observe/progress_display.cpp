#include "koobatch/observe/progress_display.hpp"

#include "koobatch/observe/log.hpp"

namespace koobatch::observe {
namespace {

ProgressMode resolve(ProgressMode mode, const Console& console) {
  if (mode != ProgressMode::automatic && mode != ProgressMode::bar) return mode;
  return console.is_terminal() ? ProgressMode::bar : ProgressMode::plain;
}

}  // namespace

ProgressDisplay::ProgressDisplay(ProgressMode mode, std::shared_ptr<Console> console)
    : mode_(resolve(mode, *console)), console_(std::move(console)) {}

ProgressDisplay::~ProgressDisplay() {
  if (mode_ == ProgressMode::bar) console_->set_status({});
}

void ProgressDisplay::update(const Snapshot& snapshot, TimePoint now) {
  if (mode_ == ProgressMode::none) return;
  progress_.update(snapshot, now);
  if (mode_ == ProgressMode::bar) {
    // The last column stays free: some terminals wrap as soon as it is written.
    console_->set_status(render_bar(progress_, console_->width() - 1));
    return;
  }
  if (!next_line_) next_line_ = now + plain_interval;
  if (now < *next_line_) return;
  next_line_ = now + plain_interval;
  log::print(spdlog::level::info, render_plain(progress_));
}

}  // namespace koobatch::observe
