#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace koobatch::koodrive {

/// Whether an answer with a 2xx status whose body holds no documented answer cannot be the service's at all. The
/// service answers with a JSON object, so these are not its: no body; a body that begins like HTML or XML; a body that
/// calls itself anything but JSON. Not among them: a body that may have been the service's and was damaged.
bool is_foreign(std::string_view content_type, std::string_view body);

/// The title of an HTML page, or else all of the body, without white space at its ends. A view into `body`.
std::string_view title_of(std::string_view body);

/// The number by which a firewall or a proxy can find what it refused, as its page shows it: "support ID 4711". Empty
/// if the page shows none. `page`: UTF-8, at least its ASCII.
std::string support_number_of(std::string_view page);

/// "application/json": a Content-Type without its parameters, bounded and safe for a terminal.
std::string describe_type(std::string_view content_type);

/// "'{"code":0,"msg":"succ'": the beginning of a body that cannot be read as the documented answer, in one line, safe
/// for a terminal. The caller has masked what must not be shown.
std::string quote_body(std::string_view text);

/// "text/html, 'Sign in'": a Content-Type (empty: there was none) and what title_of() gave, bounded, in one line, safe
/// for a terminal. Both come from outside: the caller has masked what must not be shown.
std::string describe_page(std::string_view content_type, std::string_view title);

}  // namespace koobatch::koodrive
