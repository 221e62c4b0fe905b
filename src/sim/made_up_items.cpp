#include "sim/made_up_items.hpp"

#include "sim/random.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

namespace koobatch::sim {

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
