#include "sim/reading.hpp"

#include "koobatch/core/utf8.hpp"
#include "koobatch/koodrive/route.hpp"
#include "sim/parameters.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace koobatch::sim {
namespace {

constexpr std::string_view folder_list = "/koodrive/ose/v1/sharefolder/list";
constexpr std::string_view folder_metadata = "/koodrive/ose/v1/sharefolder/metadata/";
constexpr std::string_view album_list = "/koodrive/ose/v1/album/list";

constexpr std::size_t max_folder_id = 100;
constexpr std::size_t max_key_word = 32;
constexpr std::uint64_t max_offset = std::numeric_limits<std::int64_t>::max();
constexpr std::uint32_t max_folders = 1000;
constexpr std::uint32_t max_albums = 100;
constexpr std::uint32_t default_albums = 10;

/// The number of UTF-16 code units, as the service's Java counts.
std::size_t utf16_size(std::string_view text) {
  std::size_t size = 0;
  for_each_character(text, [&](std::int32_t c, std::string_view) { size += c > 0xffff ? 2U : 1U; });
  return size;
}

/// The parameters of a query, each taken once.
class Query {
 public:
  explicit Query(std::string_view text) {
    while (!text.empty()) {
      const std::string_view item = text.substr(0, text.find('&'));
      text.remove_prefix(std::min(item.size() + 1, text.size()));
      add(Parameter(item));
    }
  }

  std::optional<std::string> text(std::string_view name) {
    const auto found = std::ranges::find(parameters_, name, &Named::first);
    if (found == parameters_.end()) return std::nullopt;
    auto value = std::move(found->second);
    parameters_.erase(found);
    return value;
  }

  /// A number within the limits; 0 if it breaks a rule.
  std::uint64_t number(std::string_view name, std::uint64_t min, std::uint64_t max,
                       std::optional<std::uint64_t> otherwise = std::nullopt) {
    const auto value = text(name);
    if (!value) {
      if (!otherwise) refuse(fmt::format("{}: missing", name));
      return otherwise.value_or(0);
    }
    const auto number = parse_number<std::uint64_t>(*value);
    if (number && *number >= min && *number <= max) return *number;
    refuse(fmt::format("{}: must be a whole number from {} to {}", name, min, max));
    return 0;
  }

  void refuse(std::string wrong) {
    if (wrong_.empty()) wrong_ = std::move(wrong);
  }

  /// Moves the first thing that is wrong to `wrong`: after all known parameters were taken.
  void finish(std::string& wrong) {
    if (!parameters_.empty()) refuse(fmt::format("{}: there is no such parameter", parameters_.front().first));
    if (!wrong_.empty()) wrong = std::move(wrong_);
  }

 private:
  void add(const Parameter& parameter) {
    auto name = koodrive::percent_decoded(parameter.name);
    auto value = koodrive::percent_decoded(parameter.value.value_or(""));
    if (!name || !value) {
      refuse("the query is not percent-encoded UTF-8");
    } else if (std::ranges::find(parameters_, *name, &Named::first) != parameters_.end()) {
      refuse(fmt::format("{}: given more than once", *name));
    } else {
      parameters_.emplace_back(std::move(*name), std::move(*value));
    }
  }

  using Named = std::pair<std::string, std::string>;
  std::vector<Named> parameters_;
  std::string wrong_;
};

void read_folder_list(Query& query, Reading& reading) {
  reading.what = Reading::What::folder_list;
  reading.offset = query.number("offset", 0, max_offset);
  reading.limit = static_cast<std::uint32_t>(query.number("limit", 1, max_folders));
  reading.whose = static_cast<Reading::Whose>(query.number("queryType", 0, 2, 0));
  query.number("status", 0, 0, 0);
  reading.key_word = query.text("keyWord").value_or("");
  if (utf16_size(reading.key_word) > max_key_word) {
    query.refuse(fmt::format("keyWord: is longer than {} characters", max_key_word));
  }
}

void read_album_list(Query& query, Reading& reading) {
  reading.what = Reading::What::album_list;
  reading.album_kind = static_cast<int>(query.number("albumKind", 1, 2));
  reading.album_type = static_cast<int>(query.number("albumType", 1, 2));
  reading.limit = static_cast<std::uint32_t>(query.number("pageSize", 1, max_albums, default_albums));
  const std::uint64_t page = query.number("pageNum", 1, max_offset / max_albums, 1);
  reading.offset = page == 0 ? 0 : (page - 1) * reading.limit;
  reading.group_id = query.text("groupId").value_or("");
}

void read_metadata(std::string id, Query& query, Reading& reading) {
  reading.what = Reading::What::one_folder;
  if (utf16_size(id) > max_folder_id) {
    query.refuse(fmt::format("shareFolderId: is longer than {} characters", max_folder_id));
  }
  reading.id = std::move(id);
}

}  // namespace

std::optional<Reading> parse_reading(std::string_view method, std::string_view target, std::string& wrong) {
  if (method != "GET") return std::nullopt;
  const std::string_view path = target.substr(0, target.find('?'));
  Query query(path.size() < target.size() ? target.substr(path.size() + 1) : std::string_view());
  Reading reading;
  if (path == folder_list) {
    read_folder_list(query, reading);
  } else if (path == album_list) {
    read_album_list(query, reading);
  } else if (path.starts_with(folder_metadata)) {
    const std::string_view segment = path.substr(folder_metadata.size());
    auto id = segment.find('/') == std::string_view::npos ? koodrive::percent_decoded(segment) : std::nullopt;
    if (!id || id->empty()) return std::nullopt;
    read_metadata(std::move(*id), query, reading);
  } else {
    return std::nullopt;
  }
  query.finish(wrong);
  return reading;
}

}  // namespace koobatch::sim
