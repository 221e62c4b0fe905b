#include "engine/attempt_judge.hpp"

#include "koobatch/koodrive/result_codes.hpp"

#include <utility>

namespace koobatch::engine {

using koodrive::Verdict;

namespace {

/// Whether the refusal may be about X-Date.
koodrive::Cause cause_of(const koodrive::Outcome& outcome) {
  using koodrive::Cause;
  if (outcome.verdict != Verdict::rejected || !outcome.code) return Cause::unsaid;
  if (*outcome.code == koodrive::code::parameter_check_failed) return Cause::parameters;
  return koodrive::may_mean_clock(*outcome.code) ? Cause::unsaid : Cause::another;
}

}  // namespace

void AttemptJudge::equip(std::string_view user, TimePoint now, WallTime wall, const koodrive::ClockRepeats* repeats,
                         SentRequest& sent) {
  sent.dated = clock_.date(now, wall, sent.node, repeats);
  credentials_.equip(user, sent.credentials);
}

void AttemptJudge::judge_unopened(http::Answer& answer, WallTime now, koodrive::Outcome& outcome) {
  answer.delivery = http::Delivery::not_sent;
  classifier_.classify(answer, {}, now, outcome);
}

AttemptJudge::Judgement AttemptJudge::judge(http::Answer& answer, const Attempt& attempt, SentRequest& sent,
                                            koodrive::Outcome& outcome) {
  const auto& operation = attempt.operation;
  const auto expected = attempt.reads ? koodrive::Expected::reading() : koodrive::Expected(operation);
  classifier_.classify(answer, expected, attempt.ended_at, outcome, sent.credentials.secret,
                       credentials_.former_secrets());
  // An answer from something in place of the service proves neither clock nor credentials.
  if (!outcome.foreign) clock_.observe(answer.date, attempt.ended);
  if (sent.stale) return judge_stale(outcome);
  if (outcome.verdict == Verdict::succeeded) clock_.accepted(sent.dated, attempt.ended, sent.node);
  Judgement judgement{.close = outcome.close, .answered = outcome.verdict};
  // The documented code for a wrong parameter may be about X-Date.
  const bool refused = outcome.verdict == Verdict::unauthorized || outcome.verdict == Verdict::suspicious ||
                       (outcome.verdict == Verdict::rejected && outcome.http == 400);
  if (refused) {
    if (blames_clock(answer, attempt, sent, outcome, judgement)) {
      outcome.verdict = Verdict::repeat;
    } else if (outcome.verdict != Verdict::rejected) {
      consider_credentials(attempt, sent, outcome, judgement);
    }
  }
  // Only now is it known whether the clock, not the operation, was refused.
  if (koodrive::proves_service(outcome)) credentials_.accepted(sent.credentials, attempt.ended);
  return judgement;
}

/// Whatever else a refusal may be about, the right date comes first.
AttemptJudge::Judgement AttemptJudge::judge_stale(koodrive::Outcome& outcome) {
  Judgement judgement{.close = outcome.close, .answered = outcome.verdict};
  const bool refused = outcome.verdict == Verdict::rejected || outcome.verdict == Verdict::unauthorized ||
                       outcome.verdict == Verdict::suspicious;
  if (refused) outcome.verdict = Verdict::repeat;
  return judgement;
}

bool AttemptJudge::blames_clock(const http::Answer& answer, const Attempt& attempt, SentRequest& sent,
                                const koodrive::Outcome& outcome, Judgement& judgement) {
  using Refusal = koodrive::ServerClock::Refusal;
  if (outcome.foreign) return false;
  const auto refusal = clock_.refused(sent.dated, answer.date, attempt.ended, attempt.ended_at, cause_of(outcome),
                                      sent.node, attempt.clock_repeats);
  judgement.close |= refusal == Refusal::repeat_elsewhere;
  return refusal != Refusal::believe;
}

void AttemptJudge::consider_credentials(const Attempt& attempt, const SentRequest& sent, koodrive::Outcome& outcome,
                                        Judgement& judgement) {
  const RefusedRequest request{sent.credentials, attempt.operation.user(), outcome, sent.dated.x_date,
                               attempt.corrected - attempt.clock_repeats.count};
  auto ruling =
      outcome.verdict == Verdict::suspicious ? credentials_.suspected(request) : credentials_.refused(request);
  judgement.reason = std::move(ruling.reason);
  judgement.stopped_users = ruling.stopped_users;
  switch (ruling.action) {
    case CredentialPolicy::Action::believe:
      return;
    case CredentialPolicy::Action::repeat:
      outcome.verdict = Verdict::repeat;
      return;
    case CredentialPolicy::Action::leave_out:
      judgement.action = Action::leave_out;
      return;
    case CredentialPolicy::Action::stop:
      judgement.action = Action::abandon;
      return;
  }
}

}  // namespace koobatch::engine
