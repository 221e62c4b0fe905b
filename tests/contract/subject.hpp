#pragma once
#include "koobatch/fleet/ledger.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koobatch::test {

/// An implementation of fleet::Ledger that is held against the contract, and what can happen to it.
class Subject {
 public:
  virtual ~Subject() = default;
  /// Whether it can be tested on this machine.
  virtual bool is_available() const = 0;
  /// A ledger whose tables have been created. All are the same ledger.
  virtual std::unique_ptr<fleet::Ledger> open() = 0;

  /// While the result lives, everything is carried out, and nothing acknowledged: as if the other copies were lost.
  virtual std::shared_ptr<void> hold_acknowledgements() = 0;
  /// While the result lives, statements of this worker are received, and wait.
  virtual std::shared_ptr<void> hold_worker(fleet::WorkerNumber worker) = 0;
  /// Ends all connections, and with them what they have asked for, before it returns.
  virtual void cut_connections() = 0;
  /// Gives up waiting for other copies: what is waiting for them is answered, with a warning.
  virtual void give_up_copies() = 0;
  /// Forgets all groups of a worker after `last`, as a server does that had not received them when it took over.
  virtual void forget_groups(fleet::WorkerNumber worker, fleet::GroupNumber last) = 0;
  /// While the result lives, nothing can be reached.
  virtual std::shared_ptr<void> be_away() = 0;
  /// Bytes that a run occupies.
  virtual std::uint64_t bytes_of(fleet::RunNumber run) = 0;
};

/// The one that is tested. Created when it is first used.
Subject& subject();

/// For suites: whether it can be tested here.
struct HaveSubject {
  boost::test_tools::assertion_result operator()(boost::unit_test::test_unit_id) const;
};

/// Fails the test if there is no value.
template <class T>
T must(fleet::Answer<T> answer) {
  if (!answer) throw std::runtime_error("no answer: " + answer.error().error.message);
  if constexpr (!std::is_void_v<T>) return std::move(*answer);
}
/// Why there is no value. Fails the test if there is one.
template <class T>
fleet::Failure failure_of(const fleet::Answer<T>& answer) {
  if (answer) throw std::runtime_error("a failure was expected");
  return answer.error();
}

/// A run of `parts` parts with `chunks` chunks each.
struct Shape {
  std::uint32_t parts = 4;
  std::uint32_t chunks = 3;
  double rate = 0;
  std::uint32_t burst = 0;
  Duration hold = std::chrono::minutes(16);
};
constexpr std::uint32_t operations_per_chunk = 10;
/// What chunk `number` of a part holds.
fleet::Chunk chunk(fleet::PartNumber part, fleet::ChunkNumber number);
/// A description with a run ID of its own.
fleet::RunDescription description_of(const Shape& shape);
/// Submits a run, and returns its number.
fleet::RunNumber submit(fleet::Ledger& ledger, const Shape& shape = {});

/// A worker that has joined a run.
struct Hand {
  std::unique_ptr<fleet::Ledger> ledger = subject().open();
  fleet::Enrolment me{};
  fleet::GroupNumber last = 0;
  std::uint64_t share_changes = 0;

  explicit Hand(fleet::RunNumber run);
  /// Claims and returns the parts' numbers.
  std::vector<fleet::ClaimedPart> claim(std::uint32_t count, std::vector<fleet::PartNumber> known = {});
  /// Takes a share, and knows that it did.
  fleet::Answer<double> take_share(double share, std::uint32_t burst);
  /// Commits the next group.
  fleet::Answer<void> commit(std::vector<fleet::PartProgress> progress = {}, std::string_view lines = "results");
};
/// Its row.
fleet::WorkerRow row_of(fleet::Ledger& ledger, fleet::RunNumber run, fleet::WorkerNumber worker);
fleet::PartRow part_of(fleet::Ledger& ledger, fleet::RunNumber run, fleet::PartNumber part);

}  // namespace koobatch::test
