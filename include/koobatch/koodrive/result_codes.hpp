#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace koobatch::koodrive {

/// The result codes that the reference names. An answer carries one as `code`.
namespace code {
constexpr std::int64_t success = 0;
constexpr std::int64_t parameter_check_failed = 13000102;
constexpr std::int64_t generic_failure = 13000201;
constexpr std::int64_t space_unavailable = 13000301;
constexpr std::int64_t folder_in_recycle_bin = 13000305;
constexpr std::int64_t file_in_recycle_bin = 13000306;
constexpr std::int64_t no_such_resource = 13000309;
constexpr std::int64_t name_taken = 13000405;
constexpr std::int64_t no_permission = 13000410;
}  // namespace code

/// What is known of a code that refuses a request.
struct ResultCode {
  std::int64_t code;
  std::string_view meaning;  ///< the reference's words
  /// Whether no further attempt can help. The reference does not say so; it is our reading (for some codes the vendor
  /// advises to try again later, then to ask its support).
  bool final;
  bool may_mean_clock;      ///< also what is answered to a request whose X-Date is not acceptable
  std::string_view advice;  ///< what a person can do about it; empty where the code says nothing to go by
};

/// All codes that refuse a request.
std::span<const ResultCode> result_codes();
/// Null for a code that the reference does not name.
const ResultCode* find_result_code(std::int64_t code);
/// Whether the code is a documented refusal that no further attempt can help.
bool is_final_refusal(std::int64_t code);
/// Whether a refusal with this code can be about X-Date instead of the operation.
bool may_mean_clock(std::int64_t code);

}  // namespace koobatch::koodrive
