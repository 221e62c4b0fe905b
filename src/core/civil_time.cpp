#include "koobatch/core/civil_time.hpp"

namespace koobatch {

using namespace std::chrono;

std::optional<int> read_digits(std::string_view text, std::size_t from, std::size_t width) {
  int value = 0;
  for (const char c : text.substr(from, width)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::optional<WallTime> assemble(const DateParts& p, int last_second) {
  if (!p.year || !p.month || !p.day || !p.hour || !p.minute || !p.second) return std::nullopt;
  const year_month_day date{year(*p.year), month(static_cast<unsigned>(*p.month)), day(static_cast<unsigned>(*p.day))};
  if (!date.ok() || *p.hour > 23 || *p.minute > 59 || *p.second > last_second) return std::nullopt;
  // Nanoseconds in 64 bits span 292 years either way: times from outside must overflow neither them nor a difference.
  constexpr sys_seconds first = sys_days(year(1970) / 1 / 1);
  constexpr sys_seconds last = sys_days(year(2200) / 1 / 1) - std::chrono::seconds(1);
  const sys_seconds time = sys_days(date) + hours(*p.hour) + minutes(*p.minute) + std::chrono::seconds(*p.second);
  return std::clamp(time, first, last);
}

}  // namespace koobatch
