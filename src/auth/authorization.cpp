#include "koobatch/auth/authorization.hpp"

#include <openssl/crypto.h>

#include <utility>

namespace koobatch::auth {
namespace {

constexpr std::string_view own_scheme = "Bearer+";

/// The service's own refresh hands out tokens that way: "AT 3b911d…".
bool carries_its_scheme(std::string_view token) {
  return token.find(' ') != std::string_view::npos || token.starts_with(own_scheme);
}

Header make_header(std::string value) {
  return {new std::string(std::move(value)), [](const std::string* header) {
            auto* const text = const_cast<std::string*>(header);
            OPENSSL_cleanse(text->data(), text->size());
            delete text;
          }};
}

}  // namespace

Header render_header(std::string_view form, std::string_view token) {
  std::string value;
  // Reserved in one piece: a string that grows leaves copies behind.
  value.reserve(form.size() + token.size());
  if (carries_its_scheme(token)) return make_header(std::move(value.append(token)));
  const auto place = form.find(token_placeholder);
  value.append(form.substr(0, place)).append(token).append(form.substr(place + token_placeholder.size()));
  return make_header(std::move(value));
}

std::string_view secret_in(std::string_view form, std::string_view header) {
  const auto place = form.find(token_placeholder);
  const auto before = form.substr(0, place);
  const auto after = form.substr(place + token_placeholder.size());
  if (header.size() > before.size() + after.size() && header.starts_with(before) && header.ends_with(after)) {
    header = header.substr(before.size(), header.size() - before.size() - after.size());
  }
  // A token may carry its scheme word, which need not be masked and which an echo may omit.
  if (header.starts_with(own_scheme)) header.remove_prefix(own_scheme.size());
  return header.substr(header.rfind(' ') + 1);
}

}  // namespace koobatch::auth
