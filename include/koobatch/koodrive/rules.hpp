#pragma once
#include "koobatch/koodrive/fields.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace koobatch::koodrive {

/// A broken rule: which field, and what is wrong with it, e.g. {"fileName", "contains '*', which is not allowed (…)"}.
/// An empty field means the record as a whole.
struct Violation {
  std::string field;
  std::string message;
};

/// Checks every documented rule of the row (presence, values). Appends what is broken to `out`; nothing if all is well.
/// Does not look at `ref`; checks user_id and language if there are any.
void check(const Fields& fields, std::vector<Violation>& out);
/// The rule of X-User-Id and of `language` alone, also for the values that come from a setting: 1 to 128 visible ASCII
/// characters.
void check_user_id(std::string_view value, std::vector<Violation>& out);
void check_language(std::string_view value, std::vector<Violation>& out);

}  // namespace koobatch::koodrive
