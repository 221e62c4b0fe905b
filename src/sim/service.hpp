#pragma once
#include "koobatch/auth/app_key.hpp"
#include "koobatch/auth/user_tokens.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/koodrive/fields.hpp"
#include "koobatch/koodrive/operation_catalogue.hpp"
#include "koobatch/koodrive/result_codes.hpp"
#include "koobatch/koodrive/route.hpp"
#include "koobatch/koodrive/rules.hpp"
#include "koobatch/sim/operations.hpp"
#include "sim/reading.hpp"
#include "sim/request.hpp"
#include "sim/tokens.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace koobatch::sim {

/// The verdict of the documented rules on one request. Reused from request to request to keep its memory.
struct Judgement {
  const koodrive::OperationRow* row = nullptr;  ///< null: it is about no operation
  std::optional<Reading> reading;               ///< if it reads items
  koodrive::Fields fields;                      ///< what could be read from the body, even if the request is refused
  std::string key;                              ///< "folder:1757…"; empty if it could not be read, and for lists
  std::uint64_t key_hash = 0;
  std::optional<TraceId> trace_id;  ///< if there is a well-formed one

  int status = 200;
  std::int64_t code = koodrive::code::success;
  std::string msg;       ///< the documented one, or the broken rule
  bool refresh = false;  ///< about tokens rather than an operation; `storage` is the session that it returns

  bool accepted() const { return status < 300; }
  /// Whether it is an operation or reads items. Everything else is judged by neither quotas nor faults.
  bool is_routed() const { return row != nullptr || reading.has_value(); }

  // Owners of what the fields point to.
  koodrive::RouteMatch route;
  std::string storage;
  std::vector<koodrive::Violation> violations;
};

/// The documented rules, checked in order; the first broken rule decides: route (404), token or app signature (401),
/// the other headers and the body or the query (400). Pure: no sockets, no clock.
class Service {
 public:
  /// `app`: the app whose signatures are accepted; then a token is accepted only if one was set. Null: none.
  explicit Service(Tokens tokens, std::shared_ptr<const auth::AppKey> app = nullptr)
      : tokens_(std::move(tokens)), app_(std::move(app)) {}
  /// `token`: the only one accepted; empty: any, but none if there is an app.
  explicit Service(std::string token, std::shared_ptr<const auth::AppKey> app = nullptr)
      : Service(Tokens({.access = std::move(token)}), std::move(app)) {}
  /// Sets the tokens of the users: from now on, only a user's own token is accepted from that user.
  void set_user_tokens(std::shared_ptr<const auth::UserTokens> tokens) { user_tokens_ = std::move(tokens); }
  /// From now on, it knows the requests that read items.
  void offer_items() { has_items_ = true; }
  /// Sets the operations that it knows, instead of operations(). They must outlive it.
  void set_operations(const koodrive::OperationCatalogue& catalogue) { operations_ = &catalogue; }
  /// Sets the maximum age of an X-Date, instead of the documented one.
  void set_x_date_window(Duration window) { x_date_window_ = window; }
  /// `now`: when the request arrived. `x_date_ahead`: how far the clock by which X-Date is judged is ahead of it. The
  /// views in `out` are valid as long as `request` and `out` exist.
  void judge(const Request& request, WallTime now, Judgement& out, Duration x_date_ahead = {});

 private:
  bool check_authorization(const Request& request, WallTime now, Judgement& out);
  bool check_signature(const Request& request, Judgement& out) const;
  bool judge_refresh(const Request& request, WallTime now, Judgement& out);
  bool find_route(const Request& request, Judgement& out) const;
  bool find_reading(const Request& request, Judgement& out) const;
  bool check_headers(const Request& request, WallTime now, Duration x_date_ahead, Judgement& out);

  bool accepts(std::string_view token, std::optional<std::string_view> user, WallTime now);

  const koodrive::OperationCatalogue* operations_ = &operations();
  bool has_items_ = false;
  Duration x_date_window_ = std::chrono::minutes(15);
  Tokens tokens_;
  std::shared_ptr<const auth::AppKey> app_;
  std::shared_ptr<const auth::UserTokens> user_tokens_;  ///< null: `tokens_` apply to all users
};

/// Appends the body of the documented answer to a judged request: success or refusal. Precondition: it does not read
/// items, or was refused.
void append_answer_body(std::string& out, const Judgement& judgement);

}  // namespace koobatch::sim
