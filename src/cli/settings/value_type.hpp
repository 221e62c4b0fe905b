#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/error.hpp"
#include "koobatch/core/units.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koobatch::cli {

/// Converts the text of a setting to a value, and describes such values for help and completions.
template <class T>
struct ValueType {
  std::string label;  ///< as shown in help, as in --timeout DURATION; empty: a switch, which takes no value
  /// The error says what is wrong with the text without repeating it: the caller names it and its source.
  std::function<Result<T>(const std::string&)> parse;
  /// A text that parse() turns into this value; empty: there is none.
  std::function<std::string(const T&)> show;
  std::vector<std::string_view> words{};  ///< the permitted texts; empty: not a fixed set
  bool is_path = false;
  /// The text with its secrets masked; null: it has none.
  std::string (*masked)(std::string_view) = nullptr;
};

/// A switch, set by "true".
ValueType<bool> on_off();
/// Any non-empty text.
ValueType<std::string> text(std::string label);
/// A URL, whose password is masked.
ValueType<std::string> url();
ValueType<std::filesystem::path> file();
/// A file to be written. Not "-", which to many programs means standard output.
ValueType<std::filesystem::path> new_file();
/// The name of a file to be written, or of a folder for it. Kept as text, because a trailing slash is significant.
ValueType<std::string> file_or_folder();
/// A duration of at least `least`.
ValueType<Duration> duration(Duration least = std::chrono::milliseconds(1));
/// A number of events a second; 0 for "none", so that a recorded limit can be lifted.
ValueType<double> limit();

/// A share of a hundred: "1%", "0.5%".
ValueType<double> percentage();

/// A whole number from `min` to `max`.
template <class T>
ValueType<T> count(std::uint64_t min, std::uint64_t max) {
  return {.label = "N",
          .parse = [min, max](const std::string& value) -> Result<T> {
            const auto parsed = parse_count(value, min, max);
            if (!parsed) return parsed.error();
            return static_cast<T>(*parsed);
          },
          .show = [](const T& value) { return std::to_string(value); }};
}

/// "a, b, c"
std::string listed(const std::vector<std::string_view>& words, std::string_view separator = ", ");

/// One of these words.
template <class T>
ValueType<T> one_of(std::vector<std::pair<std::string_view, T>> meanings) {
  ValueType<T> type;
  for (const auto& [word, meaning] : meanings) type.words.push_back(word);
  type.label = listed(type.words, "|");
  type.parse = [meanings, words = type.words](const std::string& value) -> Result<T> {
    for (const auto& [word, meaning] : meanings) {
      if (word == value) return meaning;
    }
    return usage_error("unknown; must be one of " + listed(words));
  };
  type.show = [meanings](const T& value) {
    for (const auto& [word, meaning] : meanings) {
      if (meaning == value) return std::string(word);
    }
    return std::string();
  };
  return type;
}

/// A text that `check` accepts; its error says what is wrong.
ValueType<std::string> checked_text(std::string label, std::function<Result<void>(const std::string&)> check);

/// Renders `duration` so that parse_duration() reads it back, in whole milliseconds: "1h30m", "200ms", "0".
std::string spelled(Duration duration);

}  // namespace koobatch::cli
