#include "koobatch/net/address_memory.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <utility>

namespace koobatch::net {
namespace {

using Addresses = std::vector<Address>;

constexpr std::size_t most_failed = 64;

bool contains(const Addresses& addresses, const Address& address) {
  return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
}

/// Alternates between the families, beginning with the first address's; keeps the order within each.
Addresses interleaved(const Addresses& addresses) {
  if (addresses.empty()) return {};
  Addresses own;
  Addresses other;
  for (const Address& address : addresses) {
    (address.protocol() == addresses.front().protocol() ? own : other).push_back(address);
  }
  Addresses out;
  for (std::size_t i = 0; i < std::max(own.size(), other.size()); ++i) {
    if (i < own.size()) out.push_back(own[i]);
    if (i < other.size()) out.push_back(other[i]);
  }
  return out;
}

}  // namespace

std::string to_text(const Address& address) {
  const std::string host = address.address().to_string();
  return address.address().is_v6() ? fmt::format("[{}]:{}", host, address.port())
                                   : fmt::format("{}:{}", host, address.port());
}

void AddressMemory::worked(const Address& address) {
  std::erase(failed_, address);
  works_ = address;
}

void AddressMemory::failed(const Address& address) {
  if (works_ == address) works_.reset();
  std::erase(failed_, address);
  if (failed_.size() == most_failed) failed_.erase(failed_.begin());
  failed_.push_back(address);
}

bool AddressMemory::doubts(const Address& address) const {
  return contains(failed_, address);
}

std::vector<Address> AddressMemory::in_order(const std::vector<Address>& found) {
  if (works_ && !contains(found, *works_)) works_.reset();
  Addresses order;
  if (works_) order.push_back(*works_);
  for (const Address& address : found) {
    if (!contains(failed_, address) && !contains(order, address)) order.push_back(address);
  }
  order = interleaved(order);
  std::copy_if(failed_.begin(), failed_.end(), std::back_inserter(order),
               [&](const Address& address) { return contains(found, address); });
  return order;
}

}  // namespace koobatch::net
