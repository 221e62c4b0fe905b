#include "engine/wire.hpp"

#include <boost/system/system_error.hpp>

#include <system_error>

namespace koobatch::engine {

net::Dialer make_dialer(const RunSettings& settings, net::asio::ssl::context* tls, net::DeadlineTimer& deadlines,
                        net::Turns& turns) {
  net::Dialer dialer;
  dialer.endpoint = settings.endpoint;
  dialer.proxy = settings.proxy;
  dialer.tls = tls;
  dialer.http = settings.http;
  dialer.streams = settings.streams;
  dialer.connect_timeout = settings.connect_timeout;
  dialer.exchange_timeout = settings.timeout;
  dialer.gate = settings.gate;
  dialer.delivery_limit = settings.delivery_limit;
  dialer.deadlines = &deadlines;
  dialer.turns = &turns;
  return dialer;
}

void start_resolver(net::asio::io_context& context) {
  const auto numeric = net::Resolver::numeric_host | net::Resolver::numeric_service;
  try {
    // Nobody needs the answer.
    net::Resolver(context).async_resolve("127.0.0.1", "0", numeric,
                                         [](const auto& /*error*/, const auto& /*found*/) {});
  } catch (const boost::system::system_error& error) {
    throw std::system_error(error.code());
  }
}

}  // namespace koobatch::engine
