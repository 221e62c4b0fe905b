#pragma once
#include <memory>
#include <string>
#include <string_view>

namespace koobatch::auth {

/// In the form of a header: where the token goes.
constexpr std::string_view token_placeholder = "{token}";

/// An Authorization header's value. Immutable, so that a renewal never pulls it away under a reader, and wiped when
/// nobody has it any more.
using Header = std::shared_ptr<const std::string>;

/// The header for `token` in `form`, where it takes the place of `{token}`. A token that carries its scheme word ("AT
/// 3b911d…") is sent as it is.
Header render_header(std::string_view form, std::string_view token);

/// The secret within a header made of `form`, for whoever must not show it. A view into `header`.
std::string_view secret_in(std::string_view form, std::string_view header);

}  // namespace koobatch::auth
