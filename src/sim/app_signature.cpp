#include "sim/app_signature.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/join.hpp>
#include <boost/algorithm/string/split.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace koobatch::sim {
namespace {

constexpr std::string_view algorithm = "HMAC-SHA256";

using Names = std::vector<std::string>;

struct Claim {
  std::string app_id;
  Names signed_headers;
  std::string signature;
};

/// The part after `name` and '='; nothing if `part` has another name.
std::optional<std::string> member(const std::string& part, std::string_view name) {
  if (!part.starts_with(fmt::format("{}=", name))) return std::nullopt;
  return part.substr(name.size() + 1);
}

/// Parses "HMAC-SHA256 AppId=ID,SignedHeaders=NAME;NAME,Signature=HEX", strictly.
std::optional<Claim> parse(std::string_view authorization) {
  std::vector<std::string> parts;
  boost::algorithm::split(parts, authorization.substr(algorithm.size() + 1), boost::algorithm::is_any_of(","));
  if (parts.size() != 3) return std::nullopt;
  const auto app_id = member(parts[0], "AppId");
  const auto names = member(parts[1], "SignedHeaders");
  const auto signature = member(parts[2], "Signature");
  if (!app_id || !names || !signature) return std::nullopt;
  Claim claim{*app_id, {}, *signature};
  boost::algorithm::split(claim.signed_headers, *names, boost::algorithm::is_any_of(";"));
  return claim;
}

/// The value of a header by its lower-case name. Only headers that Request keeps are known; others count as not sent.
std::optional<std::string_view> header(const Request& r, std::string_view name) {
  if (name == "content-type") return r.content_type;
  if (name == "host") return r.host;
  if (name == "language") return r.language;
  if (name == "x-date") return r.date;
  if (name == "x-traceid") return r.trace_id;
  if (name == "x-user-id") return r.user_id;
  return std::nullopt;
}

std::string hex(const unsigned char* bytes, unsigned size) {
  std::string text;
  for (unsigned i = 0; i < size; ++i) fmt::format_to(std::back_inserter(text), "{:02x}", bytes[i]);
  return text;
}

std::string hex_sha256(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return hex(digest.data(), size);
}

std::string hex_hmac(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest.data(), &size);
  return hex(digest.data(), size);
}

/// The path with each segment decoded and encoded again. The route was found, so its encoding is valid.
std::string canonical_uri(std::string_view target) {
  const std::string path(target.substr(0, target.find('?')));
  Names segments;
  boost::algorithm::split(segments, path, boost::algorithm::is_any_of("/"));
  for (std::string& segment : segments) {
    segment = boost::urls::encode(boost::urls::pct_string_view(segment).decode(), boost::urls::unreserved_chars);
  }
  std::string uri = boost::algorithm::join(segments, "/");
  if (!uri.ends_with('/')) uri += '/';
  return uri;
}

/// The query's parameters, decoded, sorted and encoded again. Empty ones do not count.
std::string canonical_query(std::string_view target) {
  const auto start = target.find('?');
  if (start == std::string_view::npos) return {};
  const auto again = [](std::string_view text) {
    const auto encoded = boost::urls::make_pct_string_view(text);
    return boost::urls::encode(encoded ? encoded->decode() : std::string(text), boost::urls::unreserved_chars);
  };
  Names texts;
  boost::algorithm::split(texts, target.substr(start + 1), boost::algorithm::is_any_of("&"));
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const std::string_view text : texts) {
    if (text.empty()) continue;
    const std::string_view name = text.substr(0, text.find('='));
    parameters.emplace_back(again(name), again(text.substr(std::min(name.size() + 1, text.size()))));
  }
  std::ranges::sort(parameters);
  Names sorted;
  for (const auto& [name, value] : parameters) sorted.push_back(name + "=" + value);
  return boost::algorithm::join(sorted, "&");
}

std::string canonical_request(const Request& r, const Names& signed_headers) {
  std::string headers;
  for (const std::string& name : signed_headers) {
    headers += fmt::format("{}:{}\n", name, boost::algorithm::trim_copy(std::string(header(r, name).value())));
  }
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", r.method, canonical_uri(r.target), canonical_query(r.target), headers,
                     boost::algorithm::join(signed_headers, ";"), hex_sha256(r.body));
}

std::string refusal_of_headers(const Request& r, const Names& names) {
  for (const std::string_view needed : {"x-date", "x-user-id"}) {
    if (std::ranges::find(names, needed) == names.end()) return fmt::format("{} is not among SignedHeaders", needed);
  }
  if (std::ranges::adjacent_find(names, std::greater_equal<>()) != names.end()) {
    return "SignedHeaders is not sorted, or names a header twice";
  }
  const auto missing = std::ranges::find_if(names, [&](const std::string& name) { return !header(r, name); });
  return missing == names.end() ? "" : fmt::format("SignedHeaders names {}, which was not sent", *missing);
}

}  // namespace

bool is_app_signature(std::string_view authorization) {
  return authorization.starts_with(fmt::format("{} ", algorithm));
}

std::string refusal_of_signature(const Request& r, const auth::AppKey& app) {
  const auto claim = parse(*r.authorization);
  if (!claim) return "is not of the form 'HMAC-SHA256 AppId=ID,SignedHeaders=NAME;NAME,Signature=HEX'";
  if (claim->app_id != app.id()) return "no app has this AppId";
  if (auto wrong = refusal_of_headers(r, claim->signed_headers); !wrong.empty()) return wrong;
  const std::string text = fmt::format("{}\n{}", algorithm, hex_sha256(canonical_request(r, claim->signed_headers)));
  return claim->signature == hex_hmac(app.secret(), text) ? "" : "the signature does not match the request";
}

}  // namespace koobatch::sim
