#pragma once
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>

namespace koobatch::sim {

/// Which keys have a request under way, to tell when there are two at once: a promise of the client, watched from here.
class InFlight {
 public:
  /// One request under way. Lives in its connection and must have left before it dies.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    /// Has the client closed the connection, so that it no longer counts on this request?
    virtual bool abandoned() = 0;
    virtual ~Ticket() = default;

   private:
    friend class InFlight;
    std::uint64_t key_ = 0;
    Ticket* older_ = nullptr;  ///< on the same key
    bool entered_ = false;
  };

  /// True if another request on the key is under way whose client still waits for it. A client that gave up an answer
  /// and sent anew has done nothing wrong.
  bool enter(std::uint64_t key, Ticket& ticket);
  /// Does nothing if the ticket is not in.
  void leave(Ticket& ticket);

 private:
  boost::unordered_flat_map<std::uint64_t, Ticket*> newest_;
};

}  // namespace koobatch::sim
