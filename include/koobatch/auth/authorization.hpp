#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace koobatch::auth {

/// Stands for the token in the form of a header.
constexpr std::string_view token_placeholder = "{token}";

/// An Authorization header's value. Immutable, so that a renewal never changes it under a reader, and wiped when its
/// last owner releases it.
using Header = std::shared_ptr<const std::string>;

/// Renders the header: `token` in place of `{token}` in `form`. A token that carries its own scheme word ("AT 3b911d…")
/// is sent unchanged.
Header render_header(std::string_view form, std::string_view token);

/// The secret within a header rendered from `form`, for callers that must mask it. A view into `header`.
std::string_view secret_in(std::string_view form, std::string_view header);

}  // namespace koobatch::auth
