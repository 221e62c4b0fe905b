#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace koobatch::koodrive {

/// Method and path of "POST /path".
struct RequestLine {
  std::string_view method, path;
};
/// Nothing if the text is not of that form. The parts are not checked.
std::optional<RequestLine> split_request(std::string_view text);

/// Why a path cannot be that of an operation; empty: it can. It is used as it is, so it must not be able to lead
/// anywhere else, whoever reads it: no host, no `..`, no query, nothing encoded.
std::string refuse_path(std::string_view path);
/// Whether it has the form name=value&name=value, of letters, digits and few other characters.
bool is_query(std::string_view query);

/// Whether it stands for itself in a URL, wherever it stands (RFC 3986, section 2.3).
bool is_unreserved(char c);

/// The parts of a path between slashes. Precondition: it begins with one.
std::vector<std::string_view> segments_of(std::string_view path);
/// Whether a field goes where the segment is.
bool is_placeholder(std::string_view segment);
/// The path without the names in braces, by which alone paths of one request may differ: "/notes/{}/mark".
std::string shape_of(std::string_view path);
/// The names in braces, in order.
std::vector<std::string_view> placeholders_of(std::string_view text);
std::size_t count_braces(std::string_view text);

}  // namespace koobatch::koodrive
