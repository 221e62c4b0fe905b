#include "postgres/session.hpp"

#include <fmt/format.h>

#include <cassert>
#include <cstring>
#include <memory>
#include <utility>

namespace koobatch::postgres {
namespace {

using fleet::Answer;
using fleet::Failure;

/// How often to send again a statement that the server has rolled back in favour of another.
constexpr int most_tries = 4;

// Whatever the database, its roles and the URL say otherwise. A statement that waits for a lock ends when nobody waits
// for its answer any more: otherwise, while commits wait for a standby, those given up would fill the server's
// connections. By name from pg_settings, because older versions lack some. Numbers of tables are small: compiling plans
// would cost more than it saves.
constexpr const char* preparation = R"(
SELECT pg_backend_pid(), count(set_config(s.name, v.value, false))
FROM (VALUES ('synchronous_commit', 'on'), ('statement_timeout', '0'), ('lock_timeout', '0'),
  ('idle_in_transaction_session_timeout', '0'), ('idle_session_timeout', '0'), ('transaction_timeout', '0'),
  ('default_transaction_isolation', 'read committed'), ('default_transaction_deferrable', 'off'),
  ('client_connection_check_interval', '2s'), ('client_min_messages', 'warning'), ('search_path', 'pg_catalog'), ('jit', 'off')) AS v(name, value)
JOIN pg_settings AS s USING (name))";

constexpr int binary = 1;

std::string_view or_empty(const char* text) {
  return text == nullptr ? std::string_view() : std::string_view(text);
}

bool has_failed(ExecStatusType status) {
  return status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY;
}

}  // namespace

void Session::note_warning(void* session, const PGresult* notice) {
  auto& self = *static_cast<Session*>(session);
  const auto severity = or_empty(self.library_.error_field(notice, PG_DIAG_SEVERITY_NONLOCALIZED));
  // Arrives as a notice if nothing was asked.
  if (severity == "FATAL" || severity == "PANIC") self.ended_ = true;
  if (severity == "WARNING") self.warning_ = or_empty(self.library_.error_field(notice, PG_DIAG_MESSAGE_PRIMARY));
}

Failure Session::lose(std::string_view why) {
  connection_.reset();
  return no_answer(why);
}

Failure Session::lose_late(Woken woken) {
  return lose(woken == Woken::interrupted ? "interrupted" : "it takes too long");
}

bool Session::is_alive() {
  if (!connection_) return false;
  // What ended the connection while nothing was asked is found out by reading.
  while (interrupt_.wait(library_.socket(connection_.get()), POLLIN, Steady::now()) == Woken::ready) {
    if (library_.consume_input(connection_.get()) == 0) return false;
  }
  library_.is_busy(connection_.get());
  return !ended_ && library_.status(connection_.get()) == CONNECTION_OK;
}

Answer<void> Session::connect() {
  if (interrupt_.is_interrupted()) return not_reached("interrupted");
  if (is_alive()) return {};
  connection_.reset();
  auto dialed = dialer_.dial(until_, interrupt_);
  if (!dialed) return dialed.error();
  connection_ = std::move(*dialed);
  ++connections_;
  ended_ = false;
  listening_.clear();
  library_.set_nonblocking(connection_.get(), 1);
  library_.set_notice_receiver(connection_.get(), note_warning, this);
  return prepare();
}

Answer<void> Session::prepare() {
  const int backend = library_.backend_pid(connection_.get());
  const auto prepared = exchange([this] {
    return library_.send_query_params(connection_.get(), preparation, 0, nullptr, nullptr, nullptr, nullptr, binary);
  });
  if (!prepared) {
    connection_.reset();
    Failure failure = prepared.error();
    // Nothing that the caller asked for was sent.
    if (failure.fault == fleet::Fault::unanswered) failure.fault = fleet::Fault::unreachable;
    return failure;
  }
  if (prepared->number<int>(0, 0) == backend) return {};
  connection_.reset();
  return not_done(
      "a connection pooler stands between koobatch and the engine: the settings and notifications of one connection"
      " would reach another; name the database server itself in the URL");
}

Answer<Reply> Session::execute(const char* statement, const Parameters& parameters) {
  const auto values = parameters.values();
  for (int tried = 1;; ++tried) {
    if (auto connected = connect(); !connected) return connected.error();
    auto reply = exchange([&] {
      return library_.send_query_params(connection_.get(), statement, parameters.count(), parameters.types(),
                                        values.data(), parameters.lengths(), parameters.formats(), binary);
    });
    if (reply || !rolled_back_ || tried == most_tries) return reply;
  }
}

Answer<Reply> Session::execute_all(const std::string& statements) {
  for (int tried = 1;; ++tried) {
    if (auto connected = connect(); !connected) return connected.error();
    auto reply = exchange([&] { return library_.send_query(connection_.get(), statements.c_str()); });
    if (reply || !rolled_back_ || tried == most_tries) return reply;
  }
}

template <class Send>
Answer<Reply> Session::exchange(Send send) {
  warning_.clear();
  rolled_back_ = false;
  if (send() == 0) return lose(parse_connection_error(library_.error_message(connection_.get())).message);
  if (auto flushed = flush(); !flushed) return flushed.error();
  return receive();
}

Answer<void> Session::flush() {
  for (;;) {
    const int left = library_.flush(connection_.get());
    if (left == 0) return {};
    if (left < 0) return lose(parse_connection_error(library_.error_message(connection_.get())).message);
    // The server may have to get rid of something before it reads on.
    const Woken woken = interrupt_.wait(library_.socket(connection_.get()), POLLIN | POLLOUT, until_);
    if (woken != Woken::ready) return lose_late(woken);
    library_.consume_input(connection_.get());
  }
}

Answer<void> Session::await_result() {
  while (library_.is_busy(connection_.get()) != 0) {
    const Woken woken = interrupt_.wait(library_.socket(connection_.get()), POLLIN, until_);
    if (woken != Woken::ready) return lose_late(woken);
    // A broken connection is a result, too.
    library_.consume_input(connection_.get());
  }
  return {};
}

Answer<Reply> Session::receive() {
  std::optional<Reply> last;
  std::optional<ServerError> error;
  for (;;) {
    if (auto arrived = await_result(); !arrived) return arrived.error();
    PGresult* const result = library_.get_result(connection_.get());
    if (result == nullptr) return conclude(std::move(last), std::move(error));
    const ExecStatusType status = library_.result_status(result);
    Reply reply(library_, result);
    if (has_failed(status)) {
      error = ServerError{.code = std::string(or_empty(library_.error_field(result, PG_DIAG_SQLSTATE))),
                          .message = std::string(or_empty(library_.error_field(result, PG_DIAG_MESSAGE_PRIMARY)))};
    } else if (!last || status == PGRES_TUPLES_OK) {
      last.emplace(std::move(reply));
    }
  }
}

Answer<Reply> Session::conclude(std::optional<Reply> reply, std::optional<ServerError> error) {
  if (library_.status(connection_.get()) != CONNECTION_OK && (!error || error->code.empty())) {
    return lose(parse_connection_error(library_.error_message(connection_.get())).message);
  }
  if (error) {
    rolled_back_ = is_passing(*error);
    if (ends_connection(*error)) connection_.reset();
    return explain_statement(*error);
  }
  // The commit stands, but perhaps on this server alone.
  if (!warning_.empty()) return no_answer(fmt::format("its server warns: {}", warning_));
  assert(reply);
  return std::move(*reply);
}

bool Session::take_notification(const std::string& channel) {
  const auto free = [this](void* memory) { library_.free_memory(memory); };
  for (;;) {
    const std::unique_ptr<PGnotify, decltype(free)> notification(library_.notifies(connection_.get()), free);
    if (!notification) return notified_.erase(channel) > 0;
    notified_.insert(notification->relname);
  }
}

Answer<bool> Session::wait_for_notification(const std::string& channel, TimePoint until) {
  if (auto connected = connect(); !connected) return connected.error();
  if (!listening_.contains(channel)) {
    if (auto listens = execute(("LISTEN " + channel).c_str()); !listens) return listens.error();
    listening_.insert(channel);
    return true;
  }
  for (;;) {
    if (take_notification(channel)) return true;
    const Woken woken = interrupt_.wait(library_.socket(connection_.get()), POLLIN, until);
    if (woken == Woken::late) return false;
    if (woken == Woken::interrupted) return not_reached("interrupted");
    if (library_.consume_input(connection_.get()) == 0) {
      connection_.reset();
      return not_reached("the connection has broken");
    }
  }
}

std::string Session::server() const {
  assert(connection_);
  return fmt::format("{}:{}", library_.host(connection_.get()), library_.port(connection_.get()));
}

}  // namespace koobatch::postgres
