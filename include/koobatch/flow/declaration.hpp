#pragma once
#include "koobatch/core/clock.hpp"
#include "koobatch/core/declared_quota.hpp"

#include <cstdint>
#include <optional>

namespace koobatch::flow {

/// Whether any of the quotas has this scope.
bool any_of_scope(const DeclaredQuotas& quotas, DeclaredQuota::Scope scope);

/// What a service declares about one of its limits, and whether that has proven true. It may be wrong, outdated or a
/// lie, so it is never more than a hint: where to begin, when to stop before something is refused, when to ask again.
class Declaration {
 public:
  struct News {
    std::optional<double> rate;  ///< requests a second, if they were not declared before
    bool used_up = false;        ///< nothing is left, and that is believed
    bool disproved = false;      ///< what is declared to be left has proven wrong
    Duration reset{};            ///< how long there will certainly be nothing; 0: unknown
  };

  /// Reports what the answer to a request sent at `sent` declares for `scope`. `admitted`: the request was. Returns
  /// what follows.
  News hear(const DeclaredQuotas& quotas, DeclaredQuota::Scope scope, TimePoint sent, TimePoint now, bool admitted);
  /// How many requests more are admitted for now, as far as that is declared and believed.
  std::optional<std::uint32_t> room() const { return believed_ ? room_ : std::nullopt; }

 private:
  /// What was left at some time, and how many requests sent since then were admitted.
  struct Count {
    std::uint32_t left = 0;
    std::uint32_t admitted = 0;
    TimePoint since{};
    TimePoint until = TimePoint::max();  ///< when it is restored
  };

  void count(std::uint32_t room, std::optional<Duration> restored, TimePoint sent, TimePoint now, bool admitted);

  std::optional<double> rate_;
  std::optional<std::uint32_t> room_;
  TimePoint newest_ = TimePoint::min();  ///< when the request was sent whose answer counts
  std::optional<Count> count_;
  bool believed_ = true;  ///< what it says is left
};

}  // namespace koobatch::flow
