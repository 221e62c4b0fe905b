#pragma once
#include <string>

namespace koobatch::test {

/// The body of a plain HTTP GET of `path` from the server at `url`.
std::string http_get(const std::string& url, const std::string& path);

}  // namespace koobatch::test
