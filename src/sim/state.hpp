#pragma once
#include "koobatch/koodrive/operation.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>

namespace koobatch::sim {

/// The XXH3-64 of a key's text.
std::uint64_t hash_key(std::string_view key);

/// The service's values in memory: for every key, the fields set so far. A field that an operation does not carry keeps
/// its value.
class State {
 public:
  /// Sets the fields that are present, except the one that makes up the key. `hash` is hash_key(key).
  void apply(std::uint64_t hash, std::string_view key, const koodrive::Fields& fields);
  /// Adds a key with its fields as members, see members.hpp. False: there is one.
  bool add(std::string_view key, std::string_view members);
  /// The number of keys.
  std::size_t size() const { return entries_.size(); }

  /// Appends lines such as {"key":"folder:1","fileName":"a"} in the order in which the keys were first set, from key
  /// number `from` until `limit` bytes are exceeded or the keys end. Returns the number of the key to continue with, or
  /// size() at the end. So a dump needs no copy of the state; keys changed between two calls appear with their new
  /// values.
  std::size_t dump(std::size_t from, std::size_t limit, std::string& out) const;

 private:
  static constexpr std::uint32_t none = UINT32_MAX;

  /// One key. `text` is the key followed by its members, each as a four-byte length and `"name":value`: one allocation
  /// per key, since there may be millions.
  struct Entry {
    std::string text;
    std::uint32_t key_size = 0;
    std::uint32_t next = none;  ///< the next one with the same hash

    std::string_view key() const { return std::string_view(text).substr(0, key_size); }
    std::string_view members() const { return std::string_view(text).substr(key_size); }
  };

  Entry& entry(std::uint64_t hash, std::string_view key);

  std::deque<Entry> entries_;  ///< never moves its elements, and never stalls to copy them when it grows
  boost::unordered_flat_map<std::uint64_t, std::uint32_t> index_;
  std::string scratch_;
};

}  // namespace koobatch::sim
