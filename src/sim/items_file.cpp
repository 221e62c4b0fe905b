#include "sim/items_file.hpp"

#include "koobatch/core/describe.hpp"
#include "koobatch/core/json.hpp"
#include "koobatch/job/byte_source.hpp"
#include "koobatch/job/line_splitter.hpp"
#include "koobatch/koodrive/rules.hpp"
#include "sim/members.hpp"
#include "sim/random.hpp"

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
/// What dumps have besides, and the service derives.
constexpr std::array<std::string_view, 2> ignored = {"key", "ownerId"};

/// Takes the members of a line one by one. Each function returns what is wrong; empty if nothing is.
class LineReader {
 public:
  std::string read(const dom::object& object) {
    item_ = {};
    item_.members = {};
    type_ = owner_ = false;
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
    if (name == "id") return take_id(value, item_.id);
    if (name == "user_id") {
      owner_ = true;
      return take_user(value, item_.owner);
    }
    if (name == "joined") return take_joined(value);
    if (name == "name") return take_name(value);
    if (name == "status") return take_number(value, 0, 1, item_.status);
    if (name == "albumKind") return take_number(value, 1, 2, item_.album_kind);
    if (name == "albumType") return take_number(value, 1, 2, item_.album_type);
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

  std::string take_id(const dom::element& value, std::string_view& to) {
    if (!take_text_or_number(value, to)) return "is neither a text nor a whole number of 64 bits";
    if (to.empty() || to.size() > max_id) return fmt::format("has {} bytes, 1 to {} are allowed", to.size(), max_id);
    return {};
  }

  std::string take_user(const dom::element& value, std::string_view& to) {
    if (auto wrong = take_id(value, to); !wrong.empty()) return wrong;
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

  void keep(std::string_view name, const dom::element& value) {
    escaped_.clear();
    append_json_string(escaped_, name);
    append_member(members_, std::string_view(escaped_).substr(1, escaped_.size() - 2),
                  [&] { members_.append(simdjson::minify(value)); });
  }

  std::string check() const {
    if (!type_) return "type: missing; it is shared_folder or album";
    if (item_.id.empty()) return "id: missing";
    if (!owner_) return "user_id: missing; it is the user whose item this is";
    if (std::ranges::find(joined_, item_.owner) != joined_.end()) {
      return fmt::format("joined: {} is the owner", item_.owner);
    }
    constexpr std::uint8_t manual = 2;
    const bool has_name = item_.kind == ItemKind::shared_folder || item_.album_type == manual;
    return has_name && !item_.name ? "name: missing" : "";
  }

  ItemView item_;
  bool type_ = false, owner_ = false;
  std::string members_, escaped_;
  std::vector<std::string_view> joined_, names_;
  std::deque<std::string> numbers_;  ///< of identifiers that are numbers; `item_` and `joined_` point into it
  std::vector<koodrive::Violation> violations_;
};

Error fault(const std::filesystem::path& path, const job::LineSplitter& lines, std::string_view what) {
  return usage_error(fmt::format("{}:{}: {}", path.string(), lines.number(), what));
}

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t") == std::string_view::npos;
}

}  // namespace

Result<void> load_items(const std::filesystem::path& path, Items& items) {
  auto file = job::open_file(path);
  if (!file) return file.error();
  job::LineSplitter lines(std::move(*file), path.string());
  dom::parser parser;
  LineReader reader;
  for (;;) {
    const auto item = lines.next();
    if (!item) return usage_error(item.error().message);
    if (*item == job::LineSplitter::Item::end) return {};
    if (*item == job::LineSplitter::Item::too_long) {
      return fault(path, lines, fmt::format("is longer than {} bytes", lines.limits().bytes));
    }
    const std::string_view text = lines.text();
    if (is_blank(text)) continue;
    dom::object object;
    constexpr bool copies = false;  // the splitter's buffer has the padding
    if (const auto error = parser.parse(text.data(), text.size(), copies).get(object)) {
      return fault(path, lines, fmt::format("is not a JSON object: {}", simdjson::error_message(error)));
    }
    if (const auto wrong = reader.read(object); !wrong.empty()) return fault(path, lines, wrong);
    if (!items.add(reader.item(), reader.joined())) {
      return fault(path, lines,
                   fmt::format("id: a line before this one has the {} {} already", to_string(reader.item().kind),
                               quote(reader.item().id)));
    }
  }
}

void make_up_items(const MadeUpItems& settings, std::uint64_t seed, Items& items) {
  constexpr std::uint32_t stream = 4;
  constexpr std::uint64_t first_id = 1'757'156'480'072'650'000;
  constexpr std::uint32_t first_user = 42;
  constexpr std::array<std::string_view, 8> words = {"Plans",   "Photos", "Drafts", "Invoices",
                                                     "Archive", "Travel", "Garden", "Minutes"};
  auto random = make_stream(seed, stream);
  for (std::uint32_t i = 0; i < settings.count; ++i) {
    const fmt::format_int id(first_id + i);
    const fmt::format_int owner(first_user + i % settings.users);
    const std::string name = fmt::format("{} {}", words[random() % words.size()], i + 1);
    ItemView item{.id = {id.data(), id.size()}, .owner = {owner.data(), owner.size()}, .name = name, .members = {}};
    if (i >= settings.count - settings.albums) {
      // All four kinds of albums for each user.
      const std::uint32_t turn = (i - (settings.count - settings.albums)) / settings.users;
      item.kind = ItemKind::album;
      item.album_kind = static_cast<std::uint8_t>(1 + turn / 2 % 2);
      item.album_type = static_cast<std::uint8_t>(2 - turn % 2);
    }
    items.add(item);
  }
}

}  // namespace koobatch::sim
