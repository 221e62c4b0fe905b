#include "koodrive/known_success.hpp"

#include "koobatch/core/eight_bytes.hpp"

#include <bit>

namespace koobatch::koodrive {

bool KnownSuccess::Form::matches(std::string_view body, std::string_view id) const {
  return known && body.size() == before.size() + id.size() + after.size() && body.starts_with(before) &&
         body.ends_with(after) && body.substr(before.size(), id.size()) == id;
}

const WipedString* KnownSuccess::find(std::string_view body, std::string_view expected_id) {
  const Form* found = nullptr;
  if (forms_[0].matches(body, {})) {
    found = &forms_[0];
  } else if (forms_[1].matches(body, expected_id) && is_digits(expected_id)) {
    // Digits are the same in JSON, whatever else would have to be escaped there.
    found = &forms_[1];
  }
  if (found == nullptr) return nullptr;
  unknown_ = 0;
  return &found->msg;
}

void KnownSuccess::learn(std::string_view body, std::string_view id, std::string_view msg) {
  if (!std::has_single_bit(++unknown_)) return;
  Form& form = forms_[id.empty() ? 0 : 1];
  form.known = false;
  std::size_t at = body.size();
  if (!id.empty()) {
    // Where it stands must be certain.
    at = body.find(id);
    if (at == std::string_view::npos || body.find(id, at + 1) != std::string_view::npos) return;
    if (body.find('\\') != std::string_view::npos) return;
  }
  form.before = body.substr(0, at);
  form.after = body.substr(at + id.size());
  form.msg = msg;
  form.known = true;
}

}  // namespace koobatch::koodrive
