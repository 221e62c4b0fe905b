#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/trace_id.hpp"
#include "koobatch/http/endpoint.hpp"
#include "koobatch/http/request.hpp"
#include "koobatch/koodrive/app_signature.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/koodrive/x_date.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace koobatch::koodrive {

/// Renders the service's requests. For one thread.
class RequestRenderer {
 public:
  /// With an app's key, requests are signed with it, and it must outlive this; null: they carry the authorization they
  /// are given.
  explicit RequestRenderer(const http::Endpoint& endpoint, const auth::AppKey* app = nullptr);
  ~RequestRenderer();
  RequestRenderer(const RequestRenderer&) = delete;
  RequestRenderer& operator=(const RequestRenderer&) = delete;

  /// Replaces `out`. `authorization` is the whole header value; `x_date` is the time the bytes leave, on the server's
  /// clock. The texts come from validated operations and hold no line breaks. Returns the request's signature, a view
  /// into `out`; empty if it is not signed. `ask_quota`: has the gateway tell its quotas in the answer's header, which
  /// it does for requests in its debug mode.
  std::string_view render(const Operation& operation, std::string_view authorization, WallTime x_date,
                          const TraceId& trace_id, http::Request& out, bool ask_quota = false);
  /// Likewise, for a GET of `target`, percent-encoded and perhaps with a query, on behalf of the operation.
  std::string_view render_reading(const Operation& operation, std::string_view target, std::string_view authorization,
                                  WallTime x_date, const TraceId& trace_id, http::Request& out);
  /// Replaces `out` with a POST that is about no operation and for no user.
  void render_call(std::string_view target, std::string_view authorization, WallTime x_date, std::string_view body,
                   http::Request& out);

 private:
  void keep_date(WallTime x_date);
  /// What differs between requests. The views are valid until they are rendered.
  struct Parts {
    std::string_view method, path, query;
    std::string_view body;
  };
  /// The value of Authorization, valid until the next call. Precondition: there is a signer.
  std::string_view sign(const Parts& parts, std::string_view user);
  /// Adds the fields that all requests about operations have.
  void add_fields(const Operation& operation, std::string_view authorization, const TraceId& trace_id,
                  http::Request& out) const;
  /// The signature within the request; empty if it is not signed.
  std::string_view signature_in(const http::Request& out) const;

  std::string host_;
  http::CommonFields common_;
  std::optional<Signer> signer_;
  std::string signed_;
  char x_date_[x_date_length];
  std::chrono::seconds x_date_second_{-1};  ///< which second x_date_ holds: it changes rarely
};

}  // namespace koobatch::koodrive
