#include "koobatch/engine/dialer.hpp"

namespace koobatch::engine {

net::Dialer make_dialer(const RunSettings& settings, net::asio::ssl::context* tls, net::DeadlineQueue& deadlines,
                        net::Turns& turns) {
  net::Dialer dialer;
  dialer.endpoint = settings.endpoint;
  dialer.proxy = settings.proxy;
  dialer.tls = tls;
  dialer.connect_timeout = settings.connect_timeout;
  dialer.exchange_timeout = settings.timeout;
  dialer.deadlines = &deadlines;
  dialer.turns = &turns;
  return dialer;
}

}  // namespace koobatch::engine
