#include "pace/outcomes.hpp"

#include "pace/declared.hpp"

namespace koobatch::pace_bench {

void make_outcome(const Reply& reply, DeclarationSpec::Form form, koodrive::Outcome& out) {
  using koodrive::Verdict;
  out.clear();
  out.http = reply.http;
  switch (reply.what) {
    case Reply::What::accepted:
      out.verdict = Verdict::succeeded;
      break;
    case Reply::What::refused:
      out.verdict = Verdict::throttled;
      out.retry_after = reply.retry_after;
      out.user_only = reply.user_only;
      break;
    case Reply::What::failed:
      // A 429 occurs here only if nothing is accepted at all; a 503 occurs as noise, too.
      out.verdict = reply.http == 503 || reply.http == 429 ? Verdict::throttled : Verdict::unclear;
      break;
    case Reply::What::reset:
      out.verdict = Verdict::unclear;
      out.error = "the connection was reset";
      break;
    case Reply::What::silence:
      out.verdict = Verdict::unclear;
      out.error = "no answer in time";
      break;
  }
  if (reply.declared) declare(*reply.declared, form, reply.user_only, out);
}

void make_unopened(koodrive::Outcome& out) {
  out.clear();
  out.verdict = koodrive::Verdict::not_applied;
  out.error = "connection refused";
}

}  // namespace koobatch::pace_bench
