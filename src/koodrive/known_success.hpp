#pragma once
#include "koobatch/core/wiping_allocator.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace koobatch::koodrive {

/// The bodies by which a service reports success, which differ only in the identifier of the operation. Recognises
/// them without parsing; a parser remains the judge of all others. Not thread-safe. Wipes the bodies that it kept.
class KnownSuccess {
 public:
  /// The words of the success that `body` is, valid until the next learn(); null if it is not a known one.
  /// `expected_id`: as for Classifier::classify().
  const WipedString* find(std::string_view body, std::string_view expected_id);

  /// Learns from a body of UTF-8 that a parser found to be a success, now and then: where bodies always differ,
  /// learning from each would be for nothing. `msg`: its words. `id`: the one it gives, as a text, and which is the
  /// expected one; empty: it has no such member.
  void learn(std::string_view body, std::string_view id, std::string_view msg);

 private:
  /// An identifier stands between the two parts, or nothing.
  struct Form {
    bool matches(std::string_view body, std::string_view id) const;

    WipedString before, after;
    WipedString msg;
    bool known = false;
  };

  std::array<Form, 2> forms_;  ///< without an identifier, with one
  std::uint32_t unknown_ = 0;  ///< successes that were not recognised since the last that was
};

}  // namespace koobatch::koodrive
