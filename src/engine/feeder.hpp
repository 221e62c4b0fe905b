#pragma once
#include "engine/inbox.hpp"
#include "koobatch/auth/user_tokens.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/observe/counters.hpp"
#include "koobatch/report/line_set.hpp"
#include "koobatch/report/tally.hpp"
#include "koobatch/report/writer.hpp"
#include "koobatch/retry/selection.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace koobatch::engine {

/// Reads the job and distributes its operations to the workers' inboxes: all operations on one key to the same worker,
/// in file order. Operations that must not be sent are recorded in the report directly: invalid ones, if they may be
/// skipped, and those that must not be sent again after a crash.
class Feeder {
 public:
  /// Which operations have their result already, and which may have been sent.
  struct Progress {
    report::LineSet done;
    bool any_attempted = false;            ///< any other operation may have been sent: a segment was cut off
    std::vector<std::uint32_t> attempted;  ///< operations that may have been sent; ascending
    /// Non-idempotent operations that may have been sent. Only these are noted; the members above do not apply to them.
    /// Ascending by line.
    std::vector<report::AttemptNote> noted;
  };
  struct Settings {
    std::unique_ptr<job::Reader> reader;  ///< returns only what was validated
    bool skip_invalid = false;
    unsigned index = 0;                                   ///< identifies the feeder to the report's writer
    std::string path;                                     ///< of the job, for messages
    Progress progress;                                    ///< of earlier segments of the run
    std::shared_ptr<const retry::Selection> selection;    ///< null: the whole job
    std::shared_ptr<const auth::UserTokens> user_tokens;  ///< null: one token for all
  };

  Feeder(Settings settings, std::vector<Inbox*> inboxes, report::Writer& writer);

  /// Reads to the end, or until no worker accepts more. Closes the inboxes in any case. An Error if the job could not
  /// be read to its end as validated: it says up to which line operations were sent.
  Result<void> run();
  const observe::Counters& counters() const { return counters_; }
  /// The results of operations that were not distributed. Precondition: run() has returned.
  const report::Tally& tally() const { return tally_; }

 private:
  struct Lane {
    Inbox* inbox;
    Inbox::Batch batch;
    std::size_t count = 0;
    std::size_t bytes = 0;
  };

  Result<void> deal();
  void narrow(job::Reader& reader) const;
  std::optional<koodrive::Violation> find_missing_token() const;
  bool deal_one(koodrive::Operation& operation);
  Result<bool> consider(koodrive::Operation& operation);
  std::optional<TraceId> noted_attempt(std::uint32_t line) const;
  bool wanted(std::uint32_t line) const;
  bool attempted(std::uint32_t line) const;
  bool push(Lane& lane);
  bool pause();
  void record_invalid();
  void record_without_token(const koodrive::Operation& operation, const koodrive::Violation& violation);
  void record_unknown(const koodrive::Operation& operation, const TraceId& attempt);
  void record(report::ResultRecord result);
  void submit();
  Error stopped(const Error& cause) const;
  Error not_valid(const koodrive::Violation& violation) const;

  Settings settings_;
  std::vector<Lane> lanes_;
  report::Writer& writer_;
  report::Batch unsent_;
  observe::Counters counters_;
  report::Tally tally_;
  bool dealt_any_ = false;
};

}  // namespace koobatch::engine
