#include "koobatch/sim/simulator.hpp"

#include "koobatch/job/tokens_file.hpp"
#include "sim/items_file.hpp"
#include "sim/made_up_items.hpp"
#include "sim/node_clocks.hpp"
#include "sim/server.hpp"

#include <fmt/format.h>
#include <boost/asio/post.hpp>

#include <csignal>
#include <thread>

namespace koobatch::sim {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using tcp = asio::ip::tcp;

Result<void> check(const SimulatorSettings& s) {
  if (s.certificate.empty() != s.key.empty()) {
    return usage_error("simulator: TLS needs both a certificate and its key; only one of them is given");
  }
  if (s.latency < Duration::zero() || s.jitter < Duration::zero()) {
    return usage_error("simulator: latency and jitter must not be negative");
  }
  if (!(s.throttle_per_user >= 0)) {
    return usage_error("simulator: the throttle must be a number of requests a second, 0 for none");
  }
  if (!s.items_file.empty() && s.made_up_items) {
    return usage_error("simulator: its items are either made up or from a file");
  }
  if (!s.list_faults.empty() && !s.has_items()) {
    return usage_error("simulator: a list= fault needs items; without them, there are no lists");
  }
  if (auto checked = check_clock_faults(s.clock_faults); !checked) return checked;
  return check_faults(s.faults);
}

/// Chooses HTTP/2 if the client offers it, else HTTP/1.1.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  constexpr std::string_view known("\x02h2\x08http/1.1");
  unsigned char* found = nullptr;
  const int result = SSL_select_next_proto(&found, size, reinterpret_cast<const unsigned char*>(known.data()),
                                           static_cast<unsigned>(known.size()), offered, offered_size);
  *chosen = found;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_NOACK;
}

Result<std::unique_ptr<ssl::context>> make_tls(const SimulatorSettings& s) {
  if (s.certificate.empty()) return std::unique_ptr<ssl::context>();
  auto context = std::make_unique<ssl::context>(ssl::context::tls_server);
  context->set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1);
  SSL_CTX_set_alpn_select_cb(context->native_handle(), &choose_protocol, nullptr);
  boost::system::error_code error;
  if (context->use_certificate_chain_file(s.certificate.string(), error); error) {
    return usage_error(fmt::format("{}: cannot be used as the simulator's certificate (PEM): {}",
                                   s.certificate.string(), error.message()));
  }
  if (context->use_private_key_file(s.key.string(), ssl::context::pem, error); error) {
    return usage_error(fmt::format("{}: cannot be used as the key (PEM) of the certificate {}: {}", s.key.string(),
                                   s.certificate.string(), error.message()));
  }
  return context;
}

Result<Acceptor> listen(asio::io_context& io, std::uint16_t port) {
  Acceptor acceptor(io);
  const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  // So that connections of an earlier run that are in TIME_WAIT do not block its port.
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (!error) return acceptor;
  return usage_error(
      fmt::format("simulator: cannot listen on 127.0.0.1:{}: {}; choose another port, or 0 for any free one", port,
                  error.message()));
}

/// What the service begins with.
struct Values {
  std::optional<Items> items;  ///< nothing: it has none
  State others;
};

Result<Values> make_values(const SimulatorSettings& s) {
  Values values;
  if (!s.has_items()) return values;
  values.items.emplace();
  if (s.made_up_items) {
    make_up_items(*s.made_up_items, s.seed, *values.items);
  } else if (auto loaded = load_items(s.items_file, *values.items, values.others); !loaded) {
    return loaded.error();
  }
  return values;
}

/// Starts a thread that receives no signals: they are for the threads that existed before.
template <class Function>
std::thread start_thread(Function function) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(function));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

struct Simulator::Impl {
  Impl(const SimulatorSettings& settings, RequestLog log, std::unique_ptr<ssl::context> tls_context,
       std::shared_ptr<const auth::UserTokens> tokens, Values values)
      : tls(std::move(tls_context)),
        simulation(settings, std::move(log), {Steady::now(), WallClock::now()}, std::move(tokens),
                   std::move(values.items), std::move(values.others)) {}

  ~Impl() {
    if (!thread.joinable()) return;
    asio::post(io, [this] { server->stop(); });
    // run() returns when the last coroutine has ended, so that the io_context has nothing left to destroy.
    thread.join();
  }

  void start(Acceptor acceptor, std::string address) {
    url = std::move(address);
    server.emplace(io, std::move(acceptor), tls.get(), simulation);
    server->start();
    thread = start_thread([this] { io.run(); });
  }

  // In order of dependence: the thread is destroyed first, the io_context last.
  asio::io_context io{1};
  std::unique_ptr<ssl::context> tls;
  Simulation simulation;
  std::optional<Server> server;
  std::string url;
  std::thread thread;
};

Result<void> add_fault(std::string_view text, SimulatorSettings& settings) {
  if (is_clock_fault(text)) {
    auto fault = parse_clock_fault(text);
    if (!fault) return fault.error();
    settings.clock_faults.push_back(*fault);
    return {};
  }
  if (is_list_fault(text)) {
    auto fault = parse_list_fault(text);
    if (!fault) return fault.error();
    settings.list_faults.push_back(*fault);
    return {};
  }
  auto fault = parse_fault(text);
  if (!fault) return fault.error();
  settings.faults.push_back(*fault);
  return {};
}

Simulator::Simulator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Simulator::~Simulator() = default;
const std::string& Simulator::url() const {
  return impl_->url;
}

Result<std::unique_ptr<Simulator>> Simulator::start(const SimulatorSettings& settings) {
  if (auto checked = check(settings); !checked) return checked.error();
  auto tls = make_tls(settings);
  if (!tls) return tls.error();
  RequestLog log;
  if (!settings.log.empty()) {
    auto opened = RequestLog::open(settings.log);
    if (!opened) return opened.error();
    log = std::move(*opened);
  }
  std::shared_ptr<const auth::UserTokens> tokens;
  if (!settings.tokens_file.empty()) {
    auto read = job::read_tokens_file(settings.tokens_file);
    if (!read) return read.error();
    tokens = std::move(*read);
  }
  auto values = make_values(settings);
  if (!values) return values.error();
  const char* const scheme = *tls ? "https" : "http";
  auto impl = std::make_unique<Impl>(settings, std::move(log), std::move(*tls), std::move(tokens), std::move(*values));
  auto acceptor = listen(impl->io, settings.port);
  if (!acceptor) return acceptor.error();
  const auto port = acceptor->local_endpoint().port();
  impl->start(std::move(*acceptor), fmt::format("{}://127.0.0.1:{}", scheme, port));
  return std::unique_ptr<Simulator>(new Simulator(std::move(impl)));
}

}  // namespace koobatch::sim
