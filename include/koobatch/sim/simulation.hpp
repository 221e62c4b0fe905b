#pragma once
#include "koobatch/sim/answer.hpp"
#include "koobatch/sim/faults.hpp"
#include "koobatch/sim/in_flight.hpp"
#include "koobatch/sim/request_log.hpp"
#include "koobatch/sim/service.hpp"
#include "koobatch/sim/state.hpp"
#include "koobatch/sim/throttle.hpp"
#include "koobatch/sim/trace_id_set.hpp"

#include <array>

namespace koobatch::sim {

/// Counts since the start. Shown by GET /_sim/stats.
struct Stats {
  std::uint64_t connections = 0;             ///< accepted
  std::uint64_t requests = 0;                ///< operation requests: those with the method and path of an operation
  std::uint64_t applied = 0;                 ///< operation requests that changed the state (or set it to what it was)
  std::uint64_t refused = 0;                 ///< operation requests that broke a documented rule
  std::uint64_t throttled = 0;               ///< operation requests over the rate
  std::uint64_t abandoned = 0;               ///< operation requests whose client left before the answer was due
  std::uint64_t refreshes = 0;               ///< of tokens
  std::uint64_t refused_refreshes = 0;       ///< those that were not granted
  std::uint64_t unrouted = 0;                ///< requests for anything else
  std::uint64_t malformed = 0;               ///< requests that are no HTTP, or over a limit
  std::uint64_t pipelined = 0;               ///< requests sent before the previous answer
  std::uint64_t duplicate_trace_ids = 0;     ///< operation requests with an X-Traceid seen before
  std::uint64_t overlapping_keys = 0;        ///< operation requests whose key already had one under way
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

/// How a connection goes on after an answer.
enum class Ending {
  keep,   ///< sends the answer, waits for the next request
  close,  ///< sends the answer, then ends in good order
  cut,    ///< sends what there is (possibly nothing), then closes without a word
  reset,  ///< sends nothing, resets the connection
  stall,  ///< sends nothing, waits for the client to leave
};

/// Whose rate a request exceeds.
enum class Throttled { no, service, user };

/// One request between its arrival and its answer. Belongs to a connection and is reused.
struct Exchange {
  std::uint64_t connection = 0;
  InFlight::Ticket* ticket = nullptr;
  Moment arrived;
  Judgement judgement;
  Throttled throttled = Throttled::no;
  std::optional<FaultHit> fault;
  Duration delay{};  ///< how long the answer is held back
};

/// The service without its sockets: decides what becomes of each request, keeps values, counts and log. Not
/// thread-safe. Every request passes arrive(), then, when its delay is over, conclude() or abandon().
///
/// The order of judgement: the throttles first (they are the gateway's, in front), then the documented rules, then the
/// faults, so that no fault hides a broken rule. Effects become real in conclude(), just before the answer: a request
/// whose client leaves earlier is not applied.
class Simulation {
 public:
  /// `tokens`: as settings.tokens_file had them; null if there is none.
  Simulation(const SimulatorSettings& settings, RequestLog log, TimePoint start,
             std::shared_ptr<const auth::UserTokens> tokens = nullptr);

  /// `request` arrived whole; `exchange.arrived` is when its head was read.
  void arrive(const Request& request, Exchange& exchange);
  /// Applies, counts, logs and appends the answer to `out`, as far as there is one.
  Ending conclude(const Request& request, Exchange& exchange, WallTime now, std::string& out);
  /// The client left before conclude().
  void abandon(const Request& request, Exchange& exchange);
  /// The connection is gone: nobody waits for the exchange any longer.
  void forget(Exchange& exchange) { in_flight_.leave(*exchange.ticket); }
  /// Appends the answer to a request that was not understood. The connection must be closed after it.
  void refuse_malformed(boost::system::error_code error, WallTime now, std::string& out);
  /// Appends the answer to a request that came before the previous answer. The connection must be closed after it.
  void refuse_pipelined(WallTime now, std::string& out);

  const State& state() const { return state_; }
  Stats& stats() { return stats_; }
  AnswerWriter& answers() { return answers_; }
  void flush_log() { log_.flush(); }

 private:
  void follow_tokens_file();
  Throttled throttle(const Request& request, TimePoint arrived);
  Ending conclude_fault(const Request& request, Exchange& exchange, WallTime now, std::string& out);
  void answer(std::string& out, const AnswerHead& head, std::string_view body, WallTime now);
  void apply(const Exchange& exchange);
  void record(const Request& request, const Exchange& exchange, int status, bool applied);

  Service service_;
  std::filesystem::path tokens_file_;
  auth::FileStamp tokens_stamp_;
  Throttle throttle_;
  UserThrottle user_throttle_;
  Faults faults_;
  Latency latency_;
  State state_;
  TraceIdSet trace_ids_;
  InFlight in_flight_;
  AnswerWriter answers_;
  Stats stats_;
  RequestLog log_;
  TimePoint start_;
  std::string body_;
};

}  // namespace koobatch::sim
