#pragma once
#include "koobatch/koodrive/fields.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The shared folders and albums that exist. Pure: no I/O, no clock.
namespace koobatch::sim {

enum class ItemKind : std::uint8_t { shared_folder, album };

/// "shared_folder" or "album", as in files of items.
std::string_view to_string(ItemKind kind);
/// What the keys of operations on such items begin with: "folder:", "album:".
std::string_view key_prefix(ItemKind kind);

/// The lists that a user has: folders by who created them, albums by albumKind and albumType.
enum class Listing : std::uint8_t {
  created_folders,
  joined_folders,
  personal_collections,
  personal_manual,
  shared_collections,
  shared_manual,
};
/// `kind`: 1 personal, 2 shared. `type`: 1 collection, 2 manual.
constexpr Listing album_listing(int kind, int type) {
  return static_cast<Listing>(static_cast<int>(Listing::personal_collections) + 2 * (kind - 1) + type - 1);
}

/// A shared folder or an album. The views point into their owner's memory.
struct ItemView {
  ItemKind kind = ItemKind::shared_folder;
  std::string_view id;
  std::string_view owner;                ///< the user whose item it is
  std::optional<std::string_view> name;  ///< absent only from albums
  std::uint8_t status = 0;               ///< of a folder: 0 normal, 1 deleted
  std::uint8_t album_kind = 1;           ///< 1 personal, 2 shared
  std::uint8_t album_type = 2;           ///< 1 collection, 2 manual
  std::string_view members;              ///< the others, see members.hpp
};

/// The field as which the service shows what an operation sets: "name" for "fileName".
std::string_view shown_name(std::string_view field);
/// The name that an operation gives to its item; nothing if it leaves the name as it is.
std::optional<std::string_view> wanted_name(const koodrive::Fields& fields);

/// Where an item comes in the lists that it is in; by default at their ends.
struct Places {
  std::size_t own = SIZE_MAX;     ///< in its owner's list
  std::size_t joined = SIZE_MAX;  ///< in those of the users who joined
};

/// The items, and in which order each user's lists show them: the order in which they were added. There may be
/// millions, so they are not copied.
class Items {
 public:
  using Number = std::uint32_t;

  Items() = default;
  Items(Items&&) = default;
  Items& operator=(Items&&) = default;
  Items(const Items&) = delete;
  Items& operator=(const Items&) = delete;
  ~Items() = default;

  /// Adds an item, which `joined` users see, too. False: there is one of this kind and ID.
  bool add(const ItemView& item, std::span<const std::string_view> joined = {}, Places places = {});
  /// The item with this key, unless it was removed. `hash` is hash_key(key).
  std::optional<Number> find(std::uint64_t hash, std::string_view key) const;
  /// Valid until the item changes.
  ItemView view(Number number) const;
  /// The users who joined the item.
  std::vector<std::string_view> joined(Number number) const;
  /// One of a user's lists. Deleted folders are in none. Valid until any item is added or removed.
  std::span<const Number> listed(std::string_view user, Listing listing) const;

  /// Sets what an operation sets. `name`: the name it gets, if it gets one.
  void apply(Number number, const koodrive::Fields& fields, std::optional<std::string_view> name);
  void rename(Number number, std::string_view name);
  void remove(Number number);

  /// Keeps count of the names of folders from now on. To be called once.
  void count_names();
  /// Whether a shared folder that is not deleted has this name and this owner. Two names that share a 64-bit hash count
  /// as equal.
  /// Precondition: count_names() was called.
  bool has_folder(std::string_view owner, std::string_view name) const;

  /// How many changes there were: as long as it is the same, all lists and members are.
  std::uint64_t changes() const { return changes_; }
  /// The number of items that exist.
  std::size_t count() const { return count_; }
  /// The number of items that were ever added: their numbers are less.
  std::size_t size() const { return entries_.size(); }
  /// Appends lines such as {"key":"folder:1","type":"shared_folder","id":"1","user_id":"42","name":"Plans"}, which can
  /// be loaded, from number `from` until `limit` bytes are exceeded or `end` is reached, which is at most size().
  /// Returns the number to continue with.
  std::size_t dump(std::size_t from, std::size_t end, std::size_t limit, std::string& out) const;

 private:
  static constexpr std::uint32_t none = UINT32_MAX;

  /// One item. `text` is the key, the name and the other members: one allocation each, since there may be millions.
  struct Entry {
    std::string text;
    std::uint32_t owner = 0;
    std::uint32_t next = none;  ///< the next one with the same hash
    std::uint32_t name_size = none;
    std::uint16_t key_size = 0;
    ItemKind kind{};
    std::uint8_t status = 0;
    std::uint8_t album_kind = 0;
    std::uint8_t album_type = 0;
    bool exists = true;

    std::string_view key() const { return std::string_view(text).substr(0, key_size); }
    std::string_view name() const { return std::string_view(text).substr(key_size, name_bytes()); }
    std::size_t name_bytes() const { return name_size == none ? 0 : name_size; }
    std::string_view members() const { return std::string_view(text).substr(key_size + name_bytes()); }
  };

  std::uint32_t user_number(std::string_view user);
  static Listing listing_of(const Entry& entry, bool owned);
  std::vector<Number>& list(std::uint32_t user, Listing listing);
  void insert(std::uint32_t user, Listing listing, std::size_t place, Number number);
  void set(Entry& entry, std::optional<std::string_view> name, std::string_view members);
  void count_name(const Entry& entry, std::int32_t by);

  std::deque<Entry> entries_;  ///< never moves its elements, and never stalls to copy them when it grows
  std::size_t count_ = 0;
  std::uint64_t changes_ = 0;
  boost::unordered_flat_map<std::uint64_t, Number> index_;
  std::deque<std::string> users_;
  boost::unordered_flat_map<std::string_view, std::uint32_t> user_numbers_;  ///< views into users_
  boost::unordered_flat_map<std::uint64_t, std::vector<Number>> lists_;      ///< by user and listing
  boost::unordered_flat_map<Number, std::vector<std::uint32_t>> joined_;
  bool counts_names_ = false;
  boost::unordered_flat_map<std::uint64_t, std::int32_t> names_;  ///< by owner and name
  std::string scratch_, members_;
};

}  // namespace koobatch::sim
