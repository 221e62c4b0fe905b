// Any frames as what a server sends on an HTTP/2 connection, in between what its client does.
#include "http2_peer.hpp"
#include "oracle.hpp"

#include "koobatch/http/answer_field.hpp"
#include "koobatch/http/response_reader.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace koobatch;
using namespace http2;
using fuzz::must;
using http::Delivery;

constexpr std::size_t most_submitted = 64;
constexpr std::size_t frame_header_size = 9;
/// What a client may have to say at once, beside requests: acknowledgements and resets.
constexpr std::size_t most_output = std::size_t{1} << 20;

// What happens -----------------------------------------------------------------------------------------------------

struct Step {
  enum class Kind { receive, submit, expire, hand_one, end, give_up, drain, ping };
  Kind kind = Kind::receive;
  std::string bytes{};  ///< received
  bool hold = false;    ///< what is submitted is not handed to the socket until something else is
  std::size_t number = 0;
};

/// Takes an input apart, so that its bytes mean something: mostly frames, whose lengths are right.
class Script {
 public:
  explicit Script(std::string_view input) : rest_(input) {
    const unsigned settings = byte();
    // Hardly anything would get past the first check otherwise.
    if (settings % 8 != 7) steps_.push_back({.bytes = first_frames(settings)});
    while (!rest_.empty()) read_step();
  }
  const std::vector<Step>& steps() const { return steps_; }

 private:
  static constexpr unsigned big = 0xff;
  static constexpr int most_big = 8;

  unsigned byte() {
    if (rest_.empty()) return 0;
    const auto value = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    return value;
  }
  std::string text(std::size_t size) {
    const std::string taken(rest_.substr(0, size));
    rest_.remove_prefix(taken.size());
    return taken;
  }
  static std::string first_frames(unsigned settings) {
    std::string values;
    if (settings & 8U) values += setting(max_concurrent_streams, settings / 16);
    if (settings % 8 == 6) values += setting(initial_window_size, settings / 16);
    return frame(http2::settings, none, 0, values) + frame(http2::settings, ack, 0);
  }
  std::string read_frame(unsigned type) {
    const unsigned flags = byte();
    const unsigned id = byte();
    const unsigned size = byte();
    // A few bytes stand for a large frame, so that small inputs reach the limits.
    std::string payload = size == big && big_++ < most_big ? std::string(16 * 1024, 'x') : text(size);
    return frame(static_cast<Type>(type), flags, id < 0xf0 ? id : max_id - (id - 0xf0), payload);
  }
  void read_step() {
    const unsigned op = byte() % 16;
    switch (op) {
      case 10:
        steps_.push_back({.bytes = text(byte())});
        return;
      case 11:
      case 12:
        steps_.push_back({.kind = Step::Kind::submit, .hold = op == 12, .number = byte() % 64});
        return;
      case 13:
        steps_.push_back({.kind = Step::Kind::expire, .number = byte()});
        return;
      case 14:
        steps_.push_back({.kind = Step::Kind::hand_one});
        return;
      case 15: {
        constexpr Step::Kind kinds[] = {Step::Kind::ping, Step::Kind::drain, Step::Kind::end, Step::Kind::give_up};
        steps_.push_back({.kind = kinds[byte() % 4]});
        return;
      }
      default:
        steps_.push_back({.bytes = read_frame(op)});
    }
  }

  std::string_view rest_;
  std::vector<Step> steps_;
  int big_ = 0;
};

// What a server said, by another reader ----------------------------------------------------------------------------

struct Said {
  bool ended = false;  ///< END_STREAM
  bool headers = false;
  std::string body;
};

std::uint32_t number_in(std::string_view bytes) {
  std::uint32_t number = 0;
  for (const char byte : bytes) number = number << 8U | static_cast<unsigned char>(byte);
  return number;
}

/// Calls `each` with offset, type, flags, stream and payload of every whole frame.
template <class Each>
void for_each_frame(std::string_view bytes, Each each) {
  for (std::size_t offset = 0; bytes.size() - offset >= frame_header_size;) {
    const auto at = [&](std::size_t from, std::size_t size) { return bytes.substr(offset + from, size); };
    const std::size_t size = number_in(at(0, 3));
    if (bytes.size() - offset < frame_header_size + size) return;
    each(offset, number_in(at(3, 1)), number_in(at(4, 1)), number_in(at(5, 4)) & max_id, at(frame_header_size, size));
    offset += frame_header_size + size;
  }
}

/// Reads frames as far as it must to know what can be certain at most.
struct Transcript {
  explicit Transcript(std::string_view bytes) {
    for_each_frame(bytes, [&](std::size_t, std::uint32_t type, std::uint32_t flags, std::uint32_t id,
                              std::string_view payload) { read(type, flags, id, payload); });
  }

  std::map<std::uint32_t, Said> streams;
  std::vector<std::uint32_t> last_ids;  ///< of GOAWAY frames

 private:
  void read(std::uint32_t type, std::uint32_t flags, std::uint32_t id, std::string_view payload) {
    if (type == goaway && payload.size() >= 8) last_ids.push_back(number_in(payload.substr(0, 4)) & max_id);
    if (type != headers && type != data) return;
    Said& said = streams[id];
    if (said.ended) return;
    said.headers |= type == headers;
    said.ended = (flags & end_stream) != 0;
    if (type != data) return;
    if ((flags & padded) != 0 && !payload.empty()) {
      const std::size_t padding = static_cast<unsigned char>(payload.front());
      payload.remove_prefix(1);
      payload.remove_suffix(std::min(padding, payload.size()));
    }
    said.body += payload;
  }
};

// The client -------------------------------------------------------------------------------------------------------

struct Played {
  Client client;
  std::set<const net::Exchange*> expired;
  std::set<const net::Exchange*> told;  ///< how they ended was said
  std::string received;
  std::set<std::uint32_t> left;  ///< ids of requests of which a byte was handed to the socket
  bool holds = false;            ///< what is to be sent is not handed to the socket
};

constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Hands so many bytes of the output to the socket.
void hand(Played& played, std::size_t count) {
  auto& client = played.client;
  const std::string_view output = client.streams.output();
  const std::string all = client.output + std::string(output);
  client.output += output.substr(0, count);
  client.streams.handed(count);
  for_each_frame(std::string_view(all).substr(std::min(preface.size(), all.size())),
                 [&](std::size_t offset, std::uint32_t type, std::uint32_t, std::uint32_t id, std::string_view) {
                   if (type == headers && preface.size() + offset < client.output.size()) played.left.insert(id);
                 });
}

void hand_over(Played& played) {
  played.holds = false;
  if (const std::size_t size = played.client.streams.output().size(); size != 0) hand(played, size);
}

std::uint32_t id_of(const Played& played, std::size_t number) {
  return static_cast<std::uint32_t>(played.client.records[number].id);
}

bool is_live(const Played& played, const net::Exchange& exchange) {
  return !played.told.contains(&exchange);
}

void take_finished(Played& played) {
  for (const auto* stream : played.client.streams.finished()) {
    must(played.told.insert(stream->exchange).second, "an exchange ends once");
  }
  played.client.streams.finished().clear();
  must(played.told.size() + played.client.streams.in_flight() == played.client.exchanges.size(),
       "every exchange is in flight or has ended");
}

void expire(Played& played, std::size_t number) {
  std::vector<std::size_t> live;
  for (std::size_t i = 0; i < played.client.exchanges.size(); ++i) {
    if (is_live(played, played.client.exchanges[i])) live.push_back(i);
  }
  if (live.empty()) return;
  const std::size_t chosen = live[number % live.size()];
  played.expired.insert(&played.client.exchanges[chosen]);
  played.client.streams.expire(played.client.records[chosen], "no answer in time");
}

void take(Played& played, const Step& step) {
  auto& streams = played.client.streams;
  switch (step.kind) {
    case Step::Kind::receive:
      played.received += step.bytes;
      played.client.receive(step.bytes);
      break;
    case Step::Kind::submit:
      if (streams.capacity() == 0 || played.client.exchanges.size() == most_submitted) return;
      played.client.send(std::string(step.number, 'b'), false);
      played.holds = step.hold;
      break;
    case Step::Kind::expire:
      expire(played, step.number);
      break;
    case Step::Kind::hand_one:
      if (streams.output().empty()) return;
      hand(played, 1);
      played.holds = true;
      break;
    case Step::Kind::end:
      streams.end("the connection was closed");
      break;
    case Step::Kind::give_up:
      streams.give_up("no sign of life");
      break;
    case Step::Kind::drain:
      streams.drain("another is opened");
      break;
    case Step::Kind::ping:
      streams.ping();
      break;
  }
  take_finished(played);
  must(streams.output().size() <= most_output, "what is to be sent is bounded");
  if (!played.holds) hand_over(played);
  must(!streams.broken() || streams.in_flight() == 0, "nothing is in flight on a broken connection");
  must(!streams.draining() || streams.capacity() == 0, "nothing begins on a connection that is drained");
  must(!streams.draining() || !streams.why().empty(), "there is a reason");
}

/// Whether the connection is to be closed.
bool is_over(const Played& played) {
  const auto& streams = played.client.streams;
  return streams.broken() || (streams.draining() && streams.in_flight() == 0);
}

void play(const Script& script, bool in_pieces, Played& played) {
  played.client.in_pieces = in_pieces;
  hand_over(played);
  for (const Step& step : script.steps()) {
    if (is_over(played)) return;
    take(played, step);
  }
}

// What must hold ---------------------------------------------------------------------------------------------------

bool is_harmless(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c != '\x7f'; });
}

void check_answered(const http::Answer& answer, const Transcript& transcript, std::uint32_t id) {
  const auto said = transcript.streams.find(id);
  must(said != transcript.streams.end() && said->second.headers && said->second.ended,
       "only a whole answer is an answer");
  must(answer.body == said->second.body, "the body is that of the stream");
  must(answer.http >= 200, "an interim answer is none");
  must(answer.body.size() <= http::max_body_bytes, "the body is bounded");
  must(answer.date.size() + answer.retry_after.size() + answer.location.size() + answer.content_type.size() <=
           http::max_header_bytes,
       "the header is bounded");
  must(answer.rate_limits.size() <= http::max_rate_limit_bytes, "what is kept of rate limits is bounded");
}

void check_certainty(const Played& played) {
  const Transcript transcript(played.received);
  bool failed = false, first_cause = false;
  for (std::size_t i = 0; i < played.client.exchanges.size(); ++i) {
    const auto& exchange = played.client.exchanges[i];
    const auto& answer = exchange.answer;
    if (is_live(played, exchange)) continue;
    if (answer.delivery == Delivery::answered) {
      check_answered(answer, transcript, id_of(played, i));
      continue;
    }
    must(!answer.error.empty() && is_harmless(answer.error), "a failure has a reason, harmless to a terminal");
    must(answer.body.empty() && answer.http == 0, "nothing is kept of an answer that is not whole");
    failed = true;
    first_cause |= !answer.companion;
    if (played.expired.contains(&exchange)) continue;
    const bool certain = answer.delivery == Delivery::not_sent || answer.delivery == Delivery::refused ||
                         answer.delivery == Delivery::overloaded;
    const bool left = played.left.contains(id_of(played, i));
    const bool disclaimed = std::any_of(transcript.last_ids.begin(), transcript.last_ids.end(),
                                        [&](std::uint32_t last) { return last < id_of(played, i); });
    must(!certain || !left || disclaimed, "only GOAWAY proves that a request was not read");
    must(certain || left, "what never left was not applied");
  }
  must(!failed || first_cause, "a failure is reported by one exchange at least");
}

/// nghttp2 1.52 counts every piece of a CONTINUATION frame.
bool continues_often(const Played& played) {
  return std::count(played.received.begin(), played.received.end(), static_cast<char>(continuation)) > 8;
}

void check_same(const Played& a, const Played& b) {
  must(a.client.exchanges.size() == b.client.exchanges.size(), "as many requests can begin in pieces");
  must(is_over(a) == is_over(b) && a.client.streams.draining() == b.client.streams.draining() &&
           a.client.streams.wants_http1() == b.client.streams.wants_http1(),
       "the connection ends the same in pieces");
  if (a.client.streams.broken() && b.client.streams.broken()) {
    must(a.client.streams.speaks_http1() == b.client.streams.speaks_http1(), "HTTP/1.1 is recognised in pieces");
  }
  for (std::size_t i = 0; i < a.client.exchanges.size(); ++i) {
    must(is_live(a, a.client.exchanges[i]) == is_live(b, b.client.exchanges[i]), "as many have ended in pieces");
    if (is_live(a, a.client.exchanges[i])) continue;
    const auto& x = a.client.exchanges[i].answer;
    const auto& y = b.client.exchanges[i].answer;
    must(x.delivery == y.delivery && x.http == y.http && x.body == y.body && x.date == y.date &&
             x.retry_after == y.retry_after && x.location == y.location && x.content_type == y.content_type &&
             x.rate_limits == y.rate_limits,
         "an exchange ends the same in pieces");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const Script script(fuzz::text_of(bytes, size));
  Played whole;
  play(script, false, whole);
  check_certainty(whole);
  Played pieces;
  play(script, true, pieces);
  if (continues_often(pieces)) return 0;
  check_certainty(pieces);
  check_same(whole, pieces);
  return 0;
}
