#include "koobatch/observe/metrics_server.hpp"

#include "koobatch/core/spelling.hpp"

#include <fmt/format.h>
#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include <charconv>
#include <chrono>
#include <exception>
#include <future>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace koobatch::observe {
namespace {

using boost::asio::ip::tcp;
using namespace std::chrono_literals;

constexpr std::string_view other_port = "choose another port, or 0 for any";
constexpr std::string_view own_address = "choose an address of this machine, e.g. 127.0.0.1, or 0.0.0.0 for all";

std::optional<std::uint16_t> port_of(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return port;
}

std::optional<tcp::endpoint> parse(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto port = port_of(text.substr(colon + 1));
  boost::system::error_code bad;
  const auto address = boost::asio::ip::make_address(std::string(host), bad);
  if (!port || bad || address.is_v6() != bracketed) return std::nullopt;
  return tcp::endpoint(address, *port);
}

std::string to_text(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return endpoint.address().is_v6() ? fmt::format("[{}]:{}", host, endpoint.port())
                                    : fmt::format("{}:{}", host, endpoint.port());
}

/// The exposer does not say why it cannot listen, so this tries beforehand.
boost::system::error_code try_to_listen(const tcp::endpoint& endpoint) {
  boost::asio::io_context context;
  tcp::acceptor acceptor(context);
  boost::system::error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(1, error);
  return error;
}

Error cannot_listen(const std::string& address, const std::string& why, std::string_view advice = other_port) {
  return usage_error(
      fmt::format("{}: cannot listen there: {}; {}", spell(SettingName::metrics_addr, address), why, advice));
}

std::vector<std::string> exposer_options(const tcp::endpoint& endpoint) {
  const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(MetricsServer::patience);
  return {"listening_ports",    to_text(endpoint),
          "num_threads",        std::to_string(MetricsServer::threads),
          "connection_queue",   "1",
          "request_timeout_ms", std::to_string(patience.count())};
}

class Source final : public prometheus::Collectable {
 public:
  explicit Source(MetricsServer::Read read) : read_(std::move(read)) {}
  std::vector<prometheus::MetricFamily> Collect() const override { return metric_families(read_()); }

 private:
  const MetricsServer::Read read_;
};

}  // namespace

struct MetricsServer::Impl {
  std::shared_ptr<Source> source;
  std::unique_ptr<prometheus::Exposer> exposer;
  tcp::endpoint endpoint;
  std::string url;
};

Result<void> check_metrics_address(std::string_view text) {
  if (parse(text)) return {};
  return usage_error("must be an address and a port to listen on, e.g. 127.0.0.1:9464; port 0 is any free one");
}

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(const std::string& address, Read read) {
  auto endpoint = parse(address);
  if (!endpoint) return cannot_listen(address, "not an address and a port");
  if (const auto error = try_to_listen(*endpoint)) {
    const bool foreign = error == boost::system::errc::address_not_available;
    return cannot_listen(address, error.message(), foreign ? own_address : other_port);
  }
  auto impl = std::make_unique<Impl>();
  impl->source = std::make_shared<Source>(std::move(read));
  try {
    impl->exposer = std::make_unique<prometheus::Exposer>(exposer_options(*endpoint));
  } catch (const std::exception& error) {
    return cannot_listen(address, error.what());
  }
  endpoint->port(static_cast<std::uint16_t>(impl->exposer->GetListeningPorts().front()));
  impl->endpoint = *endpoint;
  impl->url = fmt::format("http://{}/metrics", to_text(*endpoint));
  impl->exposer->RegisterCollectable(impl->source);
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
}

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

MetricsServer::~MetricsServer() {
  // The listening thread takes up to two seconds to notice that it must end, unless a client connects.
  const auto ended = std::async(std::launch::async, [this] { impl_->exposer.reset(); });
  while (ended.wait_for(5ms) != std::future_status::ready) {
    boost::asio::io_context context;
    boost::system::error_code ignored;
    tcp::socket(context).connect(impl_->endpoint, ignored);
  }
}

const std::string& MetricsServer::url() const {
  return impl_->url;
}

}  // namespace koobatch::observe
