#pragma once
#include "sim/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <array>

namespace koobatch::sim {

/// How every operation is awaited: with a fixed executor type, and with errors as values.
constexpr auto use_task = boost::asio::as_tuple(boost::asio::use_awaitable_t<Executor>{});

/// Discards what the client sends, until it disconnects.
template <class Stream>
Task<> wait_for_departure(Stream& stream) {
  std::array<char, 4096> ignored;
  for (;;) {
    const auto [error, bytes] = co_await stream.async_read_some(boost::asio::buffer(ignored), use_task);
    if (error) co_return;
  }
}

}  // namespace koobatch::sim
