#pragma once
#include "koobatch/engine/settings.hpp"
#include "koobatch/net/connection.hpp"
#include "koobatch/net/deadline_queue.hpp"
#include "koobatch/net/tls.hpp"

namespace koobatch::engine {

/// How a run's connections reach the service. `tls` (null: plain TCP), `deadlines` and `turns` must outlive the
/// dialer.
net::Dialer make_dialer(const RunSettings& settings, net::asio::ssl::context* tls, net::DeadlineQueue& deadlines,
                        net::Turns& turns);

}  // namespace koobatch::engine
