#pragma once
#include "engine/credential_policy.hpp"
#include "engine/stop_reason.hpp"
#include "koobatch/koodrive/outcome.hpp"

#include <string>
#include <variant>

/// Shared by the tests of the engine's parts.
namespace engine_support {

/// A renewal that gives preset answers and counts how often it was asked.
struct FakeRenewal final : koobatch::engine::TokenRenewal {
  bool helps = false;
  int asked_refused = 0, asked_suspected = 0, told_accepted = 0;

  bool refused(const koobatch::auth::Header&, const koobatch::koodrive::Outcome&) override {
    ++asked_refused;
    return helps;
  }
  bool suspected(const koobatch::auth::Header&) override {
    ++asked_suspected;
    return helps;
  }
  void accepted(const koobatch::auth::Header&) override { ++told_accepted; }
  koobatch::engine::CredentialsRefused why_refused(const koobatch::auth::Header& sent,
                                                   const koobatch::koodrive::Outcome& outcome) const override {
    return {"--token-file ops", *sent, outcome.said()};
  }
};

inline koobatch::koodrive::Outcome outcome_of(koobatch::koodrive::Verdict verdict, int http) {
  koobatch::koodrive::Outcome outcome;
  outcome.verdict = verdict;
  outcome.http = http;
  return outcome;
}

}  // namespace engine_support
