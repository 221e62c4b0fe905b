#pragma once
#include "sim/request.hpp"
#include "sim/simulation.hpp"

#include <nghttp2/nghttp2.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koobatch::sim {

/// One request on an HTTP/2 connection, and its answer.
struct Http2Request final : private InFlight::Ticket {
  Http2Request() { exchange.ticket = this; }

  std::int32_t id = 0;
  Request request;  ///< views into `texts`
  Exchange exchange;
  bool concluded = false;  ///< Simulation::conclude() was called
  bool gone = false;       ///< the client no longer waits for the answer

 private:
  friend class Http2Requests;

  bool abandoned() override { return gone; }

  std::array<std::string, 9> texts;                        ///< of the fields that the service looks at
  std::deque<std::pair<std::string, std::string>> others;  ///< of those that only some operations have
  std::string body;
  std::string answer;  ///< of the answer, what is to be sent as body
  std::size_t sent = 0;
  bool breaks_off = false;  ///< the answer ends before it is complete
};

/// HTTP/2 on one connection as a server, without its socket. No I/O.
class Http2Requests {
 public:
  /// The handler of requests.
  class Owner {
   public:
    virtual ~Owner() = default;
    /// The request is complete. It exists until ended().
    virtual void arrived(Http2Request& request) = 0;
    /// The request is answered, or its client has given it up.
    virtual void ended(Http2Request& request) = 0;
  };

  /// The bytes with which a client that speaks HTTP/2 begins.
  static constexpr std::string_view preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  explicit Http2Requests(Owner& owner);
  ~Http2Requests();
  Http2Requests(const Http2Requests&) = delete;
  Http2Requests& operator=(const Http2Requests&) = delete;

  /// Handles bytes from the client. False: the connection is at its end.
  bool receive(std::string_view bytes);
  /// Answers with `text`, an answer of HTTP/1.1, as far as there is one, and then as `ending` says.
  void answer(Http2Request& request, std::string_view text, Ending ending);
  /// Ends all requests: the client is gone.
  void end();
  /// Appends to `out` what is to be sent.
  void append_output(std::string& out);

 private:
  struct Free {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };
  struct Callbacks;

  Http2Request& begin(std::int32_t id);
  Http2Request* find(std::int32_t id) const;
  void take_field(Http2Request& request, std::string_view name, std::string_view value);
  void complete(Http2Request& request);
  void close(Http2Request& request);

  Owner& owner_;
  std::unique_ptr<nghttp2_session, Free> session_;
  std::vector<std::unique_ptr<Http2Request>> live_;
  std::vector<std::unique_ptr<Http2Request>> used_;
  std::vector<Http2Request*> arrived_;  ///< complete, and not handled yet
};

}  // namespace koobatch::sim
