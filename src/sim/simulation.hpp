#pragma once
#include "sim/answer.hpp"
#include "sim/faults.hpp"
#include "sim/in_flight.hpp"
#include "sim/item_service.hpp"
#include "sim/node_clocks.hpp"
#include "sim/request_log.hpp"
#include "sim/service.hpp"
#include "sim/state.hpp"
#include "sim/throttle.hpp"
#include "sim/trace_id_set.hpp"

#include <array>
#include <memory>
#include <optional>
#include <vector>

namespace koobatch::sim {

/// Counts since the start, shown by GET /_sim/stats.
struct Stats {
  std::uint64_t connections = 0;        ///< accepted
  std::uint64_t requests = 0;           ///< operation requests: those with the method and path of an operation
  std::uint64_t reads = 0;              ///< requests that read items
  std::uint64_t applied = 0;            ///< operation requests that changed the state (or set it to the values it had)
  std::uint64_t refused = 0;            ///< of either kind: those that broke a documented rule
  std::uint64_t throttled = 0;          ///< of either kind: those over the rate
  std::uint64_t abandoned = 0;          ///< of either kind: those whose client disconnected before the answer was due
  std::uint64_t refreshes = 0;          ///< of tokens
  std::uint64_t refused_refreshes = 0;  ///< refreshes that were not granted
  std::uint64_t unrouted = 0;           ///< requests for anything else
  std::uint64_t malformed = 0;          ///< requests that are not HTTP, or exceed a limit
  std::uint64_t pipelined = 0;          ///< requests sent before the previous answer
  std::uint64_t duplicate_trace_ids = 0;     ///< requests of either kind with an X-Traceid seen before
  std::uint64_t overlapping_keys = 0;        ///< operation requests whose key already had one in flight
  std::array<std::uint64_t, 600> answers{};  ///< by HTTP status; those of GET /_sim/… are not counted
  std::array<std::uint64_t, fault_names.size()> faults{};
};

/// Appends the stats as one JSON object.
void append_stats(std::string& out, const Stats& stats, std::size_t keys);

/// A moment on both clocks.
struct Moment {
  TimePoint steady;
  WallTime wall;
};

/// What happens to a connection after an answer.
enum class Ending {
  keep,   ///< sends the answer, waits for the next request
  close,  ///< sends the answer, then closes gracefully
  cut,    ///< sends what there is (possibly nothing), then closes abruptly
  reset,  ///< sends nothing, resets the connection
  stall,  ///< sends nothing, waits for the client to disconnect
};

/// The maximum number of throttles: the configured one, and one per user.
constexpr std::size_t most_throttles = 2;

/// A request between its arrival and its answer. Owned by a connection and reused.
struct Exchange {
  std::uint64_t connection = 0;
  InFlight::Ticket* ticket = nullptr;
  Moment arrived;
  Judgement judgement;
  std::array<Throttle::Place, most_throttles> places;      ///< one per throttle
  std::array<Throttle::Verdict, most_throttles> verdicts;  ///< one per throttle, up to the first that refuses
  std::optional<std::size_t> refused_by;                   ///< the index of that throttle
  std::optional<FaultHit> fault;
  Duration delay{};  ///< how long the answer is delayed
  NodeClock clock;   ///< the answering node's
  std::optional<NodeClock> connection_clock{};
};

/// How far a dump of all values has come.
struct DumpPlace {
  std::size_t item = 0;                ///< the next one
  std::size_t key = 0;                 ///< the next one; not 0: all items were shown
  std::optional<std::size_t> items{};  ///< how many there were at the beginning: a dump ends though more are added
};
/// The bytes after which a dump pauses.
constexpr std::size_t dump_piece = std::size_t{64} * 1024;

/// The service without its sockets: decides the fate of each request, and keeps values, counts and log. Not
/// thread-safe. Every request goes through arrive() and then, when its delay is over, through conclude() or abandon().
///
/// The order of judgement: the throttles first (they belong to the gateway in front), then the documented rules, then
/// the faults, so that no fault hides a broken rule. Operations take effect in conclude(), just before the answer: a
/// request whose client disconnects earlier is not applied. The rules about items are judged there, too, since items
/// may change until then. Faults are drawn on arrival, so that they depend only on the order of requests, and not on
/// the latency; one that was drawn for a request refused later hits nobody.
class Simulation {
 public:
  /// `tokens`: the content of settings.tokens_file; null if there is none. `items`: those it begins with; nothing: it
  /// has none, and any ID is accepted. `others`: the values of other keys that it begins with.
  Simulation(const SimulatorSettings& settings, RequestLog log, Moment start,
             std::shared_ptr<const auth::UserTokens> tokens = nullptr, std::optional<Items> items = std::nullopt,
             State others = {});

  /// Handles a request that has arrived completely; `exchange.arrived` is when its head was read.
  void arrive(const Request& request, Exchange& exchange);
  /// Applies, counts and logs the request, and appends the answer, if any, to `out`.
  Ending conclude(const Request& request, Exchange& exchange, WallTime now, std::string& out);
  /// Handles a client that disconnected before conclude().
  void abandon(const Request& request, Exchange& exchange);
  /// Handles the end of the connection: nobody waits for the exchange any longer.
  void forget(Exchange& exchange);
  /// Appends the answer to a request that could not be parsed. The connection must be closed after it.
  void refuse_malformed(boost::system::error_code error, WallTime now, std::string& out);
  /// Appends the answer to a request that arrived before the previous answer. The connection must be closed after it.
  void refuse_pipelined(WallTime now, std::string& out);

  /// The number of keys and items.
  std::size_t keys() const { return state_.size() + (items_ ? items_->items().count() : 0); }
  /// Appends lines with the items and then the keys, from `at` on, about dump_piece bytes of them. Returns the place
  /// to continue at; nothing at the end. Items that are added meanwhile are not shown.
  std::optional<DumpPlace> dump(DumpPlace at, std::string& out) const;
  Stats& stats() { return stats_; }
  AnswerWriter& answers() { return answers_; }
  void flush_log() { log_.flush(); }

 private:
  void follow_tokens_file();
  void throttle(const Request& request, Exchange& exchange);
  void declare_quotas(const Request& request, const Exchange& exchange);
  Ending conclude_fault(const Request& request, Exchange& exchange, WallTime now, std::string& out);
  void answer(std::string& out, AnswerHead head, std::string_view body, WallTime now, const NodeClock& clock = {});
  void judge_items(Exchange& exchange);
  void append_body(const Request& request, const Judgement& judgement);
  void apply(const Exchange& exchange, WallTime now);
  void record(const Request& request, const Exchange& exchange, int status, bool applied);

  Service service_;
  std::filesystem::path tokens_file_;
  auth::FileStamp tokens_stamp_;
  std::vector<Throttle> throttles_;  ///< at most most_throttles, in the order in which they judge
  Faults faults_;
  Latency latency_;
  NodeClocks clocks_;
  State state_;
  std::unique_ptr<ItemService> items_;  ///< null: there are none, and any ID is accepted
  TraceIdSet trace_ids_;
  InFlight in_flight_;
  AnswerWriter answers_;
  Stats stats_;
  RequestLog log_;
  TimePoint start_;
  std::shared_ptr<const koodrive::OperationCatalogue> operations_;  ///< null: those of the embedded service
  std::string body_;
  std::string quota_fields_;  ///< of the answer
};

}  // namespace koobatch::sim
