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
  /// The name's present addresses, in the order in which to try them: the working one; those without a failure,
  /// alternating between the families (RFC 8305, section 4); then those that failed, the earliest failure first.
  /// Forgets addresses that the name no longer has.
  std::vector<Address> in_order(const std::vector<Address>& found);

 private:
  std::optional<Address> works_;
  std::vector<Address> failed_;  ///< ordered by their last failures
};

}  // namespace koobatch::net
