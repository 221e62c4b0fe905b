#pragma once
#include <string>
#include <string_view>

namespace koobatch::auth {

/// What of a request its signature covers.
struct SignedParts {
  std::string_view method;
  std::string_view path;   ///< as the request line has it
  std::string_view query;  ///< without the '?'
  std::string_view host;   ///< the header, as sent; so are the next two
  std::string_view x_date;
  std::string_view user_id;
  std::string_view body;
};

/// The headers that are signed.
constexpr std::string_view signed_headers = "host;x-date;x-user-id";

// Encoding is done once, as the vendor's public signing guide and the page on app authentication have it: each segment
// of the path is percent-encoded by RFC 3986. A request line carries its segments so encoded already, and the service
// computes the signature from them decoded. Encoded a second time, "%2F" would become "%252F" and no signature of an
// album whose ID needs encoding would be right. So what is encoded here stays as it is, and only the rest is encoded:
// reading "%2f" and "%7E" in another spelling than RFC 3986 prefers makes no difference to the result either.

/// Appends the path in its canonical form, which ends in '/'.
void append_canonical_uri(std::string_view path, std::string& out);
/// Appends the `name=value` pairs, sorted by name and then by value.
void append_canonical_query(std::string_view query, std::string& out);
/// Appends the canonical request but for its last line, the hash of the body.
void append_canonical_head(const SignedParts& parts, std::string& out);

}  // namespace koobatch::auth
