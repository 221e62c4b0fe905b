#include "postgres/dialer.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <string>
#include <utility>

namespace koobatch::postgres {
namespace {

/// How long to wait for a node before the next one is tried as well.
constexpr auto between_nodes = std::chrono::milliseconds(300);

/// In milliseconds: how long the kernel resends bytes that nobody acknowledges. The caller's patience ends sooner; this
/// ends connections that nobody is waiting for.
constexpr const char* user_timeout = "15000";

/// Otherwise libpq writes notices to standard error.
void ignore_notice(void*, const PGresult*) {}

/// Connections that are being opened side by side.
class Race {
 public:
  Race(const Library& library, const Address& address, std::deque<Candidate> candidates)
      : library_(library), address_(address), waiting_(std::move(candidates)) {}

  /// The first that was opened; null: none, see `failed`.
  Connection run(TimePoint until, const Interrupt& interrupt, std::vector<FailedDial>& failed);

 private:
  struct Runner {
    Candidate candidate;
    Connection connection;
    PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
  };
  void start_next();
  /// The connection if it is open. Marks failed ones as such.
  Connection poll(Runner& runner);
  Woken wait(TimePoint until, const Interrupt& interrupt, std::vector<pollfd>& polled);
  FailedDial describe(const Runner& runner) const;

  const Library& library_;
  const Address& address_;
  std::deque<Candidate> waiting_;
  std::vector<Runner> runners_;
  TimePoint next_start_{};
};

void Race::start_next() {
  Runner runner{std::move(waiting_.front()), Connection(nullptr, CloseConnection{&library_})};
  waiting_.pop_front();
  next_start_ = Steady::now() + between_nodes;
  std::map<std::string, std::string> settings = address_.settings;
  // With a service, libpq learns the host from it.
  if (!runner.candidate.host.name.empty()) settings["host"] = runner.candidate.host.name;
  if (!runner.candidate.host.port.empty()) settings["port"] = runner.candidate.host.port;
  if (!runner.candidate.address.empty()) settings["hostaddr"] = runner.candidate.address;
  settings["target_session_attrs"] = "read-write";
  settings["tcp_user_timeout"] = user_timeout;
  settings["client_encoding"] = "UTF8";
  settings.emplace("application_name", "koobatch");
  // Whatever the database says: the first statement, which changes more settings, might not get through.
  settings["options"] += " -c statement_timeout=0";
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : settings) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  constexpr int no_expansion = 0;
  runner.connection.reset(library_.connect_start(keywords.data(), values.data(), no_expansion));
  if (!runner.connection || library_.status(runner.connection.get()) == CONNECTION_BAD) {
    runner.wanted = PGRES_POLLING_FAILED;
  } else {
    // With SQLSTATE, which does not depend on the server's language.
    library_.set_error_verbosity(runner.connection.get(), PQERRORS_VERBOSE);
    library_.set_notice_receiver(runner.connection.get(), ignore_notice, nullptr);
  }
  runners_.push_back(std::move(runner));
}

Connection Race::poll(Runner& runner) {
  runner.wanted = library_.connect_poll(runner.connection.get());
  if (runner.wanted == PGRES_POLLING_OK) return std::move(runner.connection);
  return Connection(nullptr, CloseConnection{&library_});
}

Woken Race::wait(TimePoint until, const Interrupt& interrupt, std::vector<pollfd>& polled) {
  polled.clear();
  for (const Runner& runner : runners_) {
    const short events = runner.wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    polled.push_back({.fd = library_.socket(runner.connection.get()), .events = events, .revents = 0});
  }
  return interrupt.wait(polled, waiting_.empty() ? until : std::min(until, next_start_));
}

FailedDial Race::describe(const Runner& runner) const {
  if (!runner.connection) return {.error = {.code = {}, .message = "out of memory"}};
  PGconn* const connection = runner.connection.get();
  return {.error = parse_connection_error(library_.error_message(connection)),
          .needs_password = library_.needs_password(connection) != 0};
}

Connection Race::run(TimePoint until, const Interrupt& interrupt, std::vector<FailedDial>& failed) {
  std::vector<pollfd> polled;
  while (!waiting_.empty() || !runners_.empty()) {
    if (!waiting_.empty() && (runners_.empty() || Steady::now() >= next_start_)) start_next();
    std::erase_if(runners_, [&](const Runner& runner) {
      if (runner.wanted == PGRES_POLLING_FAILED) failed.push_back(describe(runner));
      return runner.wanted == PGRES_POLLING_FAILED;
    });
    if (runners_.empty()) continue;
    const Woken woken = wait(until, interrupt, polled);
    if (woken == Woken::interrupted || (woken == Woken::late && Steady::now() >= until)) break;
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents == 0) continue;
      if (auto open = poll(runners_[i])) return open;
    }
  }
  for (const Runner& runner : runners_) {
    const Host& host = runner.candidate.host;
    failed.push_back({.error = {.code = {}, .message = host.name + ":" + host.port + " does not answer"}});
  }
  return Connection(nullptr, CloseConnection{&library_});
}

}  // namespace

fleet::Answer<Connection> Dialer::dial(TimePoint until, const Interrupt& interrupt) {
  std::vector<FailedDial> failed;
  auto candidates = resolver_.resolve(address_.hosts, until, interrupt, failed);
  // Hosts that a service file names.
  if (address_.hosts.empty()) candidates.emplace_back();
  if (!candidates.empty()) {
    std::ranges::rotate(candidates, candidates.begin() + static_cast<std::ptrdiff_t>(first_++ % candidates.size()));
  }
  Race race(library_, address_, {candidates.begin(), candidates.end()});
  auto connection = race.run(until, interrupt, failed);
  if (interrupt.is_interrupted()) return not_reached("interrupted");
  if (connection) return connection;
  return explain_dials(failed);
}

}  // namespace koobatch::postgres
