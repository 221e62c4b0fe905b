#pragma once
#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <string>
#include <vector>

namespace koobatch::net {

using Address = boost::asio::ip::tcp::endpoint;

/// "192.0.2.1:443" or "[2001:db8::1]:443", for messages.
std::string to_text(const Address& address);

/// What connections have learned about the addresses of one name: which works, and which failed. Determines the order
/// in which the next connection tries them. No I/O.
class AddressMemory {
 public:
  /// Reports that a connection to `address` was established: the next one tries it first.
  void worked(const Address& address);
  /// Reports that `address` refused, did not answer, or led to a service that is down: until it works again, it is
  /// tried after all addresses that have not failed.
  void failed(const Address& address);
  /// Whether `address` has failed since it last worked. Connections to it that are still open are not to be reused:
  /// each of them may cost an operation one of its attempts. A new one finds out whether it works.
  bool doubts(const Address& address) const;
  /// The name's present addresses, in the order in which to try them: the working one; those without a failure,
  /// alternating between the families (RFC 8305, section 4); then those that failed, the earliest failure first.
  /// Failures are remembered while the name does not have the address: connections to it may still be open.
  std::vector<Address> in_order(const std::vector<Address>& found);

 private:
  std::optional<Address> works_;
  std::vector<Address> failed_;  ///< ordered by their last failures; the latest only, as names can change for ever
};

}  // namespace koobatch::net
