#pragma once
#include "koobatch/http/answer.hpp"
#include "koobatch/koodrive/outcome.hpp"
#include "koobatch/koodrive/resource_catalogue.hpp"
#include "koobatch/reading/list_walk.hpp"
#include "koobatch/state/item.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace koobatch::reading {

/// What the service says about one resource.
struct Finding {
  enum class Kind : std::uint8_t {
    present,     ///< as `item` says
    absent,      ///< there is none
    unreadable,  ///< it is not known whether there is one, or how it is: see `why`
  };

  Kind kind = Kind::unreadable;
  state::Item item{};
  std::string why{};  ///< as the end of a sentence
};

/// The request target that asks for a resource, with its identifier percent-encoded once. Precondition: the kind has
/// such a request.
std::string show_target(const koodrive::ResourceKind& kind, std::string_view id);

/// What the answer to that request means, for the user who asked. An answer about another resource means nothing.
Finding read_shown(const koodrive::ResourceKind& kind, std::string_view id, std::string_view user,
                   const http::Answer& answer, const koodrive::Outcome& outcome);

/// Finds out about one resource, in as many requests as it takes: one, or if it cannot be asked for by its identifier,
/// those for all pages of the user's lists until it is seen.
class Lookup {
 public:
  /// The kind must outlive it. Precondition: it can be read, by identifier or in lists.
  Lookup(const koodrive::ResourceKind& kind, std::string id, std::string user);

  /// The request target of the next GET: a view until the next call.
  std::string_view target() const;
  /// Takes the answer to it. Nothing: there is another target().
  std::optional<Finding> take(const http::Answer& answer, const koodrive::Outcome& outcome);

 private:
  std::optional<Finding> take_page(const http::Answer& answer, const koodrive::Outcome& outcome);
  std::optional<Finding> next_list();

  const koodrive::ResourceKind& kind_;
  const std::string id_, user_;
  std::string target_;            ///< if it can be asked for
  std::size_t list_ = 0;          ///< the list that is searched
  std::optional<ListWalk> walk_;  ///< in lists only
  std::string doubt_;             ///< why it may be there, although no list has shown it
};

}  // namespace koobatch::reading
