#pragma once
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>

namespace koobatch::sim {

/// Which keys have a request in flight. Detects two at once on one key, which the client promises never to send.
class InFlight {
 public:
  /// A request in flight. Owned by its connection; must have left before it is destroyed.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    /// Whether the client has closed the connection, so that it no longer relies on this request.
    virtual bool abandoned() = 0;
    virtual ~Ticket() = default;

   private:
    friend class InFlight;
    std::uint64_t key_ = 0;
    Ticket* older_ = nullptr;  ///< on the same key
    bool entered_ = false;
  };

  /// Returns whether another request on the key is in flight whose client still waits for it. A client that gave up on
  /// an answer and sent the request again has done nothing wrong.
  bool enter(std::uint64_t key, Ticket& ticket);
  /// Does nothing if the ticket has not entered.
  void leave(Ticket& ticket);

 private:
  boost::unordered_flat_map<std::uint64_t, Ticket*> newest_;
};

}  // namespace koobatch::sim
