#include "engine/lines.hpp"

#include <utility>

namespace koobatch::engine {

Lines::Lines(net::asio::io_context& context, net::Dialer& dialer, IdleSlots& idle, const LineCounts& counts)
    : idle_(idle), counts_(counts) {
  for (std::size_t i = 0; i < counts.connections; ++i) {
    connections_.push_back(std::make_unique<Connection>());
    Connection& connection = *connections_.back();
    connection.session = net::make_session(context, dialer);
    connection.index = i;
    connection.lines.push_back(std::make_unique<Line>(connection));
  }
}

Lines::~Lines() = default;

void Lines::start(std::function<void(Line&)> start) {
  start_ = std::move(start);
  for (const auto& connection : connections_) start_(*connection->lines.front());
}

void Lines::add_line(Connection& connection) {
  connection.lines.push_back(std::make_unique<Line>(connection));
  start_(*connection.lines.back());
}

void Lines::open_ended(Connection& connection, net::Session::Opened opened) {
  // Another node may answer.
  for (const auto& line : connection.lines) line->sent.node = {};
  idle_.readmit(connection.full);
  if (opened != net::Session::Opened::yes) return;
  http2_ = connection.session->is_http2();
  if (!http2_) {
    idle_.readmit(spare_);
    return;
  }
  connection.lines.reserve(counts_.streams);
  while (connection.lines.size() < counts_.streams) add_line(connection);
}

void Lines::readmit() {
  idle_.readmit(spare_);
  for (const auto& connection : connections_) idle_.readmit(connection->full);
}

void Lines::withdraw() {
  for (const auto& connection : connections_) connection->session->withdraw();
}

void Lines::close() {
  for (const auto& connection : connections_) connection->session->close();
}

}  // namespace koobatch::engine
