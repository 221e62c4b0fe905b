#pragma once
#include "koobatch/koodrive/fields.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace koobatch::koodrive {

/// A validated operation, rendered: all that sending it and recording its result needs. One buffer holds every text, so
/// that an Operation that is reused allocates nothing once it has grown. Movable; the views live as long as the object
/// is neither moved from nor assigned to.
class Operation {
 public:
  std::uint32_t line() const { return rest_.line; }
  const OperationRow& row() const { return *rest_.row; }
  /// Equal for operations on the same resource. XXH3-64 of key prefix and identifier; two resources that share a value
  /// are merely sent one after the other. Also equal for operations of one group, see Fields::group.
  std::uint64_t key_hash() const { return rest_.key_hash; }
  /// The identifier as in the job, not encoded.
  std::string_view id() const { return view(rest_.id); }
  /// Whether an attempt with an unclear fate may be repeated: that may depend on the operation's values.
  bool is_repeatable() const { return rest_.is_repeatable; }
  std::string_view user() const {
    return view(rest_.user);
  }  ///< X-User-Id; empty if the job and the settings name none
  std::string_view language() const { return view(rest_.language); }  ///< empty: the header is not sent
  std::optional<std::string_view> ref() const { return rest_.has_ref ? std::optional(view(rest_.ref)) : std::nullopt; }
  std::string_view target() const { return view(rest_.target); }  ///< the request target, percent-encoded once
  std::string_view body() const { return view(rest_.body); }      ///< compact JSON
  std::string_view was() const { return view(rest_.was); }        ///< see Fields::was
  bool in_group() const { return rest_.in_group; }                ///< see Fields::group
  /// Calls `each(name, value)` for every header field of its own.
  template <class Each>
  void for_each_header(Each each) const {
    for (auto rest = view(rest_.headers); !rest.empty();) {
      const auto name = rest.substr(0, rest.find('\n'));
      const auto value = rest.substr(name.size() + 1, rest.find('\n', name.size() + 1) - name.size() - 1);
      each(name, value);
      rest.remove_prefix(name.size() + value.size() + 2);
    }
  }
  /// Bytes this operation holds in memory.
  std::size_t footprint() const { return sizeof(Operation) + text_.capacity(); }

  /// Cheaper than three moves: all but the text is copied.
  friend void swap(Operation& a, Operation& b) noexcept {
    a.text_.swap(b.text_);
    std::swap(a.rest_, b.rest_);
  }

 private:
  friend class OperationBuilder;
  struct Slice {
    std::uint32_t from = 0;
    std::uint32_t size = 0;
  };
  std::string_view view(Slice s) const { return std::string_view(text_).substr(s.from, s.size); }

  struct Rest {
    const OperationRow* row = nullptr;
    std::uint64_t key_hash = 0;
    std::uint32_t line = 0;
    bool has_ref = false;
    bool is_repeatable = false;
    bool in_group = false;
    Slice id, user, language, ref, target, body;
    Slice was;
    Slice headers;  ///< name and value of each, both with a line feed
  };

  std::string text_;
  Rest rest_;
};

/// Renders `fields`, which passed check(), into `out`, reusing its memory. An absent user or language is taken from
/// `default_user` and `default_language` (both may be empty).
class OperationBuilder {
 public:
  static void build(const Fields& fields, std::uint32_t line, std::string_view default_user,
                    std::string_view default_language, Operation& out);
};

}  // namespace koobatch::koodrive
