#pragma once
#include "postgres/address.hpp"
#include "postgres/failures.hpp"
#include "postgres/waiting.hpp"

#include <map>
#include <string>
#include <vector>

namespace koobatch::postgres {

/// Where to connect to.
struct Candidate {
  Host host;
  std::string address;  ///< numeric; empty: the host is a socket
};

/// Finds the addresses of hosts without ever blocking: libpq would look names up in the calling thread, for as long as
/// that takes.
class Resolver {
 public:
  /// All addresses that are known at `until`, or soon after the first was found. Of names that cannot be looked up now,
  /// those found earlier. `failed` gets those of which there are none.
  std::vector<Candidate> resolve(const std::vector<Host>& hosts, TimePoint until, const Interrupt& interrupt,
                                 std::vector<FailedDial>& failed);

 private:
  std::map<std::string, std::vector<std::string>> found_earlier_;
};

}  // namespace koobatch::postgres
