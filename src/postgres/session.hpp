#pragma once
#include "postgres/dialer.hpp"
#include "postgres/failures.hpp"
#include "postgres/library.hpp"
#include "postgres/parameters.hpp"
#include "postgres/reply.hpp"
#include "postgres/waiting.hpp"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace koobatch::postgres {

/// A connection that is opened when it is needed, and again after it has broken. Never waits longer than its patience.
///
/// A statement that was sent and not answered may be carried out later, even after the next one on a new connection:
/// the server finishes what it has received.
class Session {
 public:
  Session(const Library& library, Address address) : library_(library), dialer_(library, std::move(address)) {}
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void set_patience(Duration patience) { patience_ = patience; }
  /// From any thread: ends what is in progress, and everything that follows.
  void interrupt() { interrupt_.interrupt(); }
  /// How many connections there have been.
  std::uint64_t connections() const { return connections_; }

  /// Begins a call: its statements together take no longer than the patience.
  void begin() { until_ = Steady::now() + patience_; }
  /// One statement in a transaction of its own. Unanswered also if it is done but may not be replicated: if the server
  /// warns.
  fleet::Answer<Reply> execute(const char* statement, const Parameters& parameters = {});
  /// Several statements in one transaction, each of which sees what was committed before it began. The reply of the
  /// last that returns rows, in text format.
  fleet::Answer<Reply> execute_all(const std::string& statements);

  /// Waits for a notification on the channel, until then at most. Returns true at once if the session has not been
  /// listening all the time since the last call.
  fleet::Answer<bool> wait_for_notification(const std::string& channel, TimePoint until);

  /// Where the server is: "db1:5432". Precondition: a statement was answered, and none has failed since.
  std::string server() const;

 private:
  fleet::Answer<void> connect();
  fleet::Answer<void> prepare();
  bool is_alive();
  /// `send`: returns whether libpq has taken the statement.
  template <class Send>
  fleet::Answer<Reply> exchange(Send send);
  fleet::Answer<Reply> receive();
  fleet::Answer<void> flush();
  fleet::Answer<void> await_result();
  fleet::Answer<Reply> conclude(std::optional<Reply> reply, std::optional<ServerError> error);
  bool take_notification(const std::string& channel);
  /// Closes the connection, whose state is not known any more.
  fleet::Failure lose(std::string_view why);
  fleet::Failure lose_late(Woken woken);
  static void note_warning(void* session, const PGresult* notice);

  const Library& library_;
  Dialer dialer_;
  Interrupt interrupt_;
  Connection connection_{nullptr, CloseConnection{nullptr}};
  std::uint64_t connections_ = 0;
  Duration patience_ = std::chrono::seconds(5);
  TimePoint until_{};
  std::string warning_;              ///< that came with the present statement
  bool rolled_back_ = false;         ///< it failed in favour of another, and may be sent again
  bool ended_ = false;               ///< the server has closed the connection
  std::set<std::string> listening_;  ///< on the present connection
  std::set<std::string> notified_;   ///< channels on which something came that nobody has waited for yet
};

}  // namespace koobatch::postgres
