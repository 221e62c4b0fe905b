#include "fault_gate.hpp"

#include "koobatch/http/endpoint.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace koobatch::test {
namespace {

namespace asio = net::asio;
using boost::system::error_code;

asio::ip::tcp::endpoint address_of(const std::string& url) {
  const auto endpoint = http::parse_endpoint(url).value();
  return {asio::ip::make_address(endpoint.host), static_cast<std::uint16_t>(std::stoi(endpoint.port))};
}

}  // namespace

/// One connection on its way through the gate.
struct FaultGate::Tunnel {
  LoopbackServer::SocketPtr client;
  LoopbackServer::SocketPtr service;
  Script script;
  std::array<std::size_t, 2> of_exchange{};  ///< bytes of each side in the current exchange
  std::size_t exchange = 0;
  std::size_t towards_fault = 0;  ///< bytes passed on that count towards the fault
  bool answering = false;         ///< a byte of the answer has arrived
  bool struck = false;
  bool silent = false;

  net::Socket& from(Side side) const { return side == Side::request ? *client : *service; }
  net::Socket& to(Side side) const { return side == Side::request ? *service : *client; }
  const Shape& shape(Side side) const { return side == Side::request ? script.requests : script.answers; }
  bool fault_ahead(Side side) const {
    const Fault& fault = script.fault;
    return fault.kind != Fault::Kind::none && !struck && fault.side == side && exchange >= fault.exchange;
  }
  void close() const {
    error_code ignored;
    client->close(ignored);
    service->close(ignored);
  }
};

FaultGate::FaultGate(const std::string& url, Plan plan, const asio::ip::tcp::endpoint& at)
    : service_(address_of(url)),
      plan_(std::move(plan)),
      server_([this](LoopbackServer::SocketPtr client, std::size_t number) { return serve(std::move(client), number); },
              at) {}

void FaultGate::set(Plan plan) {
  const std::lock_guard guard(mutex_);
  plan_ = std::move(plan);
}

void FaultGate::redirect(const std::string& url) {
  server_.close_connections([&] { service_ = address_of(url); });
}

Script FaultGate::script_for(std::size_t number) {
  const std::lock_guard guard(mutex_);
  return plan_ ? plan_(number) : Script{};
}

net::Awaitable<void> FaultGate::serve(LoopbackServer::SocketPtr client, std::size_t number) {
  const auto tunnel = std::make_shared<Tunnel>();
  tunnel->script = script_for(number);
  tunnel->client = std::move(client);
  tunnel->service = server_.make_socket();
  const auto [error] = co_await tunnel->service->async_connect(service_, net::as_result);
  if (error) {
    tunnel->close();
    co_return;
  }
  error_code ignored;
  tunnel->service->set_option(asio::ip::tcp::no_delay(true), ignored);
  asio::co_spawn(server_.context(), pump(tunnel, Side::answer), [](const std::exception_ptr& exception) {
    if (exception) std::rethrow_exception(exception);  // a bug in the test: terminate
  });
  co_await pump(tunnel, Side::request);
}

net::Awaitable<void> FaultGate::pump(TunnelPtr tunnel, Side side) {
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    const auto [error, size] = co_await tunnel->from(side).async_read_some(asio::buffer(buffer), net::as_result);
    if (error) break;
    if (tunnel->silent) continue;
    if (side == Side::request && std::exchange(tunnel->answering, false)) {
      if (tunnel->struck) break;
      ++tunnel->exchange;
      tunnel->of_exchange = {};
    }
    if (side == Side::answer) tunnel->answering = true;
    const bool begins = side == Side::request && tunnel->of_exchange[0] == 0;
    if (begins && tunnel->script.before) tunnel->script.before(tunnel->exchange);
    std::string bytes(buffer.data(), size);
    const bool open = co_await pass_on(tunnel, side, std::move(bytes));
    if (!open) break;
  }
  tunnel->close();
}

/// Passes on what the fault leaves of `bytes`. Returns whether the connection stays open.
net::Awaitable<bool> FaultGate::pass_on(TunnelPtr tunnel, Side side, std::string bytes) {
  const Fault& fault = tunnel->script.fault;
  bool strikes = false;
  if (tunnel->fault_ahead(side)) {
    const std::size_t left = fault.after - tunnel->towards_fault;
    const bool corrupts = fault.kind == Fault::Kind::corrupt;
    strikes = corrupts ? bytes.size() > left : bytes.size() >= left;
    if (strikes && corrupts) bytes[left] = static_cast<char>(bytes[left] ^ 0x80);
    if (strikes && !corrupts) bytes.resize(left);
    tunnel->towards_fault += bytes.size();
  }
  count(*tunnel, side, bytes.size());
  const Shape& shape = tunnel->shape(side);
  if (shape.delay.count() != 0) co_await pause(server_.context(), shape.delay);
  const std::size_t piece = shape.single_bytes ? 1 : bytes.size();
  for (std::size_t from = 0; from < bytes.size(); from += piece) {
    const bool sent = co_await write_all(tunnel->to(side), std::string_view(bytes).substr(from, piece));
    if (!sent) co_return false;
  }
  if (shape.bytes_per_second != 0) {
    co_await pause(server_.context(), std::chrono::microseconds(bytes.size() * 1'000'000 / shape.bytes_per_second));
  }
  if (strikes) strike(*tunnel);
  co_return true;
}

void FaultGate::strike(Tunnel& tunnel) {
  tunnel.struck = true;
  ++struck_;
  switch (tunnel.script.fault.kind) {
    case Fault::Kind::none:
    case Fault::Kind::corrupt:
      break;
    case Fault::Kind::close:
      tunnel.close();
      break;
    case Fault::Kind::reset:
      reset(*tunnel.client);
      tunnel.close();
      break;
    case Fault::Kind::black_hole:
      tunnel.silent = true;
      break;
  }
}

void FaultGate::count(Tunnel& tunnel, Side side, std::size_t bytes) {
  const auto index = static_cast<std::size_t>(side);
  tunnel.of_exchange[index] += bytes;
  auto& longest = longest_[index];
  longest = std::max<std::size_t>(longest, tunnel.of_exchange[index]);
}

}  // namespace koobatch::test
