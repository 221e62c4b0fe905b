#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/net/address_memory.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace koobatch::net {

/// One connection's attempts at the addresses of a name (RFC 8305, section 5): decides which is tried next and when,
/// and records the outcome of each. The first to complete TCP wins; if that connection fails later, the race continues
/// without it. No I/O, no clock.
class AddressRace {
 public:
  /// How long an attempt runs before the next address is tried in parallel: RFC 8305's Connection Attempt Delay, or
  /// less if the `addresses` could not all be tried within `timeout` otherwise.
  static Duration delay_for(std::size_t addresses, Duration timeout);

  /// `order`: the addresses, in the order in which to try them. `delay`: see delay_for().
  AddressRace(const std::vector<Address>& order, Duration delay);

  /// Begins an attempt and returns the number of its address; nothing if none is to begin before next_at(). Never
  /// begins one while another is connected.
  std::optional<std::size_t> begin(TimePoint now);
  /// When to call begin() next at the latest; TimePoint::max(): only after an attempt fails.
  TimePoint next_at() const;
  const Address& address(std::size_t number) const { return entrants_[number].address; }

  /// Reports that the attempt, or the connection it became, failed. `why` is for people; `local`: this machine lacked a
  /// resource. Precondition: begin() returned `number`, and it has not failed.
  void failed(std::size_t number, std::string why, bool local = false);
  /// Reports that TCP is established. The caller closes the other attempts; they are repeated only if this one fails.
  /// Precondition: the attempt is in flight, and no other is connected.
  void connected(std::size_t number);
  /// Records what the connected one is waiting for, to be reported if that never arrives.
  void waiting_for(std::size_t number, std::string what);

  /// Whether every address has failed.
  bool lost() const;
  /// Whether every address has failed because this machine lacked a resource, which says nothing about the service.
  bool lost_locally() const;
  /// The addresses that failed, except for lack of a resource on this machine. With `time_is_over`, also those that
  /// were tried and have not connected yet.
  std::vector<Address> failures(bool time_is_over) const;

  /// How many addresses were tried.
  std::size_t tried() const;
  /// The outcome for each address tried: "192.0.2.1:443: Connection refused; [2001:db8::1]:443: no answer".
  std::string said() const;

 private:
  enum class State { waiting, connecting, connected, failed };
  struct Entrant {
    Address address;
    State state = State::waiting;
    bool local = false;
    std::string said;  ///< empty: not tried
  };

  bool any(State state) const;

  std::vector<Entrant> entrants_;
  Duration delay_;
  TimePoint next_at_ = TimePoint::min();
};

}  // namespace koobatch::net
