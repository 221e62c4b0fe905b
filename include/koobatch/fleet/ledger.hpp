#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/report/record.hpp"

#include <boost/system/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// What many machines share: runs with their operations, who works on them, and the results. A ledger is a transactional
// store. Every decision is a synchronous write to it, never a read: what was read is a hint, and only what has been
// acknowledged has happened.

namespace koobatch::fleet {

using RunNumber = std::int64_t;
using WorkerNumber = std::int64_t;
using PartNumber = std::uint32_t;   ///< from 0
using ChunkNumber = std::uint32_t;  ///< within its part, from 1
using GroupNumber = std::uint64_t;  ///< within its enrolment, from 1

/// Why the ledger did not do what it was asked.
enum class Fault : std::uint8_t {
  unanswered,   ///< it may have been done, or may yet be: settle() tells
  unreachable,  ///< certainly not done, and may be done later: no connection, or the server is full or shutting down
  fenced,       ///< not done: this enrolment is over
  forgotten,    ///< the ledger has lost what it had acknowledged, or never knew this enrolment
  refused,      ///< not done, and will not be: the error says why
};
struct Failure {
  Fault fault = Fault::refused;
  Error error;
};
/// A value, or why there is none.
template <class T>
using Answer = boost::system::result<T, Failure>;
[[noreturn]] inline void throw_exception_from_error(const Failure& failure, const boost::source_location& where) {
  throw_exception_from_error(failure.error, where);
}

enum class RunState : std::uint8_t {
  loading,  ///< being submitted: nobody works on it
  ready,    ///< nobody has worked on it yet
  running,
  paused,
  stopping,   ///< nothing new is sent
  stopped,    ///< ended before all operations had results
  completed,  ///< every operation has a result
  aborted,    ///< the ledger has lost results that it had acknowledged
};
std::string_view to_string(RunState state);
std::optional<RunState> parse_run_state(std::string_view name);
/// Whether nothing more will ever be sent for it.
bool has_ended(RunState state);

/// What `submit` decides for all workers.
struct RunDescription {
  std::string run_id;  ///< 16 hexadecimal digits, as in reports
  report::RunRecord::Job job;
  std::string endpoint;
  std::string settings = "{}";  ///< as in a report's `run` line: without secrets
  std::string operations_toml;  ///< the text of the file with further operations; empty: none
  std::optional<report::OperationsRecord> operations_file;
  Duration lease = std::chrono::seconds(20);
  Duration hold = std::chrono::minutes(16);
  std::uint32_t parts = 16;
  double rate = 0;          ///< requests a second of all workers together; 0: no limit
  std::uint32_t burst = 0;  ///< 0: RateLimiter::default_burst
  std::string max_errors;   ///< as given; empty: no limit
  /// The trace prefix of the run's report. Enrolments get the next ones, in order, modulo 2^18.
  std::uint32_t trace_prefix = 0;
  std::string run_line;  ///< the first line of its report, for further collectors
};

/// Whether the service has been seen to refuse what a worker that was cut off long ago may still send, see `X-Date`.
enum class FenceProof : std::uint8_t { not_tried, proven, refuted };
std::string_view to_string(FenceProof proof);
std::optional<FenceProof> parse_fence_proof(std::string_view name);

/// A run as the ledger has it.
struct RunRow {
  RunNumber number = 0;
  RunDescription about;
  RunState state = RunState::loading;
  WallTime submitted;
  std::optional<WallTime> begun;
  std::optional<WallTime> ended;
  double rate = 0;                       ///< as changed since
  std::optional<Duration> paused_for{};  ///< the service asks everybody to wait this much longer
  std::string reason;                    ///< why it was stopped or aborted; a sentence
  std::uint64_t operations = 0;          ///< those loaded
  std::uint32_t parts_done = 0;
  FenceProof fence_proof = FenceProof::not_tried;
};

/// Counts of one worker, over its enrolment.
struct WorkerCounts {
  report::Counts results;
  std::uint64_t requests = 0;
  std::uint64_t held_refusals = 0;  ///< refused alike, and not final yet
};

enum class WorkerState : std::uint8_t { alive, left, fenced };
std::string_view to_string(WorkerState state);

/// An enrolment: a worker's row, which is both its lock and its fence. Never used again once it is over.
struct WorkerRow {
  WorkerNumber number = 0;
  std::uint64_t nonce = 0;  ///< see Enrolment
  std::string name;         ///< host and process, for people
  WorkerState state = WorkerState::alive;
  std::uint64_t beat = 0;
  GroupNumber group = 0;  ///< the last one
  double share = 0;       ///< of the rate; 0 while the run has no limit
  std::uint32_t burst = 0;
  std::uint64_t share_changes = 0;  ///< how often `share` was taken
  double used = 0;                  ///< requests a second, lately
  bool limited = false;             ///< it used what it was offered
  WorkerCounts counts;
  std::uint32_t trace_prefix = 0;
  WallTime enrolled;
  Duration since_beat{};  ///< by the ledger's clock, for people only
};

struct Enrolment {
  WorkerNumber number = 0;
  std::uint64_t nonce = 0;  ///< drawn by the worker: a number may be handed out twice after a loss of data
  std::uint32_t trace_prefix = 0;
};

/// A part that this worker now owns.
struct ClaimedPart {
  PartNumber part = 0;
  std::uint64_t epoch = 0;
  ChunkNumber chunks = 0;  ///< how many it has
  ChunkNumber done = 0;    ///< those before and this one have all their results
  ChunkNumber doubt = 0;   ///< chunks in (done, doubt] were given to an earlier owner, who may still be sending
  Duration hold{};         ///< how long an operation behind one in doubt must wait
};
/// How far this worker has come with a part of its own.
struct PartProgress {
  PartNumber part = 0;
  ChunkNumber done = 0;
  ChunkNumber fed = 0;  ///< chunks up to this one may be sent
};

/// A part as it stands.
struct PartRow {
  PartNumber part = 0;
  ChunkNumber chunks = 0;
  ChunkNumber done = 0;
  ChunkNumber fed = 0;    ///< by its owner; chunks in (done, fed] may have been sent
  ChunkNumber doubt = 0;  ///< chunks in (done, doubt] may have been sent by an earlier owner
  std::optional<WorkerNumber> owner{};
  Duration quiet{};  ///< how much longer nobody may claim it; zero: anybody may
  Duration hold{};   ///< how much longer operations behind those in doubt must wait
};

/// Operations of one part, in the order of the job.
struct Chunk {
  ChunkNumber number = 0;
  std::uint32_t operations = 0;
  std::string packed;      ///< see chunk_codec.hpp
  std::uint64_t xxh3 = 0;  ///< of `packed`
};

/// Results that become durable together.
struct Group {
  GroupNumber number = 0;
  std::uint32_t results = 0;
  std::string packed;  ///< lines of a report, zstd; empty: only progress
};
/// A group as it is read back.
struct JournalRow {
  WorkerNumber worker = 0;
  Group group;
};

/// Who owned a part before. What it recorded of the part is in its groups after `group`.
struct EarlierOwner {
  WorkerNumber worker = 0;
  GroupNumber group = 0;
};

/// What a worker reports with each beat.
struct Vitals {
  WorkerCounts counts;
  double used = 0;
  bool limited = false;
};

/// The state of a run and of everybody at work on it.
struct Survey {
  RunRow run;
  std::vector<WorkerRow> workers;  ///< alive, and those that have left or were fenced
  std::uint32_t free_parts = 0;    ///< nobody's, and not done
  std::uint32_t owned_parts = 0;
  std::uint32_t quiet_parts = 0;  ///< free, but nobody may claim them yet

  /// Whether any worker has neither left nor been fenced.
  bool any_alive() const;
};

/// How many copies of a result there are once it is acknowledged, and other properties of the server.
struct LedgerProperties {
  std::string server;  ///< "PostgreSQL 15.20 at db1:5432"
  unsigned copies = 1;
  std::string why_not_safe;  ///< why an acknowledged result might be lost; empty: it cannot be
};

/// A connection to the ledger, for one thread. Each call waits for its answer at most as long as set_patience() says,
/// and less if interrupt() is called. It connects by itself, and again after its connection has broken, which
/// connection() reports.
class Ledger {
 public:
  virtual ~Ledger() = default;

  virtual void set_patience(Duration patience) = 0;
  /// Ends the present call, and all later ones, as unanswered or unreachable. From any thread.
  virtual void interrupt() = 0;
  /// Counts connections: while it does not change, the connection is unbroken.
  virtual std::uint64_t connection() const = 0;

  /// Checks what a ledger must be able to promise: reachable, writable, not a standby, no pooler in between, fsync,
  /// this schema's version. `copies_known`: the user vouches for as many copies.
  virtual Answer<LedgerProperties> check(std::optional<unsigned> copies_known) = 0;

  /// A synchronous write that changes nothing. It is acknowledged only where others would be, so what was read before
  /// it over the same connection was not read from a server that has been replaced, or that cannot keep what it has.
  virtual Answer<void> confirm() = 0;

  // Administration:
  /// Creates the tables, or checks that they are as they should be.
  virtual Answer<void> create_tables() = 0;
  /// The statements of create_tables(), for an administrator.
  virtual std::string table_script() const = 0;

  // Submission. While a run is being loaded, its submitter may also enrol, commit results of operations that are not
  // loaded because they cannot be sent, and leave.
  /// Returns the number of the run; if there is one with this `run_id` already, of that.
  virtual Answer<RunNumber> begin_run(const RunDescription& run) = 0;
  /// Appends chunks to parts, in order. May be repeated: chunks that are there already are not added again.
  virtual Answer<void> load(RunNumber run, PartNumber part, std::span<const Chunk> chunks) = 0;
  /// Everything is loaded: workers may begin. Refused unless the chunks hold exactly as many operations. Does nothing
  /// for a run that has been loaded already.
  virtual Answer<void> finish_loading(RunNumber run, std::uint64_t operations) = 0;

  // Any time:
  virtual Answer<std::vector<RunRow>> runs() = 0;
  virtual Answer<RunRow> run(RunNumber run) = 0;
  virtual Answer<std::optional<RunNumber>> find_run(std::string_view run_id) = 0;
  virtual Answer<Survey> survey(RunNumber run) = 0;
  virtual Answer<std::vector<PartRow>> parts(RunNumber run) = 0;
  virtual Answer<void> change_rate(RunNumber run, double rate) = 0;
  virtual Answer<void> pause(RunNumber run, bool paused) = 0;
  /// Moves to `stopping`, `stopped` or `aborted`, unless it has ended.
  virtual Answer<void> stop_run(RunNumber run, RunState state, std::string_view reason) = 0;
  virtual Answer<void> record_fence_proof(RunNumber run, FenceProof proof) = 0;
  /// Removes everything about a run. Refused while workers are alive, unless the run has ended.
  virtual Answer<void> forget(RunNumber run) = 0;

  // A worker:
  virtual Answer<Enrolment> enrol(RunNumber run, std::string_view name, std::uint64_t nonce) = 0;
  /// Up to `count` parts that are now this worker's. `known`: those it knows to be its own; parts that an unanswered
  /// claim has given it come first. Nothing once the run is stopping or has ended.
  virtual Answer<std::vector<ClaimedPart>> claim(const Enrolment& me, std::uint32_t count,
                                                 std::span<const PartNumber> known) = 0;
  /// Chunks of a part, from `first` on; at most `most`, and no more than fit into `bytes`, but at least one.
  virtual Answer<std::vector<Chunk>> chunks(RunNumber run, PartNumber part, ChunkNumber first, std::uint32_t most,
                                            std::size_t bytes) = 0;
  /// The earlier owners of this worker's part that may have recorded results since the chunk `from` was begun. All are
  /// over, so that their groups do not change any more; those may hold results of other parts, too. Fenced, unanswered
  /// or forgotten unless the part is this worker's.
  virtual Answer<std::vector<EarlierOwner>> earlier_owners(const Enrolment& me, RunNumber run, PartNumber part,
                                                           ChunkNumber from) = 0;
  /// Commits results and progress, if this enrolment is alive and `group.number` is the next: also a heartbeat.
  virtual Answer<void> commit(const Enrolment& me, const Group& group, std::span<const PartProgress> progress,
                              const Vitals& vitals) = 0;
  /// The number of the last group of this enrolment, by a synchronous write, which waits for whatever is unfinished.
  virtual Answer<GroupNumber> settle(const Enrolment& me) = 0;
  virtual Answer<void> beat(const Enrolment& me, const Vitals& vitals) = 0;
  /// Ends another enrolment whose beat is still `seen`; its parts are free once `hold` is over for those in doubt.
  /// Returns whether it did: false if it has beaten since, or is over.
  virtual Answer<bool> fence(WorkerNumber worker, std::uint64_t seen, Duration hold) = 0;
  /// Ends the holds that began when this worker was fenced, because nothing of it can arrive any more. What still waits
  /// for an earlier owner of a part goes on waiting. Returns how many parts were held. A worker that was not fenced
  /// leaves no hold that is known to be its own.
  virtual Answer<std::uint32_t> end_holds(RunNumber run, WorkerNumber worker) = 0;
  /// Ends this enrolment. `in_doubt`: parts of its own with requests that are unanswered; they are in doubt as if it
  /// had been fenced. The others are free at once.
  virtual Answer<void> leave(const Enrolment& me, std::span<const PartNumber> in_doubt) = 0;
  /// Lowers or raises this worker's share, if that has been taken as often as is `known`, see
  /// WorkerRow::share_changes. Returns what is granted: what is left of the rate if it is less. Nothing: it has been
  /// taken since, by a statement that was not answered, and stays as it is. So what a connection that is lost still
  /// carries out cannot lower a share that was raised meanwhile: others would take the difference.
  virtual Answer<std::optional<double>> take_share(const Enrolment& me, std::uint64_t known, double share,
                                                   std::uint32_t burst) = 0;
  /// The service asks all of the run's workers to wait.
  virtual Answer<void> pause_for(RunNumber run, Duration wait) = 0;
  /// Marks the run as completed if every part is done. Returns whether it is.
  virtual Answer<bool> complete(RunNumber run) = 0;
  /// Waits until something about a run changes, at most this long. Returns whether it may have.
  virtual Answer<bool> wait_for_news(RunNumber run, Duration patience) = 0;

  // A collector:
  /// Groups of an enrolment after `cursor`, in order, no more than fit into `bytes`, but at least one if there is one.
  /// They are known to be durable.
  virtual Answer<std::vector<JournalRow>> groups(RunNumber run, WorkerNumber worker, GroupNumber cursor,
                                                 std::size_t bytes) = 0;
};

/// Where a ledger is.
struct LedgerAddress {
  std::string url;         ///< without a password
  std::string passfile{};  ///< empty: libpq's default
  std::string set_up{};    ///< the command that creates its tables, for messages; empty: none is named
};

}  // namespace koobatch::fleet
