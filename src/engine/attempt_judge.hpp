#pragma once
#include "engine/credential_policy.hpp"
#include "koobatch/core/clock.hpp"
#include "koobatch/http/answer.hpp"
#include "koobatch/koodrive/classifier.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/koodrive/outcome.hpp"
#include "koobatch/koodrive/server_clock.hpp"

#include <cstdint>
#include <optional>

namespace koobatch::engine {

/// State of the requests on one connection: what the last one carried, and the clock of the node that answers.
struct SentRequest {
  koodrive::Dated dated;
  koodrive::NodeClock node;  ///< restarts with each connection
  SentCredentials credentials;
  bool stale = false;  ///< it was dated too early on purpose, so that its date must not be learned from
};

/// Judges the outcomes of attempts: what an answer means for the operation, and whether clock or credentials were at
/// fault. For use by one thread; no I/O, and all times are passed in.
class AttemptJudge {
 public:
  enum class Action : std::uint8_t {
    complete,   ///< the outcome stands: the scheduler decides about the operation
    leave_out,  ///< the operation remains without a result, because its user is stopped
    abandon,    ///< the run stops, nothing may be sent until all threads know, and the operation has no result
  };
  struct Judgement {
    Action action = Action::complete;
    std::optional<StopReason> reason{};  ///< present if the run must stop
    std::size_t stopped_users = 0;       ///< see CredentialPolicy::Ruling
    bool close = false;                  ///< whether the connection must not be reused
    koodrive::Verdict answered{};        ///< the answer's meaning before clock or credentials were corrected
  };
  /// The operation an attempt belongs to, and when it ended.
  struct Attempt {
    const koodrive::Operation& operation;
    unsigned corrected = 0;                 ///< how often it was repeated because clock or credentials were corrected
    koodrive::ClockRepeats& clock_repeats;  ///< the operation's repeats because of the clock
    TimePoint ended;
    WallTime ended_at;
    bool reads = false;  ///< it only read
  };

  AttemptJudge(CredentialPolicy& credentials, koodrive::ClockProof& clock) : credentials_(credentials), clock_(clock) {}

  /// Determines what a request for `user` sent now carries. `repeats`: of an operation sent before; null for the first
  /// attempt.
  void equip(std::string_view user, TimePoint now, WallTime wall, const koodrive::ClockRepeats* repeats,
             SentRequest& sent);
  /// Judges an attempt for which no connection could be opened.
  void judge_unopened(http::Answer& answer, WallTime now, koodrive::Outcome& outcome);
  /// Replaces `outcome` with the meaning of the answer. Appends JSON padding to `answer.body`, hence not const.
  Judgement judge(http::Answer& answer, const Attempt& attempt, SentRequest& sent, koodrive::Outcome& outcome);

  const CredentialPolicy& credentials() const { return credentials_; }

 private:
  static Judgement judge_stale(koodrive::Outcome& outcome);
  bool blames_clock(const http::Answer& answer, const Attempt& attempt, SentRequest& sent,
                    const koodrive::Outcome& outcome, Judgement& judgement);
  void consider_credentials(const Attempt& attempt, const SentRequest& sent, koodrive::Outcome& outcome,
                            Judgement& judgement);

  CredentialPolicy& credentials_;
  koodrive::ServerClock clock_;
  koodrive::Classifier classifier_;
};

}  // namespace koobatch::engine
