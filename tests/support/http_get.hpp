#pragma once
#include <string>

namespace koobatch::test {

/// The body that plain HTTP GET of `path` gives, from the server at `url`.
std::string http_get(const std::string& url, const std::string& path);

}  // namespace koobatch::test
