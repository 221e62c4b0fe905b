#pragma once
#include <string>
#include <string_view>

namespace koobatch::koodrive {

/// The parts of a request that its signature covers.
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

// Each segment of the path is percent-encoded by RFC 3986, once, as the page on app authentication and the vendor's
// "API Request Signing Guide" (CanonicalURI) say, and the vendor's own signers decode a path before they encode it. A
// request line is encoded already. Encoded a second time, "%25" would become "%2525", and no signature of an album
// whose ID needs encoding would be right. So what is encoded stays so, in RFC 3986's spelling, and only the rest is
// encoded. An encoded slash is part of its segment.

/// Appends the path in its canonical form, which ends in '/'.
void append_canonical_uri(std::string_view path, std::string& out);
/// Appends the `name=value` pairs, sorted by name and then by value.
void append_canonical_query(std::string_view query, std::string& out);
/// Appends the canonical request but for its last line, the hash of the body.
void append_canonical_head(const SignedParts& parts, std::string& out);

}  // namespace koobatch::koodrive
