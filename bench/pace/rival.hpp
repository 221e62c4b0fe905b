#pragma once
#include "pace/contestant.hpp"
#include "pace/rival_rules.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <queue>
#include <random>
#include <vector>

namespace koobatch::pace_bench {

/// A client that sends according to a RivalRule.
class Rival final : public Contestant {
 public:
  Rival(const Door& door, const Job& job, std::unique_ptr<RivalRule> rule, std::uint64_t seed);

  void happen(TimePoint now, std::uint32_t what) override;
  const Progress& progress() const override { return progress_; }

 private:
  enum Event : std::uint32_t { look, of_requests };

  struct Operation {
    std::uint64_t number = 0;
    unsigned attempts = 0;
  };
  struct Waiting {
    TimePoint due;
    Operation operation;
    friend bool operator>(const Waiting& a, const Waiting& b) { return a.due > b.due; }
  };
  struct Request {
    Operation operation;
    Reply reply;
    TimePoint sent_at;
  };

  /// Sends what may be sent, and schedules the next call for the rest.
  void pump(TimePoint now);
  /// When something may be sent; nothing: not before an answer arrives.
  std::optional<TimePoint> next_due(TimePoint now) const;
  /// When the user's rate limit allows it.
  TimePoint allowed(TimePoint now) const;
  void send(TimePoint now);
  void answered(std::uint32_t number, TimePoint now);
  void look_at(TimePoint time);

  Door door_;
  Job job_;
  std::unique_ptr<RivalRule> rule_;
  std::mt19937_64 random_;
  std::vector<Request> requests_;
  std::vector<std::uint32_t> free_;  ///< of requests_
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_;
  std::uint64_t begun_ = 0, done_ = 0;
  TimePoint user_due_ = origin;
  std::optional<TimePoint> look_at_;
  Progress progress_;
};

}  // namespace koobatch::pace_bench
