#pragma once
#include "koobatch/core/status.hpp"
#include "koobatch/http/answer.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/koodrive/outcome.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace koobatch::koodrive {

/// What follows from an answer.
struct Turn {
  enum class Kind : std::uint8_t {
    read,   ///< the GET that target() names is sent next
    write,  ///< the operation itself is sent next
    end,    ///< the operation is final, with `status`
  };

  Kind kind = Kind::end;
  Status status = Status::succeeded;
  std::string reason{};  ///< for `end`: why it was not fulfilled, in one word for programs; empty: there is none
  std::string error{};   ///< the same for people
  /// Recorded in the report before whatever follows, and durable there before a `write`: the members of a JSON object,
  /// `"was":{"name":"Plans"}`.
  std::string note{};

  /// The operation ends without being sent.
  static Turn skip(std::string reason, std::string error, std::string note = {}) {
    return {Kind::end, Status::skipped, std::move(reason), std::move(error), std::move(note)};
  }
};

/// What the result of an operation says about what was read before it was sent.
struct Remark {
  std::string_view members{};       ///< members of a JSON object; empty: nothing
  std::string_view not_captured{};  ///< why they do not say what the item was, in one word; empty: they do
};

/// An operation that takes several requests: it reads before it writes, after it, or instead. Decides only; the engine
/// sends each request under the rules that hold for all: pace, credentials, repeats after failures. For one thread.
class Dialogue {
 public:
  virtual ~Dialogue() = default;

  /// The request target of the next GET, percent-encoded: a view until the next call. Where the operation itself is
  /// due, a reading before it begins: the first one, or another one because that was too long ago, or an attempt was
  /// lost.
  virtual std::string_view target() const = 0;
  /// Takes the service's answer to a read: one that succeeded, or refuses it for good (`outcome.verdict`). Answers that
  /// are repeated, such as a 429, do not arrive here. `maybe_applied`: the operation was sent before, perhaps by
  /// an earlier segment of the run, and it is not known what became of that.
  virtual Turn read(const http::Answer& answer, const Outcome& outcome, bool maybe_applied) = 0;
  /// Reports that a read was given up, because it failed too often. Returns the note with which the operation is sent
  /// all the same; nothing: it ends as the read did.
  virtual std::optional<std::string> unread(const Outcome& /*last*/) { return std::nullopt; }
  /// Reports how sending the operation ended. Returns whether it is to be read back: then the answers to come tell its
  /// result.
  virtual bool sent(Status status) = 0;
  /// For the result, unless the dialogue ended with a note of its own. Views until the next call of any function here.
  virtual Remark remark() const { return {}; }
};

/// Begins the dialogues of a run. Safe to call from any thread.
class Dialogues {
 public:
  virtual ~Dialogues() = default;
  /// Whether the first request of the operation reads.
  virtual bool reads_first(const Operation& operation) const = 0;
  /// Begins a dialogue. Precondition: the operation outlives it.
  virtual std::unique_ptr<Dialogue> about(const Operation& operation) = 0;
};

}  // namespace koobatch::koodrive
