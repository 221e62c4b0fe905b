#include "koobatch/koodrive/operation_words.hpp"

#include <fmt/format.h>

namespace koobatch::koodrive {

std::string key_of(const OperationRow& row) {
  return fmt::format("{}{{{}}}{}", row.key_prefix, row.fields[row.key_field].name, row.key_rest);
}

std::vector<std::string_view> names_in(const OperationRow& row, std::uint32_t set) {
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < row.fields.size(); ++i) {
    if ((set >> i & 1U) != 0) names.push_back(row.fields[i].name);
  }
  return names;
}

std::vector<std::int64_t> success_statuses(const OperationRow& row) {
  if (row.success_http.empty()) return {200};
  return {row.success_http.begin(), row.success_http.end()};
}

}  // namespace koobatch::koodrive
