#pragma once
#include "cli/settings/groups.hpp"
#include "cli/settings/value_type.hpp"
#include "koobatch/core/error.hpp"

#include <concepts>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <typeindex>
#include <utility>
#include <vector>

namespace koobatch::cli {

/// Options of one choice are alternatives. The most direct source that sets any of them overrules the others:
/// --simulate on the command line wins over `endpoint` in the configuration file. `token`, `user_tokens` and `app` are
/// one group of credentials, but the two options of `app` belong together: neither overrules the other. `refresh` is
/// compatible with any `token`; the other credentials overrule it.
enum class Choice { none, target, end, token, refresh, user_tokens, app };

/// The headings of options, in the order in which help lists them. A command's own heading comes before `output`.
namespace heading {
constexpr std::string_view target = "Where to send";
constexpr std::string_view engine = "Engine";
constexpr std::string_view job = "Job and report";
constexpr std::string_view credentials = "Credentials";
constexpr std::string_view pace = "Pace";
constexpr std::string_view retries = "Retries and time limits";
constexpr std::string_view schedules = "Schedules";
constexpr std::string_view tls = "TLS";
constexpr std::string_view embedded = "Embedded service";
constexpr std::string_view output = "Output";
}  // namespace heading

/// The destination of an option's value: a member of one group of settings. Made by into().
struct Store {
  std::type_index group = typeid(void);
  std::string label;                      ///< as shown in help; empty: a switch
  std::vector<std::string_view> words{};  ///< the permitted values; empty: not a fixed set
  bool is_path = false;
  bool is_list = false;  ///< values are appended
  std::string (*masked)(std::string_view) = nullptr;
  /// Parses a value and stores it. Precondition: the second argument is a group of type `group`.
  std::function<Result<void>(const std::string&, void*)> set{};
  /// The group's initial value, in a form that could be given; empty: there is none.
  std::string default_value{};

  bool is_switch() const { return label.empty(); }
};

namespace detail {

template <class Field, class T>
void put(Field& field, T value) {
  if constexpr (requires { field.push_back(std::move(value)); } && !std::same_as<Field, T>) {
    field.push_back(std::move(value));
  } else {
    field = std::move(value);
  }
}

}  // namespace detail

/// Stores values of this type into a member: of the same type, an optional, or a vector to which each value is
/// appended. The member's initial value is the option's default.
template <class Group, class Field, class T>
Store into(Field Group::* member, ValueType<T> type) {
  constexpr bool is_list = std::same_as<Field, std::vector<T>>;
  static_assert(is_list || std::same_as<Field, T> || std::same_as<Field, std::optional<T>>);
  Store store{.group = typeid(Group),
              .label = type.label,
              .words = type.words,
              .is_path = type.is_path,
              .is_list = is_list,
              .masked = type.masked};
  store.set = [member, parse = type.parse](const std::string& text, void* group) -> Result<void> {
    auto value = parse(text);
    if (!value) return value.error();
    detail::put(static_cast<Group*>(group)->*member, std::move(*value));
    return {};
  };
  if constexpr (std::same_as<Field, T>) store.default_value = type.show(Group().*member);
  return store;
}

/// A part that the value of an option may have.
struct ValuePart {
  std::string_view form;  ///< "window=LENGTH"
  std::string_view help;
};

/// One option. Command line, environment, configuration file, help, manual page and completions are all generated from
/// this row: adding an option means adding a row, to the shared table or to a command.
struct Option {
  std::string_view name;           ///< "rate": --rate, KOOBATCH_RATE, rate = "…"
  char letter = 0;                 ///< "-v"; 0: none
  std::string_view heading;        ///< under which help lists it
  std::string_view help;           ///< without the default, which is added
  std::string_view otherwise{};    ///< describes the default, where it is not a value that could be given
  std::vector<ValuePart> parts{};  ///< of a value with a grammar; help and manual page list them
  Store store;
  Choice choice = Choice::none;
  bool recorded = false;       ///< in the report, from which a resumed or retried run takes it
  bool fixed = false;          ///< determines which requests a job means: a resumed run takes it only from its report
  bool once = false;           ///< recorded, but holds for this call alone: no other run takes it from the report
  bool private_value = false;  ///< not repeated in messages
  bool flag_only = false;      ///< a consent or an instruction for one call: neither environment nor file may give it

  bool is_switch() const { return store.is_switch(); }
  /// A value equivalent to not setting the option; empty: there is none.
  std::string_view default_value() const;
  /// The default, as shown in help; empty: nothing to show.
  std::string_view default_text() const;
  template <class Group>
  bool belongs_to() const {
    return store.group == std::type_index(typeid(Group));
  }
};

/// The option that names the configuration file, and so cannot be set in it.
constexpr std::string_view config_option = "config";

/// KOOBATCH_MAX_ATTEMPTS for max-attempts.
std::string variable_name(std::string_view option);

/// Sorts options by heading, stably.
void sort_by_heading(std::vector<const Option*>& options);

}  // namespace koobatch::cli
