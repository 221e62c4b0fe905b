#pragma once
#include "fleet/feed.hpp"
#include "fleet/shared_book.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/job/source.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace koobatch::fleet {

/// The operations of the parts that this worker owns, as their chunks are fed. Each is checked again, and has the line
/// that it has in the job; the book decides which of them are handed out now. There can be one pass only.
class FleetSource final : public job::Source {
 public:
  /// `name`: the job's, in messages. `settings`: how its operations are read; what was found valid at submission is
  /// checked nevertheless.
  FleetSource(std::string name, Identity identity, job::ReaderSettings settings, std::shared_ptr<SharedBook> book,
              std::shared_ptr<FeedQueue> queue);

  std::string name() const override { return name_; }
  Identity identity() const override { return identity_; }
  std::optional<std::uint64_t> operations() const override { return std::nullopt; }
  Result<std::unique_ptr<job::Reader>> open() const override;
  std::optional<std::string> find_change() const override { return std::nullopt; }
  void stop_waiting() const override { queue_->stop(); }

 private:
  std::string name_;
  Identity identity_;
  job::ReaderSettings settings_;
  std::shared_ptr<SharedBook> book_;
  std::shared_ptr<FeedQueue> queue_;
};

}  // namespace koobatch::fleet
