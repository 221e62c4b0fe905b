#include "fleet/share_keeper.hpp"

#include "koobatch/flow/rate_limiter.hpp"

namespace koobatch::fleet {

Answer<void> ShareKeeper::follow(Ledger& ledger, const Enrolment& me, const Survey& survey, EngineControl& engine) {
  const RunRow& run = survey.run;
  const std::uint32_t burst =
      run.about.burst != 0 || run.rate <= 0 ? run.about.burst : flow::RateLimiter::default_burst(run.rate);
  const auto wish = share_.plan(run.rate, burst, survey.workers, me.number);
  // What is lowered must be in force before the others hear of it.
  apply(engine);
  if (!wish) return {};
  const auto granted = ledger.take_share(me, wish->known, wish->share, wish->burst);
  if (!granted) return granted.error();
  // Otherwise the next survey shows what it is.
  if (!*granted) return {};
  share_.granted(*wish, **granted);
  apply(engine);
  return {};
}

void ShareKeeper::apply(EngineControl& engine) const {
  if (share_.is_unlimited()) {
    engine.set_rate(std::nullopt);
  } else {
    engine.set_rate(EngineControl::Rate{share_.share(), share_.burst()});
  }
  if (rate_per_user_ > 0 && share_.fraction() > 0) engine.set_rate_per_user(rate_per_user_ * share_.fraction());
}

}  // namespace koobatch::fleet
