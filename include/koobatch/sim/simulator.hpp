#pragma once
#include "koobatch/auth/app_key.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"
#include "koobatch/sim/item_settings.hpp"
#include "koobatch/sim/throttle_settings.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::sim {

enum class FaultKind {
  status,    ///< answers `status`, optionally with Retry-After; not applied
  reset,     ///< applies or not (by chance), then resets the connection without an answer
  drop,      ///< reads the request, does not apply it, closes the connection without an answer
  truncate,  ///< applies, then sends the answer's head and half of its body, and closes
  garbage,   ///< applies, then answers as to a success, but with bytes that are not JSON
  stall,     ///< applies, then never answers (until the client disconnects)
};

/// "status=503,rate=0.05,retry-after=1", "reset,rate=0.02"
struct Fault {
  FaultKind kind = FaultKind::status;
  double rate = 0;  ///< 0 to 1, of operation requests
  int status = 0;
  std::optional<int> retry_after;  ///< seconds
};
/// Parses the form above. A usage error says what is wrong.
Result<Fault> parse_fault(std::string_view text);

/// Nodes with a wrong clock, for a share of connections or of single answers: "date=+2s,rate=0.1"
struct ClockFault {
  enum class Date { shown, none, garbage };  ///< the Date of answers: that clock's time, absent, or not a date
  Date date = Date::shown;
  Duration offset{};            ///< how far the clock is ahead
  double rate = 0;              ///< 0 to 1
  bool per_connection = false;  ///< one node for each connection; otherwise one for each answer
  bool judges = false;          ///< X-Date is judged by that clock, too; otherwise by the right one
};

struct SimulatorSettings {
  std::uint16_t port = 0;  ///< 0: any free port
  Duration latency{};      ///< the delay of each answer
  Duration jitter{};       ///< added to latency, uniform in [0, jitter]
  std::vector<Fault> faults;
  std::vector<ClockFault> clock_faults;
  std::vector<ListFault> list_faults;
  ThrottleSettings throttle;          ///< judged first
  double throttle_per_user = 0;       ///< requests a second per X-User-Id, with a Retry-After of 1 s; 0: unlimited
  std::uint64_t seed = 0;             ///< for faults, jitter and items; equal seeds and request orders make equal runs
  std::filesystem::path log;          ///< emptied, then one NDJSON line per request; empty: none
  std::filesystem::path certificate;  ///< PEM; with `key`: TLS
  std::filesystem::path key;
  std::string token;          ///< the only access token accepted initially; empty: any, but none if there is an app
  std::string refresh_token;  ///< good for one new pair of tokens; empty: there is no refresh call
  std::uint64_t token_requests = 0;             ///< requests that an access token is good for; 0: unlimited
  Duration token_lifetime{};                    ///< how long it remains valid after its last use; 0: forever
  std::shared_ptr<const auth::AppKey> app_key;  ///< the app whose signatures are accepted; null: none
  std::filesystem::path tokens_file;            ///< the only token accepted for each user; read again when it changes
  std::shared_ptr<const koodrive::OperationCatalogue> operations;  ///< what it offers; null: operations()
  std::filesystem::path items_file;          ///< with the items that it has; empty: see made_up_items
  std::optional<MadeUpItems> made_up_items;  ///< items that it has; nothing: any ID is an item's, and none can be read
  NameClash name_clash = NameClash::accept;
  Duration x_date_window = std::chrono::minutes(15);  ///< the maximum age of an X-Date

  bool has_items() const { return !items_file.empty() || made_up_items.has_value(); }
};

/// Adds a fault of any kind, as written on the command line. A usage error says what is wrong.
Result<void> add_fault(std::string_view text, SimulatorSettings& settings);

/// The embedded service on 127.0.0.1: as strict as the documentation, values in memory, faults on request. Runs on its
/// own thread from start() to destruction, which takes no longer than closing its connections.
///
/// A request is judged first by the throttles, then by the documented rules, then by the faults, which therefore hit
/// only requests that would have succeeded. It takes effect just before it is answered, that is, after the latency; a
/// client that closes its connection earlier (half-closing counts) has changed nothing.
///
/// With items, it also answers the requests that read shared folders and albums, and judges them like operations. It
/// refuses operations on any others, and decides so when it answers: no fault hides such a refusal.
///
/// GET /_sim/state: NDJSON, one line per item, then one line per other key with its current values, in the order in
/// which the keys were first set. With items, it can be loaded again as items_file.
/// GET /_sim/stats: a JSON object of counts. Both need no headers, and are neither delayed, counted nor faulted.
class Simulator {
 public:
  /// Listens before it returns. A usage error if the settings are inconsistent, or if the port, a file or the
  /// certificate cannot be used.
  static Result<std::unique_ptr<Simulator>> start(const SimulatorSettings& settings);
  ~Simulator();
  /// "http://127.0.0.1:PORT", or with https.
  const std::string& url() const;

 private:
  struct Impl;
  explicit Simulator(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace koobatch::sim
