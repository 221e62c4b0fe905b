// What a run that takes part in one that is shared does on the wire: it sends only while it may, and can withdraw what
// has not arrived.
#include "contains.hpp"
#include "fleet/fleet_source.hpp"
#include "koobatch/engine/run.hpp"
#include "koobatch/job/tokens_file.hpp"
#include "koobatch/net/session.hpp"
#include "scripted_server.hpp"
#include "workspace.hpp"

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

using namespace koobatch;
using namespace koobatch::test;
using namespace std::chrono_literals;
namespace bdata = boost::unit_test::data;

namespace {

constexpr std::chrono::milliseconds long_enough = 1min;

/// Lets threads pass while it is open.
class Door {
 public:
  void set_open(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
};

/// Keeps nothing but the number of results. Where they are made durable may be closed.
struct CountingJournal final : report::JournalFile {
  CountingJournal(std::atomic<std::size_t>& results, Door& door) : results_(results), door_(door) {}
  Result<void> append(std::string_view lines) override {
    constexpr std::string_view succeeded = R"("status":"succeeded")";
    for (auto at = lines.find(succeeded); at != std::string_view::npos; at = lines.find(succeeded, at + 1)) ++results_;
    return {};
  }
  Result<void> sync() override {
    door_.pass();
    return {};
  }

 private:
  std::atomic<std::size_t>& results_;
  Door& door_;
};

/// A gate that counts who asks, and remembers what they are dated.
class Gate final : public net::SendGate {
 public:
  explicit Gate(bool open) : open_(open) {}
  bool admits(WallTime dated) override {
    const std::lock_guard lock(mutex_);
    ++asked_;
    dated_ = dated;
    if (asked_ == 1) first_dated_ = dated;
    if (!open_) ++refused_;
    changed_.notify_all();
    return open_;
  }
  void set_open(bool open) {
    const std::lock_guard lock(mutex_);
    open_ = open;
  }
  std::size_t asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }
  WallTime dated() const {
    const std::lock_guard lock(mutex_);
    return dated_;
  }
  WallTime first_dated() const {
    const std::lock_guard lock(mutex_);
    return first_dated_;
  }
  /// Waits until somebody was refused.
  void await_refusal() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return refused_ != 0; });
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool open_;
  std::size_t asked_ = 0;
  std::size_t refused_ = 0;
  WallTime dated_;
  WallTime first_dated_;
};

/// A run of renames of different folders.
struct Fixture {
  static constexpr std::uint32_t operations = 200;

  std::atomic<std::size_t> results{0};
  Door durability;
  std::shared_ptr<fleet::SharedBook> book = std::make_shared<fleet::SharedBook>();
  std::shared_ptr<fleet::FeedQueue> queue = std::make_shared<fleet::FeedQueue>();
  engine::RunSettings settings;
  fleet::PartNumber parts = 0;
  std::uint32_t lines = 0;

  /// An operation of the job.
  struct Rename {
    std::uint32_t folder = 0;
    std::string user = "7";
    std::string ref{};
  };
  static std::vector<Rename> renames(std::uint32_t count) {
    std::vector<Rename> all(count);
    for (std::uint32_t i = 0; i < count; ++i) all[i].folder = i + 1;
    return all;
  }
  /// As a part of its own.
  void feed(const std::vector<Rename>& job) {
    const fleet::PartNumber part = ++parts;
    fleet::UnpackedChunk chunk;
    for (const Rename& rename : job) {
      chunk.lines.push_back(++lines);
      chunk.attempted.push_back(false);
      chunk.text += fmt::format(R"({{"op":"rename_shared_folder","id":"{}","fileName":"n","user_id":"{}","ref":"{}"}})",
                                rename.folder, rename.user, rename.ref);
      chunk.text += '\n';
    }
    book->with([&](fleet::PartBook& it) {
      it.claimed({.part = part, .epoch = 1, .chunks = 1, .done = 0, .doubt = 0, .hold = {}}, BootClock::now());
      const auto next = it.next_chunk(BootClock::now()).value();
      it.queued(next);
      queue->add({next, std::move(chunk)});
    });
  }
  std::unique_ptr<engine::Run> start(const std::string& url, const std::vector<Rename>& job = renames(operations)) {
    settings.endpoint = http::parse_endpoint(url).value();
    settings.threads = 2;
    settings.connections = 4;
    settings.http2_connections = 2;
    feed(job);
    const auto source =
        std::make_shared<fleet::FleetSource>("job", job::Source::Identity{}, job::ReaderSettings{}, book, queue);
    report::RunRecord record;
    record.run_id = "0123456789abcdef";
    return engine::Run::take_part(settings, source, record, std::make_unique<CountingJournal>(results, durability))
        .value();
  }
  void check_complete(engine::Run& run) {
    queue->finish();
    BOOST_TEST_REQUIRE(run.wait(long_enough));
    const auto result = run.finish();
    BOOST_TEST(!result.error.has_value(), (result.error ? result.error->message : ""));
    BOOST_TEST(results == operations);
    BOOST_TEST(result.summary.requests == operations, "what was turned away is not counted");
    BOOST_TEST(result.summary.retries == 0U);
  }
};

/// The sockets of this process that are connected to the port.
std::vector<int> sockets_to(std::uint16_t port) {
  std::vector<int> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const int fd = std::stoi(entry.path().filename());
    sockaddr_in peer{};
    socklen_t size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || peer.sin_family != AF_INET) continue;
    if (ntohs(peer.sin_port) == port) found.push_back(fd);
  }
  return found;
}

/// A session on a thread of the test's own, which runs only while the test waits.
struct Client {
  explicit Client(const std::string& url, net::HttpChoice http = net::HttpChoice::http1) {
    dialer.endpoint = http::parse_endpoint(url).value();
    dialer.http = http;
    dialer.streams = 4;
    dialer.deadlines = &deadlines;
    dialer.turns = &turns;
    session = net::make_session(context, dialer);
    run(open());
  }
  ~Client() { session->close(); }

  void run(net::Awaitable<void> work) {
    bool done = false;
    net::asio::co_spawn(context, std::move(work), [&](const std::exception_ptr&) { done = true; });
    while (!done) context.run_one();
  }
  net::Awaitable<void> open() {
    std::string why;
    const auto opened = co_await session->open(why);
    if (opened != net::Session::Opened::yes) throw std::runtime_error(why);
  }
  net::Awaitable<void> send() {
    ended = false;
    co_await session->exchange(exchange);
    ended = true;
  }
  /// Begins to send a request with a body of this size, and lets some time pass.
  void begin(std::size_t body) {
    static constexpr http::FieldName trace("X-Traceid");
    exchange.request.start("PATCH", "/a", common);
    exchange.request.add(trace, "1");
    exchange.request.end(std::string(body, 'x'));
    net::asio::co_spawn(context, send(), net::asio::detached);
    context.run_for(100ms);
  }

  net::asio::io_context context{1};
  net::DeadlineTimer deadlines{context};
  net::Turns turns{context};
  net::Dialer dialer;
  http::CommonFields common{{{"Host", "localhost"}}};
  net::Exchange exchange;
  bool ended = false;
  std::unique_ptr<net::Session> session;
};

/// A server that reads nothing, and says only what HTTP/2 needs to begin.
class Mute {
 public:
  explicit Mute(net::HttpChoice http)
      : server_(
            [this, http](LoopbackServer::SocketPtr socket, std::size_t) { return serve(std::move(socket), http); }) {}
  std::string url() const { return server_.url(); }

 private:
  net::Awaitable<void> serve(LoopbackServer::SocketPtr socket, net::HttpChoice http) {
    // No settings, and the acknowledgement of the client's.
    static const std::string settings("\0\0\0\4\0\0\0\0\0\0\0\0\4\1\0\0\0\0", 18);
    if (http == net::HttpChoice::http2) co_await write_all(*socket, settings);
    // Until it is closed.
    co_await socket->async_wait(net::Socket::wait_error, net::as_result);
  }

  LoopbackServer server_;
};

const std::vector<net::HttpChoice> protocols = {net::HttpChoice::http1, net::HttpChoice::http2};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(take_part, Fixture)

BOOST_AUTO_TEST_CASE(nothing_is_sent_while_the_gate_is_closed_and_everything_once_it_is_open) {
  for (const auto protocol : protocols) {
    Fixture fixture;
    ScriptedServer server;
    Gate gate(false);
    fixture.settings.gate = &gate;
    fixture.settings.http = protocol;
    const auto run = fixture.start(server.url());
    gate.await_refusal();
    BOOST_TEST(!run->wait(300ms));
    BOOST_TEST(server.requests() == 0U);
    BOOST_TEST(run->snapshot().pace.held);
    BOOST_TEST(run->snapshot().requests == 0U);
    BOOST_TEST(gate.asked() <= 1U, "the pace is held, so nobody asks on and on");
    BOOST_TEST((WallClock::now() - gate.dated() < 1h));
    gate.set_open(true);
    BOOST_TEST(run->release());
    fixture.check_complete(*run);
    BOOST_TEST(server.requests() == operations);
  }
}

BOOST_AUTO_TEST_CASE(a_gate_that_is_closed_in_the_middle_lets_nothing_pass_twice) {
  for (const auto protocol : protocols) {
    Fixture fixture;
    Gate gate(true);
    std::vector<Reply> replies(20);
    for (Reply& reply : replies) reply.bytes = success();
    replies.back().before = [&] { gate.set_open(false); };
    ScriptedServer server(replies);
    fixture.settings.gate = &gate;
    fixture.settings.http = protocol;
    const auto run = fixture.start(server.url());
    gate.await_refusal();
    // What was sent just before has not arrived yet, as far as is known: withdrawing it would repeat it.
    BOOST_TEST(!run->wait(200ms));
    BOOST_TEST(run->withdraw(long_enough));
    const auto sent = server.requests();
    BOOST_TEST(!run->wait(200ms));
    BOOST_TEST(server.requests() == sent);
    BOOST_TEST(sent < operations);
    gate.set_open(true);
    run->release();
    fixture.check_complete(*run);
    BOOST_TEST(server.requests() == operations);
  }
}

BOOST_AUTO_TEST_CASE(an_answer_under_way_is_awaited_although_the_gate_is_closed) {
  Gate gate(true);
  Reply slow{.bytes = "H", .later = success().substr(1)};
  slow.before = [&] { gate.set_open(false); };
  ScriptedServer server({slow});
  settings.gate = &gate;
  const auto run = start(server.url());
  gate.await_refusal();
  BOOST_TEST(run->withdraw(long_enough));
  gate.set_open(true);
  run->release();
  check_complete(*run);
}

BOOST_AUTO_TEST_CASE(refusals_held_back_become_final_although_more_may_be_fed) {
  const Reply refusal{.bytes = http_answer(404, "")};
  ScriptedServer server({{.bytes = success()}, refusal, refusal});
  const auto run = start(server.url(), renames(3));
  const auto until = Steady::now() + long_enough;
  while (run->snapshot()[Status::rejected] < 2 && Steady::now() < until) run->wait(10ms);
  BOOST_TEST(run->snapshot()[Status::rejected] == 2U);
  BOOST_TEST(run->held_refusals() == 0U);
}

BOOST_AUTO_TEST_CASE(a_service_that_refuses_old_requests_is_told_from_one_that_does_not) {
  const Reply refusal{.bytes = http_answer(400, R"({"code":13000102,"msg":"Parameter check failed."})")};
  for (const bool refuses : {true, false}) {
    Fixture fixture;
    ScriptedServer server(refuses ? std::vector<Reply>{refusal} : std::vector<Reply>());
    Gate gate(true);
    fixture.settings.gate = &gate;
    fixture.settings.stale_first_attempt = 16min;
    const auto run = fixture.start(server.url(), Fixture::renames(20));
    fixture.queue->finish();
    BOOST_TEST_REQUIRE(run->wait(long_enough));
    BOOST_TEST_REQUIRE(run->stale_attempt_accepted().has_value());
    BOOST_TEST(*run->stale_attempt_accepted() != refuses);
    BOOST_TEST((gate.first_dated() < WallClock::now() - 15min));
    BOOST_TEST((gate.dated() > WallClock::now() - 15min), "only one is dated so");
    const auto result = run->finish();
    BOOST_TEST(!result.error.has_value());
    BOOST_TEST(fixture.results == 20U);
    BOOST_TEST(server.requests() == (refuses ? 21U : 20U));
  }
}

BOOST_AUTO_TEST_CASE(what_is_left_out_because_of_a_refused_user_is_told) {
  const Workspace workspace;
  const auto tokens = workspace.write("tokens.csv", "user_id,token\n7,a\n8,b\n");
  std::filesystem::permissions(tokens, std::filesystem::perms::owner_read);
  settings.user_tokens = job::read_tokens_file(tokens).value();
  settings.credentials.tokens_file = tokens;
  ScriptedServer server({{.bytes = http_answer(401, "")}});
  const auto run = start(server.url(), {{.folder = 1, .user = "8"}, {.folder = 1, .user = "8"}});
  const auto until = Steady::now() + long_enough;
  while (run->left_out() < 2 && Steady::now() < until) run->wait(10ms);
  feed(renames(8));
  while ((run->left_out() < 3 || results < 7) && Steady::now() < until) run->wait(10ms);
  BOOST_TEST(run->left_out() == 3U, "two of the user's, and one behind them on their folder");
  BOOST_TEST(results == 7U);
  BOOST_TEST(!run->wait(100ms));
  run->interrupt(0ms);
  BOOST_TEST_REQUIRE(run->wait(long_enough));
  const auto result = run->finish();
  BOOST_TEST_REQUIRE(result.error.has_value());
  BOOST_TEST(contains(result.error->message, "refused the tokens of 1 user"), result.error->message);
}

BOOST_AUTO_TEST_CASE(it_can_be_interrupted_while_its_results_fill_the_memory) {
  auto job = renames(1'000);
  for (Rename& rename : job) rename.ref.assign(10'000, 'r');
  ScriptedServer server;
  durability.set_open(false);
  const auto run = start(server.url(), job);
  const auto until = Steady::now() + long_enough;
  // Some 8 MiB.
  while (run->snapshot()[Status::succeeded] < 800 && Steady::now() < until) run->wait(10ms);
  run->wait(300ms);
  BOOST_TEST_REQUIRE(run->snapshot()[Status::succeeded] >= 800U);
  BOOST_TEST_REQUIRE(run->snapshot()[Status::succeeded] < 1'000U, "nothing more is sent");
  run->interrupt(0ms);
  BOOST_TEST(run->wait(20s));
  durability.set_open(true);
}

BOOST_AUTO_TEST_CASE(connections_drop_what_is_not_delivered_only_if_asked_to) {
  for (const bool limited : {false, true}) {
    ScriptedServer server;
    Client client(server.url());
    client.session->close();
    if (limited) client.dialer.delivery_limit = 7s;
    client.run(client.open());
    const auto sockets = sockets_to(server.port());
    BOOST_TEST_REQUIRE(sockets.size() == 1U);
    linger lingering{};
    socklen_t size = sizeof lingering;
    BOOST_TEST_REQUIRE(::getsockopt(sockets[0], SOL_SOCKET, SO_LINGER, &lingering, &size) == 0);
    unsigned timeout = 1;
    size = sizeof timeout;
    BOOST_TEST_REQUIRE(::getsockopt(sockets[0], IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout, &size) == 0);
    BOOST_TEST((lingering.l_onoff != 0) == limited);
    BOOST_TEST(lingering.l_linger == 0);
    BOOST_TEST(timeout == (limited ? 7000U : 0U));
  }
}

BOOST_AUTO_TEST_CASE(a_request_that_is_partly_written_is_withdrawn) {
  for (const auto protocol : protocols) {
    Mute server(protocol);
    Client client(server.url(), protocol);
    client.begin(std::size_t{30} << 20U);
    BOOST_TEST(!client.ended);
    client.session->withdraw();
    client.context.run_for(100ms);
    BOOST_TEST(client.ended);
    BOOST_TEST((client.exchange.answer.delivery == http::Delivery::lost));
    BOOST_TEST(!client.session->is_open());
  }
}

BOOST_AUTO_TEST_CASE(a_request_that_has_arrived_is_not) {
  for (const auto protocol : protocols) {
    Mute server(protocol);
    Client client(server.url(), protocol);
    client.begin(100);
    client.session->withdraw();
    client.context.run_for(100ms);
    BOOST_TEST(!client.ended);
    BOOST_TEST(client.session->is_open());
    client.session->close();
    client.context.run_for(100ms);
    BOOST_TEST(client.ended);
  }
}

BOOST_AUTO_TEST_SUITE_END()
