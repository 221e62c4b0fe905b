#pragma once
#include "koobatch/auth/user_tokens.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/engine/inbox.hpp"
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

/// Reads the job and deals its operations to the workers' inboxes: all operations on one key to the same worker, each
/// worker's in file order. What is not to be sent goes straight into the report: invalid operations, if they may be
/// skipped, and those that must not be sent again after a crash.
class Feeder {
 public:
  /// Which operations have their result already, and which may have been sent.
  struct Progress {
    report::LineSet done;
    bool any_attempted = false;            ///< every other operation may have been sent: a segment was cut off
    std::vector<std::uint32_t> attempted;  ///< these may have been; ascending
    /// Of operations that are not idempotent, which alone are noted, these may have been sent, and the above say
    /// nothing; ascending by line.
    std::vector<report::AttemptNote> noted;
  };
  struct Settings {
    std::unique_ptr<job::Reader> reader;
    job::Digest expected;  ///< what validation read; anything else means that the job was changed meanwhile
    bool skip_invalid = false;
    unsigned index = 0;                                   ///< who it is for the report's writer
    std::string path;                                     ///< of the job, for messages
    Progress progress;                                    ///< what earlier segments of the run came to
    std::shared_ptr<const retry::Selection> selection;    ///< null: the whole job
    std::shared_ptr<const auth::UserTokens> user_tokens;  ///< null: one token for all
  };

  Feeder(Settings settings, std::vector<Inbox*> inboxes, report::Writer& writer);

  /// Reads to the end, or until the workers want nothing more. Closes the inboxes in any case. An Error if the job
  /// could not be read to its end as it was validated: the run cannot be trusted to be complete then.
  Result<void> run();
  const observe::Counters& counters() const { return counters_; }
  /// After run(): what became of the operations that were not dealt.
  const report::Tally& tally() const { return tally_; }

 private:
  struct Lane {
    Inbox* inbox;
    Inbox::Batch batch;
    std::size_t count = 0;
    std::size_t bytes = 0;
  };

  Result<void> deal();
  std::optional<job::Violation> find_missing_token() const;
  bool deal_one(job::Operation& operation);
  const report::AttemptNote* find_note(std::uint32_t line) const;
  bool wanted(std::uint32_t line) const;
  bool attempted(std::uint32_t line) const;
  bool push(Lane& lane);
  void record_invalid();
  void record_without_token(const job::Operation& operation, const job::Violation& violation);
  void record_unknown(const job::Operation& operation, const TraceId& attempt);
  void record(report::ResultRecord result);
  Error changed() const;

  Settings settings_;
  std::vector<Lane> lanes_;
  report::Writer& writer_;
  report::Batch unsent_;
  observe::Counters counters_;
  report::Tally tally_;
};

}  // namespace koobatch::engine
