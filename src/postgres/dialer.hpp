#pragma once
#include "postgres/address.hpp"
#include "postgres/failures.hpp"
#include "postgres/library.hpp"
#include "postgres/resolver.hpp"
#include "postgres/waiting.hpp"

#include <vector>

namespace koobatch::postgres {

/// Opens connections to whichever node takes writes, without ever blocking.
class Dialer {
 public:
  Dialer(const Library& library, Address address) : library_(library), address_(std::move(address)) {}

  /// Tries all nodes, the next one whenever one fails or takes long, until one has accepted. Each call begins with
  /// a different node: a primary that hangs, or is no longer one, still accepts connections.
  fleet::Answer<Connection> dial(TimePoint until, const Interrupt& interrupt);

 private:
  const Library& library_;
  const Address address_;
  Resolver resolver_;
  std::size_t first_ = 0;  ///< of the candidates
};

}  // namespace koobatch::postgres
