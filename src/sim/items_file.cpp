#include "sim/items_file.hpp"

#include "koobatch/core/describe.hpp"
#include "koobatch/core/json.hpp"
#include "koobatch/job/compression.hpp"
#include "koobatch/job/line_splitter.hpp"
#include "koobatch/koodrive/rules.hpp"
#include "sim/items_source.hpp"
#include "sim/members.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace koobatch::sim {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t max_id = 100;
/// As of X-User-Id.
constexpr std::size_t max_user_id = 128;
/// What dumps have besides, and the service derives.
constexpr std::array<std::string_view, 2> ignored = {"key", "ownerId"};

void append_as_read(std::string& members, std::string_view name, const dom::element& value) {
  std::string escaped;
  append_json_string(escaped, name);
  append_member(members, std::string_view(escaped).substr(1, escaped.size() - 2),
                [&] { members.append(simdjson::minify(value)); });
}

/// The key of a line with the values of something that is no item, as dumps have them; nothing for any other line.
std::optional<std::string_view> other_key(const dom::object& object) {
  std::string_view key, type;
  if (object.at_key("key").get(key) != simdjson::SUCCESS || key.empty()) return std::nullopt;
  const bool has_type = object.at_key("type").get(type) == simdjson::SUCCESS;
  for (const auto kind : {ItemKind::shared_folder, ItemKind::album}) {
    if (key.starts_with(key_prefix(kind)) || (has_type && type == to_string(kind))) return std::nullopt;
  }
  return key;
}

/// Adds such values. False: the key has some.
bool restore(std::string_view key, const dom::object& object, State& others) {
  std::string members;
  for (const auto [name, value] : object) {
    if (name != "key") append_as_read(members, name, value);
  }
  return others.add(key, members);
}

/// Takes the members of a line one by one. Each function returns what is wrong; empty if nothing is.
class LineReader {
 public:
  std::string read(const dom::object& object) {
    item_ = {};
    item_.members = {};
    type_ = owner_ = status_ = album_member_ = false;
    members_.clear();
    joined_.clear();
    numbers_.clear();
    names_.clear();
    for (const auto [name, value] : object) {
      if (std::ranges::find(names_, name) != names_.end()) return fmt::format("{} appears more than once", quote(name));
      names_.push_back(name);
      if (auto wrong = take(name, value); !wrong.empty()) return fmt::format("{}: {}", name, wrong);
    }
    item_.members = members_;
    return check();
  }

  const ItemView& item() const { return item_; }
  const std::vector<std::string_view>& joined() const { return joined_; }

 private:
  std::string take(std::string_view name, const dom::element& value) {
    if (name == "type") return take_type(value);
    if (name == "id") return take_id(value, item_.id, max_id);
    if (name == "user_id") {
      owner_ = true;
      return take_user(value, item_.owner);
    }
    if (name == "joined") return take_joined(value);
    if (name == "name") return take_name(value);
    status_ = status_ || name == "status";
    album_member_ = album_member_ || name == "albumKind" || name == "albumType";
    if (name == "status") return take_number(value, 0, 1, item_.status);
    if (name == "albumKind") return take_number(value, 1, 2, item_.album_kind);
    if (name == "albumType") return take_number(value, 1, 2, item_.album_type);
    if (name == "groupId") return take_group(value);
    if (std::ranges::find(ignored, name) != ignored.end()) return {};
    if (name == "scopeDir" && !is_text_list(value)) return "is not a list of texts";
    keep(name, value);
    return {};
  }

  std::string take_type(const dom::element& value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return "is not a text";
    for (const auto kind : {ItemKind::shared_folder, ItemKind::album}) {
      if (text != to_string(kind)) continue;
      item_.kind = kind;
      type_ = true;
      return {};
    }
    return fmt::format("{} is unknown; known are shared_folder and album", quote(text));
  }

  /// Takes a text, or the digits of a number.
  bool take_text_or_number(const dom::element& value, std::string_view& to) {
    std::int64_t number = 0;
    std::uint64_t unsigned_number = 0;
    if (value.get(to) == simdjson::SUCCESS) return true;
    if (value.is_int64() && value.get(number) == simdjson::SUCCESS) {
      to = numbers_.emplace_back(fmt::format_int(number).c_str());
      return true;
    }
    if (!value.is_uint64() || value.get(unsigned_number) != simdjson::SUCCESS) return false;
    to = numbers_.emplace_back(fmt::format_int(unsigned_number).c_str());
    return true;
  }

  std::string take_id(const dom::element& value, std::string_view& to, std::size_t most) {
    if (!take_text_or_number(value, to)) return "is neither a text nor a whole number of 64 bits";
    if (to.empty() || to.size() > most) return fmt::format("has {} bytes, 1 to {} are allowed", to.size(), most);
    return {};
  }

  /// Keeps a group as a text, so that it can be compared with the one that a request names.
  std::string take_group(const dom::element& value) {
    std::string_view group;
    if (auto wrong = take_id(value, group, max_id); !wrong.empty()) return wrong;
    append_member(members_, "groupId", [&] { append_json_string(members_, group); });
    return {};
  }

  std::string take_user(const dom::element& value, std::string_view& to) {
    if (auto wrong = take_id(value, to, max_user_id); !wrong.empty()) return wrong;
    violations_.clear();
    koodrive::check_user_id(to, violations_);
    return violations_.empty() ? std::string() : violations_.front().message;
  }

  std::string take_joined(const dom::element& value) {
    dom::array array;
    if (value.get(array) != simdjson::SUCCESS) return "is not a list of users";
    for (const dom::element user : array) {
      std::string_view text;
      if (auto wrong = take_user(user, text); !wrong.empty()) return wrong;
      if (std::ranges::find(joined_, text) != joined_.end()) return fmt::format("{} appears more than once", text);
      joined_.push_back(text);
    }
    return {};
  }

  std::string take_name(const dom::element& value) {
    std::string_view text;
    if (value.get(text) != simdjson::SUCCESS) return "is not a text";
    item_.name = text;
    return {};
  }

  static std::string take_number(const dom::element& value, std::uint8_t min, std::uint8_t max, std::uint8_t& to) {
    std::int64_t number = 0;
    if (!value.is_int64() || value.get(number) != simdjson::SUCCESS || number < min || number > max) {
      return fmt::format("is neither {} nor {}", min, max);
    }
    to = static_cast<std::uint8_t>(number);
    return {};
  }

  static bool is_text_list(const dom::element& value) {
    dom::array array;
    if (value.get(array) != simdjson::SUCCESS) return false;
    return std::all_of(array.begin(), array.end(), [](const dom::element item) { return item.is_string(); });
  }

  void keep(std::string_view name, const dom::element& value) { append_as_read(members_, name, value); }

  std::string check() const {
    if (!type_) return "type: missing; it is shared_folder or album";
    if (item_.id.empty()) return "id: missing";
    if (!owner_) return "user_id: missing; it is the user whose item this is";
    const bool is_album = item_.kind == ItemKind::album;
    if (status_ && is_album) return "status: only shared folders have one";
    if (album_member_ && !is_album) return "albumKind, albumType: only albums have them";
    if (std::ranges::find(joined_, item_.owner) != joined_.end()) {
      return fmt::format("joined: {} is the owner", item_.owner);
    }
    constexpr std::uint8_t manual = 2;
    const bool has_name = !is_album || item_.album_type == manual;
    return has_name && !item_.name ? "name: missing" : "";
  }

  ItemView item_;
  bool type_ = false, owner_ = false, status_ = false, album_member_ = false;  ///< whether there was one
  std::string members_;
  std::vector<std::string_view> joined_, names_;
  std::deque<std::string> numbers_;  ///< of identifiers that are numbers; `item_` and `joined_` point into it
  std::vector<koodrive::Violation> violations_;
};

Error error_at(const std::filesystem::path& path, const job::LineSplitter& lines, std::string_view what) {
  return usage_error(fmt::format("{}:{}: {}", path.string(), lines.number(), what));
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

Result<void> load_items(const std::filesystem::path& path, Items& items, State& others) {
  auto file = open_items(path);
  if (!file) return file.error();
  auto text = job::decompress(std::move(*file), path.string());
  if (!text) return usage_error(text.error().message);
  job::LineSplitter lines(std::move(*text), path.string());
  dom::parser parser;
  LineReader reader;
  for (;;) {
    const auto item = lines.next();
    if (!item) return usage_error(item.error().message);
    if (*item == job::LineSplitter::Item::end) return {};
    if (*item == job::LineSplitter::Item::too_long) {
      return error_at(path, lines, fmt::format("is longer than {} bytes", lines.limits().bytes));
    }
    const std::string_view line = lines.text();
    if (is_blank(line)) continue;
    dom::object object;
    constexpr bool copies = false;  // the splitter's buffer has the padding
    if (const auto error = parser.parse(line.data(), line.size(), copies).get(object)) {
      return error_at(path, lines, fmt::format("is not a JSON object: {}", simdjson::error_message(error)));
    }
    if (const auto key = other_key(object)) {
      if (restore(*key, object, others)) continue;
      return error_at(path, lines, fmt::format("key: a line before this one has {} already", quote(*key)));
    }
    if (const auto wrong = reader.read(object); !wrong.empty()) return error_at(path, lines, wrong);
    if (!items.add(reader.item(), reader.joined())) {
      return error_at(path, lines,
                      fmt::format("id: a line before this one has the {} {} already", to_string(reader.item().kind),
                                  quote(reader.item().id)));
    }
  }
}

}  // namespace koobatch::sim
