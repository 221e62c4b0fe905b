#pragma once
#include "koobatch/core/status.hpp"
#include "koobatch/koodrive/operation.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <cstdint>

namespace koobatch::flow {

/// Remembers which groups of operations (koodrive::Fields::group) cannot be completed, because one of theirs was not
/// fulfilled. Operations are to be reported in the order of their key.
class BrokenGroups {
 public:
  /// Reports an operation's result.
  void ended(const koodrive::Operation& operation, Status status) {
    if (!is_fulfilled(status)) {
      broken_.insert(operation.key_hash());
    } else if (!operation.in_group() && !broken_.empty()) {
      // It may be the first of a new group on the same key.
      broken_.erase(operation.key_hash());
    }
  }
  /// Whether an operation before it, on which it depends, was not fulfilled.
  bool is_vain(const koodrive::Operation& operation) const {
    return !broken_.empty() && operation.in_group() && broken_.contains(operation.key_hash());
  }

 private:
  boost::unordered_flat_set<std::uint64_t> broken_;  ///< by key
};

}  // namespace koobatch::flow
