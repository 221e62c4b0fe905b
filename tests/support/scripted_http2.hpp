#pragma once
#include "sim/http2_requests.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace koobatch::test {

/// HTTP/2 on one connection of a scripted server, without its socket.
class ScriptedHttp2 final : private sim::Http2Requests::Owner {
 public:
  using Request = sim::Http2Request;

  /// Whether a client that begins with these bytes speaks HTTP/2.
  static bool is_spoken_by(std::string_view first_bytes) {
    return first_bytes.starts_with(sim::Http2Requests::preface.substr(0, 4));
  }

  /// Handles bytes from the client. False: the connection is at its end.
  bool receive(std::string_view bytes) { return requests_.receive(bytes); }
  /// The next request that has arrived and has not been returned yet; null: there is none. Valid until receive().
  Request* next();
  /// Answers with `text`, an answer of HTTP/1.1; empty: not at all.
  void answer(Request& request, std::string_view text) {
    if (!text.empty()) requests_.answer(request, text, sim::Ending::keep);
  }
  /// What is to be sent since the last call.
  std::string output();

 private:
  void arrived(Request& request) override { arrived_.push_back(&request); }
  void ended(Request& request) override { std::erase(arrived_, &request); }

  std::vector<Request*> arrived_;
  sim::Http2Requests requests_{*this};  // last: its end is reported to this
};

}  // namespace koobatch::test
