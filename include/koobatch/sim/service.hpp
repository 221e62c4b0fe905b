#pragma once
#include "koobatch/auth/app_key.hpp"
#include "koobatch/auth/user_tokens.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/job/operation.hpp"
#include "koobatch/sim/request.hpp"
#include "koobatch/sim/tokens.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace koobatch::sim {

/// Result codes of the service.
constexpr std::int64_t code_success = 0;
constexpr std::int64_t code_parameter_check = 13000102;
constexpr std::int64_t code_generic_failure = 13000201;
constexpr std::int64_t code_no_such_resource = 13000309;

/// How old an X-Date may be.
constexpr std::chrono::minutes x_date_window{15};

/// What the documented rules say about one request. Reused from request to request: keeps its memory.
struct Judgement {
  const job::OperationRow* row = nullptr;  ///< null: no such operation
  job::Fields fields;                      ///< what of the body could be read, even if the request is refused
  std::string key;                         ///< "folder:1757…"; empty if it could not be read
  std::uint64_t key_hash = 0;
  std::optional<TraceId> trace_id;  ///< if there is one, and it is well-formed

  int status = 200;
  std::int64_t code = code_success;
  std::string msg;       ///< the documented one, or the broken rule
  bool refresh = false;  ///< it is about tokens, and about no operation; `storage` is the session it gives

  bool accepted() const { return status == 200; }

  // What the fields point to.
  std::string path_value, storage;
  std::vector<job::Violation> violations;
};

/// The documented rules, one after the other, the first broken one wins: route (404), token or app signature (401), the
/// other headers and the body (400). Pure: neither sockets nor clock.
class Service {
 public:
  /// `app`: the one whose signatures are accepted; then no token is that was not set. Null: none.
  explicit Service(Tokens tokens, std::shared_ptr<const auth::AppKey> app = nullptr)
      : tokens_(std::move(tokens)), app_(std::move(app)) {}
  /// `token`: the only one accepted; empty: any, but none if there is an app.
  explicit Service(std::string token, std::shared_ptr<const auth::AppKey> app = nullptr)
      : Service(Tokens({.access = std::move(token)}), std::move(app)) {}
  /// From now on each user's own token is the only one accepted from that user.
  void set_user_tokens(std::shared_ptr<const auth::UserTokens> tokens) { user_tokens_ = std::move(tokens); }
  /// `now` is the time at which the request arrived. The views in `out` live as long as `request` and `out` do.
  void judge(const Request& request, WallTime now, Judgement& out);

 private:
  bool check_authorization(const Request& request, WallTime now, Judgement& out);
  bool check_signature(const Request& request, Judgement& out) const;
  bool judge_refresh(const Request& request, WallTime now, Judgement& out);

  bool accepts(std::string_view token, std::optional<std::string_view> user, WallTime now);

  Tokens tokens_;
  std::shared_ptr<const auth::AppKey> app_;
  std::shared_ptr<const auth::UserTokens> user_tokens_;  ///< null: `tokens_` are everybody's
};

/// Appends the body of the documented answer to a judged request: success or refusal.
void append_answer_body(std::string& out, const Judgement& judgement);

}  // namespace koobatch::sim
