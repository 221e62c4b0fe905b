#include "koodrive/declared_quota_fields.hpp"

#include "koobatch/core/trimmed.hpp"
#include "koodrive/declared_quota_text.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>

namespace koobatch::koodrive {
namespace {

/// How much of a message is examined.
constexpr std::size_t max_message = 512;

template <class T>
void lower_to(std::optional<T>& value, std::optional<T> other) {
  if (other && (!value || *other < *value)) value = other;
}

template <class T>
void raise_to(std::optional<T>& value, std::optional<T> other) {
  if (other && (!value || *other > *value)) value = other;
}

/// Calls `read` with each part of a text.
template <class Read>
void for_each_part(std::string_view text, char separator, Read read) {
  while (!text.empty()) read(take_part(text, separator));
}

/// Calls `read` with the name and the value of each part of a text.
template <class Read>
void for_each_pair(std::string_view text, char separator, char assigns, Read read) {
  for_each_part(text, separator, [&](std::string_view part) {
    const auto [name, value] = split(part, assigns);
    read(name, value);
  });
}

// Declarations of one quota
// ---------------------------------------------------------------------------------------

/// Makes `a` as strict as either, in every respect.
void tighten(DeclaredQuota& a, const DeclaredQuota& b) {
  lower_to(a.limit, b.limit);
  lower_to(a.remaining, b.remaining);
  raise_to(a.window, b.window);
  raise_to(a.reset, b.reset);
}

/// Whether two declarations can only be about one quota, so that a difference is a contradiction.
bool are_about_the_same(const DeclaredQuota& a, const DeclaredQuota& b) {
  if (a.scope != b.scope) return false;
  if (a.window.has_value() == b.window.has_value()) return a.window == b.window;
  return a.limit && a.limit == b.limit;
}

/// Corrects impossible values: more requests left than the limit, a longer wait than the window.
void make_consistent(DeclaredQuota& quota) {
  if (quota.remaining && quota.limit) lower_to(quota.remaining, quota.limit);
  if (quota.reset && quota.window) lower_to(quota.reset, quota.window);
}

double looseness(const DeclaredQuota& quota) {
  return quota.rate().value_or(std::numeric_limits<double>::infinity());
}

/// Adds a quota, or tightens the one that it repeats. If the list is full, the loosest is dropped.
void add(DeclaredQuota quota, DeclaredQuotas& out) {
  if (!quota.limit && !quota.remaining && !quota.window && !quota.reset) return;
  DeclaredQuota* loosest = &quota;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (are_about_the_same(out[i], quota)) {
      tighten(out[i], quota);
      make_consistent(out[i]);
      return;
    }
    if (looseness(out[i]) > looseness(*loosest)) loosest = &out[i];
  }
  make_consistent(quota);
  if (out.size() < DeclaredQuotas::capacity) {
    out.add(quota);
  } else {
    *loosest = quota;
  }
}

void add_gateway_quota(std::string_view text, DeclaredQuota::Scope scope, DeclaredQuotas& out) {
  DeclaredQuota quota{.scope = scope};
  for_each_pair(text, ',', ':', [&](std::string_view name, std::string_view value) {
    if (equal_ignoring_case(name, "remain")) lower_to(quota.remaining, parse_requests(value));
    if (equal_ignoring_case(name, "limit")) lower_to(quota.limit, parse_limit(value));
    if (equal_ignoring_case(name, "time")) raise_to(quota.window, parse_window(value));
  });
  add(quota, out);
}

// Header fields
// --------------------------------------------------------------------------------------------------------

/// What the fields of one answer say, collected until it is clear which of them belong together.
class Collection {
 public:
  explicit Collection(WallTime now) : now_(now) {}

  void read(const QuotaField& field, std::string_view value, DeclaredQuotas& out) {
    DeclaredQuota& plain = plain_[field.prefixed ? 1 : 0];
    switch (field.form) {
      case QuotaForm::policies:
        for_each_part(value, ',', [&](std::string_view part) { read_policy(part); });
        break;
      case QuotaForm::states:
        for_each_part(value, ',', [&](std::string_view part) { read_state(part, plain); });
        break;
      case QuotaForm::limit:
        for_each_part(value, ',', [&](std::string_view part) { read_limit(part, plain); });
        break;
      case QuotaForm::remaining:
        for_each_part(value, ',',
                      [&](std::string_view part) { lower_to(plain.remaining, parse_requests(unquoted(part))); });
        break;
      case QuotaForm::reset:
        read_reset(value, plain);
        break;
      case QuotaForm::gateway:
        add_gateway_quota(value, field.scope, out);
        break;
    }
  }

  void add_to(DeclaredQuotas& out) {
    const Policy* only = nullptr;
    std::size_t count = 0;
    for (const Policy& policy : policies_) {
      if (policy.name.empty() || !policy.counts_requests) continue;
      add(policy.quota, out);
      if (policy.quota.limit) only = ++count == 1 ? &policy : nullptr;
    }
    for (DeclaredQuota& plain : plain_) {
      // The state of the only policy needs no limit to belong to it.
      if (only != nullptr && !plain.limit && (plain.remaining || plain.reset)) plain.limit = only->quota.limit;
      add(plain, out);
    }
  }

 private:
  /// Names are views into the fields.
  struct Policy {
    std::string_view name{};  ///< empty: there is none
    DeclaredQuota quota{};
    bool counts_requests = true;  ///< otherwise bytes, or requests in flight
  };

  /// Returns the policy of that name, a new one if there is none; null if the list is full or the name is empty.
  Policy* find(std::string_view name) {
    if (name.empty()) return nullptr;
    auto* const found = std::find_if(policies_.begin(), policies_.end(),
                                     [&](const Policy& policy) { return policy.name.empty() || policy.name == name; });
    if (found == policies_.end()) return nullptr;
    found->name = name;
    return found;
  }

  /// `"default";q=100;w=60;qu="requests"`, or `100;w=60`.
  void read_policy(std::string_view part) {
    const std::string_view name = unquoted(take_part(part, ';'));
    Policy* const policy = find(name);
    if (policy == nullptr) return;
    bool has_limit = false;
    for_each_pair(part, ';', '=', [&](std::string_view parameter, std::string_view value) {
      if (parameter == "q" || parameter == "l") {  // its name in earlier drafts
        has_limit = true;
        lower_to(policy->quota.limit, parse_limit(value));
      }
      if (parameter == "w") raise_to(policy->quota.window, parse_window(value));
      if (parameter == "qu") policy->counts_requests = equal_ignoring_case(value, "requests");
    });
    if (!has_limit) lower_to(policy->quota.limit, parse_limit(name));
  }

  /// `"default";r=50;t=30`, or `limit=100`, which belongs to no policy.
  void read_state(std::string_view part, DeclaredQuota& plain) {
    const std::string_view head = take_part(part, ';');
    const auto [name, value] = split(head, '=');
    if (!value.empty()) {
      if (name == "limit") lower_to(plain.limit, parse_limit(value));
      if (name == "remaining") lower_to(plain.remaining, parse_requests(value));
      if (name == "reset") raise_to(plain.reset, parse_reset(value, now_));
      return;
    }
    Policy* const policy = find(unquoted(head));
    if (policy == nullptr) return;
    for_each_pair(part, ';', '=', [&](std::string_view parameter, std::string_view state) {
      if (parameter == "r") lower_to(policy->quota.remaining, parse_requests(state));
      if (parameter == "t") raise_to(policy->quota.reset, parse_reset(state, now_));
    });
  }

  /// `100`, or a policy: `100;w=60`.
  void read_limit(std::string_view part, DeclaredQuota& plain) {
    std::string_view parameters = part;
    const auto limit = parse_limit(unquoted(take_part(parameters, ';')));
    std::optional<Duration> window;
    for_each_pair(parameters, ';', '=', [&](std::string_view parameter, std::string_view value) {
      if (parameter == "w") window = parse_window(value);
    });
    if (window) {
      read_policy(part);
    } else {
      lower_to(plain.limit, limit);
    }
  }

  void read_reset(std::string_view value, DeclaredQuota& plain) {
    // A date contains a comma itself.
    if (const auto reset = parse_reset(value, now_)) {
      raise_to(plain.reset, reset);
      return;
    }
    for_each_part(value, ',', [&](std::string_view part) { raise_to(plain.reset, parse_reset(unquoted(part), now_)); });
  }

  WallTime now_;
  std::array<Policy, 8> policies_;
  std::array<DeclaredQuota, 2> plain_;
};

}  // namespace

void read_quota_fields(std::string_view fields, WallTime now, DeclaredQuotas& out) {
  Collection collection(now);
  while (!fields.empty()) {
    const std::string_view line = fields.substr(0, fields.find('\n'));
    fields.remove_prefix(std::min(line.size() + 1, fields.size()));
    const std::size_t colon = std::min(line.find(':'), line.size());
    const auto* const field = std::find_if(quota_fields.begin(), quota_fields.end(), [&](const QuotaField& known) {
      return equal_ignoring_case(known.name, line.substr(0, colon));
    });
    if (field == quota_fields.end()) continue;
    collection.read(*field, trimmed(line.substr(std::min(colon + 1, line.size()))), out);
  }
  collection.add_to(out);
}

void read_quota_message(std::string_view message, DeclaredQuota::Scope scope, DeclaredQuotas& out) {
  add_gateway_quota(message.substr(0, max_message), scope, out);
}

}  // namespace koobatch::koodrive
