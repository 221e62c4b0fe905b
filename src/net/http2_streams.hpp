#pragma once
#include "koobatch/core/wiping_allocator.hpp"
#include "koobatch/http/answer.hpp"
#include "koobatch/net/exchange.hpp"
#include "net/http2_fields.hpp"

#include <nghttp2/nghttp2.h>

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::net {

/// One exchange on an HTTP/2 connection. From Http2Streams::submit() until it is among the finished ones, neither it
/// nor its exchange may be moved or changed.
struct Http2Stream {
  /// What the header fields that are being read belong to.
  enum class Block : std::uint8_t { unknown, interim, final, trailers };

  static constexpr std::uint64_t no_offset = std::numeric_limits<std::uint64_t>::max();

  Exchange* exchange = nullptr;
  std::int32_t id = 0;
  std::uint64_t offset = no_offset;  ///< of its first byte in the connection's output
  std::size_t body_sent = 0;
  std::size_t header_bytes = 0;  ///< of its answer, interim ones included
  std::size_t place = 0;         ///< among those in flight
  Block block = Block::unknown;
  bool begun = false;             ///< something of an answer was seen
  bool final = false;             ///< the final answer's status was seen
  bool answered = false;          ///< the answer is complete
  bool reset_by_peer = false;     ///< with `reset_code`
  const char* refused = nullptr;  ///< why we do not want the rest of its answer
  std::uint32_t reset_code = 0;
};

/// HTTP/2 on one connection, without its socket: what to send, and which exchanges have finished how. Pure: no I/O and
/// no clock.
///
/// An exchange that fails is either certainly not applied (not one of its bytes was handed to the socket, or the peer
/// said with GOAWAY that it had not read it), or it may have been: RST_STREAM REFUSED_STREAM is no proof, because
/// proxies send it for requests that they had passed on. Failures with one cause count once: all but the first are
/// companions.
class Http2Streams {
 public:
  /// So many exchanges may be given up because of their deadlines before the connection is drained: servers punish
  /// clients that reset streams often.
  static constexpr unsigned max_resets = 8;

  /// `most`: the maximum number of exchanges in flight. `first_id`: of the first stream; odd.
  Http2Streams(const http::Endpoint& endpoint, std::size_t most, std::int32_t first_id = 1);
  ~Http2Streams();
  Http2Streams(const Http2Streams&) = delete;
  Http2Streams& operator=(const Http2Streams&) = delete;

  /// Whether the peer's SETTINGS have arrived. Before that nothing may be submitted.
  bool ready() const { return ready_; }
  /// How many more exchanges may be submitted now.
  std::size_t capacity() const;
  std::size_t in_flight() const { return live_.size(); }
  /// Whether anything of an exchange in flight was not handed to the socket yet.
  bool has_unsent() const;
  /// Whether nothing may be submitted any more; what is in flight continues.
  bool draining() const { return draining_ || broken_; }
  /// Whether the connection must be closed: nothing is in flight any more, and nothing can be.
  bool broken() const { return broken_; }
  /// Why it is broken or draining, for people; empty: it is neither.
  const std::string& why() const { return why_; }
  /// Whether the peer demands HTTP/1.1, or speaks nothing else.
  bool wants_http1() const { return wants_http1_; }
  /// Whether the peer's first bytes were those of an HTTP/1 answer. Precondition: broken().
  bool speaks_http1() const;
  /// The number of frames received that brought an answer further.
  std::uint64_t progress() const { return progress_; }

  /// Begins an exchange. Precondition: capacity() != 0.
  void submit(Http2Stream& stream, Exchange& exchange);
  /// Handles bytes from the peer.
  void receive(std::string_view bytes);
  /// Handles the end of the connection: everything in flight fails with `error`.
  void end(const std::string& error);
  /// Gives up on the connection, because the peer seems to be dead: everything in flight fails with `error`.
  void give_up(const std::string& error);
  /// Gives up on one exchange, because its time is over. The peer is alive.
  void expire(Http2Stream& stream, const std::string& error);
  /// Accepts no more exchanges.
  void drain(std::string why);
  /// Asks the peer for a sign of life.
  void ping();
  /// Tells the peer that we leave.
  void say_goodbye();

  /// The bytes to send. Valid until the next call of another function.
  std::string_view output();
  /// Reports that so many bytes of output() were handed to the socket.
  void handed(std::size_t count);

  /// The streams that have finished since the last call: the answers of their exchanges are complete.
  std::vector<Http2Stream*>& finished() { return finished_; }

 private:
  struct Free {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };
  struct Callbacks;  ///< nghttp2's
  friend const nghttp2_session_callbacks* http2_callbacks();

  void serialise();
  void give_back_answered();
  void settle_connection(const std::string& error, bool peer_broke);
  void settle(Http2Stream& stream, http::Delivery delivery, std::string error, bool companion = false);
  void settle_unread(Http2Stream& stream, const std::string& error);
  void closed(Http2Stream& stream, std::uint32_t code);
  void settle_reset(Http2Stream& stream);
  void settle_above_goaway(Http2Stream& stream);
  bool next_companion();
  void break_off(std::string why);
  void goaway_received(const nghttp2_goaway& frame);
  void reset_received(std::int32_t id, std::uint32_t code);
  void answer_ended(Http2Stream& stream);
  void headers_ended(Http2Stream& stream);
  bool take_field(Http2Stream& stream, std::string_view name, std::string_view value);
  void take_body(Http2Stream& stream, std::string_view bytes);
  bool is_impossible(const Http2Stream& stream);
  bool never_left(const Http2Stream& stream) const { return stream.offset >= handed_; }
  Http2Stream* find(std::int32_t id) const;

  std::unique_ptr<nghttp2_session, Free> session_;
  Http2Fields fields_;
  const std::size_t most_;
  std::vector<Http2Stream*> live_;
  std::vector<Http2Stream*> finished_;
  Http2Stream* reading_ = nullptr;      ///< whose header fields are being read, if it is in flight
  std::vector<std::int32_t> to_reset_;  ///< ids of streams to be reset once nghttp2 has returned

  WipedBytes out_;  ///< not handed to the socket yet, from out_begin_
  std::size_t out_begin_ = 0;
  std::uint64_t serialised_ = 0;  ///< bytes ever appended to out_
  std::uint64_t handed_ = 0;      ///< of these, bytes handed to the socket

  std::string why_;
  std::string first_bytes_;  ///< of the peer
  std::uint64_t progress_ = 0;
  unsigned resets_ = 0;
  std::int64_t goaway_id_ = std::numeric_limits<std::int64_t>::max();  ///< the last stream the peer has read
  std::uint32_t goaway_code_ = NGHTTP2_NO_ERROR;
  bool ready_ = false;
  bool draining_ = false;
  bool broken_ = false;
  bool answered_any_ = false;  ///< the connection has brought a complete answer
  bool wants_http1_ = false;
  bool failure_told_ = false;  ///< whether an exchange has reported the connection's failure
};

}  // namespace koobatch::net
