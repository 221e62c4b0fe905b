#pragma once
#include "koobatch/auth/signer.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/job/operation.hpp"
#include "koobatch/net/endpoint.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace koobatch::net {

/// Renders requests into one flat buffer: head and body, ready to be written in one call.
class RequestRenderer {
 public:
  /// With an app's key, requests are signed with it; null: they carry the authorization they are given.
  explicit RequestRenderer(const Endpoint& endpoint, const auth::AppKey* app = nullptr);

  /// Replaces `out`. `authorization` is the whole header value; `x_date` is the time the bytes leave, on the server's
  /// clock. The texts come from validated operations and hold no line breaks. Returns the request's signature, a view
  /// into `out`; empty if it is not signed.
  std::string_view render(const job::Operation& operation, std::string_view authorization, WallTime x_date,
                          const TraceId& trace_id, std::string& out);
  /// Replaces `out` with a POST that is about no operation and for no user.
  void render_call(std::string_view target, std::string_view authorization, WallTime x_date, std::string_view body,
                   std::string& out);

 private:
  void keep_date(WallTime x_date);
  void sign(const job::Operation& operation, std::string& out);

  std::string host_;
  std::string fixed_;  ///< Host and User-Agent
  std::optional<auth::Signer> signer_;
  char x_date_[x_date_length];
  std::chrono::seconds x_date_second_{-1};  ///< which second x_date_ holds: it changes rarely
};

}  // namespace koobatch::net
