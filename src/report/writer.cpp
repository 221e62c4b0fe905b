#include "koobatch/report/writer.hpp"

#include <utility>

namespace koobatch::report {

Writer::Writer(std::unique_ptr<JournalFile> file, WriterEvents& events, WriterSettings settings)
    : file_(std::move(file)), events_(events), settings_(settings) {
  if (settings_.last_sync) {
    next_sync_ = *settings_.last_sync + 1;
    gathering_.open_with_sync(next_sync_++);
  }
  thread_ = std::thread([this] { run(); });
}

Writer::~Writer() {
  {
    const Lock lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void Writer::submit(Batch& batch, bool urgent) {
  bool wake = false;
  {
    const Lock lock(mutex_);
    if (stopped_ || closing_) {
      batch.lines.clear();
      return;
    }
    // The thread sleeps until the group it knows of is due, so it is woken only if that changed.
    const auto before = gathering_.due(settings_.policy, Duration::zero());
    pending_ += batch.lines.size();
    gathering_.add(batch, urgent);
    const auto after = gathering_.due(settings_.policy, Duration::zero());
    wake = after && (!before || *after < *before);
    if (pending_ >= settings_.pending_limit) was_saturated_ = true;
  }
  if (wake) changed_.notify_one();
}

Result<void> Writer::close(std::string_view last_line) {
  {
    const Lock lock(mutex_);
    if (!closing_) last_line_ = last_line;
    closing_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  const Lock lock(mutex_);
  if (error_) return *error_;
  return {};
}

void Writer::run() {
  Lock lock(mutex_);
  while (wait_for_group(lock)) {
    if (!commit(lock)) return;
  }
  if (closing_ && !stopped_) commit_last_line(lock);
  stopped_ = true;
}

bool Writer::wait_for_group(Lock& lock) {
  for (;;) {
    if (stopped_) return false;
    if (closing_) return !gathering_.empty();
    const auto due = gathering_.due(settings_.policy, commit_time_);
    if (!due) {
      idle(lock);
    } else if (*due <= Steady::now()) {
      return true;
    } else {
      changed_.wait_until(lock, *due);
    }
  }
}

void Writer::idle(Lock& lock) {
  if (changed_.wait_for(lock, settings_.idle_check) == std::cv_status::no_timeout) return;
  lock.unlock();
  const auto same = file_->check();
  lock.lock();
  if (!same) fail(lock, same.error());
}

bool Writer::commit(Lock& lock) {
  std::swap(gathering_, writing_);
  if (settings_.sync_lines) gathering_.open_with_sync(next_sync_++);
  const std::size_t bytes = pending_;
  lock.unlock();
  const TimePoint begun = Steady::now();
  const auto done = make_durable(writing_.lines());
  commit_time_ = Steady::now() - begun;
  lock.lock();
  if (!done) {
    fail(lock, done.error());
    return false;
  }
  pending_ -= bytes;
  const bool relieved = was_saturated_ && pending_ < settings_.pending_limit;
  if (relieved) was_saturated_ = false;
  lock.unlock();
  tell_durable(relieved);
  writing_.clear();
  lock.lock();
  return true;
}

void Writer::commit_last_line(Lock& lock) {
  if (last_line_.empty()) return;
  lock.unlock();
  auto done = make_durable(last_line_);
  // On success, the caller looks for the report next.
  if (done) done = file_->check();
  lock.lock();
  if (!done) fail(lock, done.error());
}

Result<void> Writer::make_durable(std::string_view lines) {
  auto appended = file_->append(lines);
  return appended ? file_->sync() : appended;
}

void Writer::tell_durable(bool relieved) {
  for (const auto& mark : writing_.marks()) {
    events_.durable(mark.worker, mark.number);
  }
  if (relieved) events_.relieved();
}

void Writer::fail(Lock& lock, const Error& error) {
  error_ = error;
  stopped_ = true;
  gathering_.clear();
  pending_ = 0;
  lock.unlock();
  events_.failed(error);
  lock.lock();
}

}  // namespace koobatch::report
