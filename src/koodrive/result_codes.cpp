#include "koobatch/koodrive/result_codes.hpp"

#include <algorithm>

namespace koobatch::koodrive {
namespace {

constexpr std::string_view restore_it = "it is in the recycle bin: restore it, or drop the operation";

constexpr ResultCode table[] = {
    {.code = code::parameter_check_failed,
     .meaning = "parameter check failed",
     .final = true,
     .may_mean_clock = true,
     .advice = "the service refuses a value: compare the fields with its documentation"},
    {.code = code::generic_failure, .meaning = "generic failure", .final = true, .may_mean_clock = true, .advice = ""},
    {.code = code::space_unavailable,
     .meaning = "space missing or abnormal",
     .final = true,
     .may_mean_clock = false,
     .advice = "the user's space is missing or in an abnormal state: check it first"},
    {.code = code::folder_in_recycle_bin,
     .meaning = "in the recycle bin",
     .final = true,
     .may_mean_clock = false,
     .advice = restore_it},
    {.code = code::file_in_recycle_bin,
     .meaning = "in the recycle bin",
     .final = true,
     .may_mean_clock = false,
     .advice = restore_it},
    {.code = code::no_such_resource,
     .meaning = "resource does not exist",
     .final = true,
     .may_mean_clock = false,
     .advice = "the resource does not exist (any more): check the ID and the user, or drop the operation"},
    {.code = code::name_taken,
     .meaning = "name already used",
     .final = true,
     .may_mean_clock = false,
     .advice = "the name is taken: choose another one"},
    {.code = code::no_permission,
     .meaning = "no permission",
     .final = true,
     .may_mean_clock = false,
     .advice = "this user lacks the permission: use another user_id, or request the permission"},
};

}  // namespace

std::span<const ResultCode> result_codes() {
  return table;
}

const ResultCode* find_result_code(std::int64_t code) {
  const auto* found = std::ranges::find(table, code, &ResultCode::code);
  return found == std::end(table) ? nullptr : found;
}

bool is_final_refusal(std::int64_t code) {
  const auto* known = find_result_code(code);
  return known != nullptr && known->final;
}

bool may_mean_clock(std::int64_t code) {
  const auto* known = find_result_code(code);
  return known != nullptr && known->may_mean_clock;
}

}  // namespace koobatch::koodrive
