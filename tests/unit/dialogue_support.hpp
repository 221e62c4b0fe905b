#pragma once
#include "job_support.hpp"
#include "koobatch/job/reader.hpp"
#include "koobatch/koodrive/operation.hpp"
#include "koobatch/koodrive/outcome.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <optional>
#include <string>

/// What the tests of dialogues about operations share.
namespace dialogue_support {

/// The operation of a job of one line.
inline koobatch::koodrive::Operation operation(const std::string& line) {
  using namespace koobatch;
  job::ReaderSettings settings;
  settings.require_user = false;
  auto reader = job::open_ndjson(job_support::text_source(line + "\n", 1000), settings, "job");
  BOOST_REQUIRE(reader.has_value());
  koodrive::Operation made;
  const auto item = (*reader)->next(made);
  BOOST_REQUIRE((item.has_value() && *item == job::Reader::Item::operation));
  return made;
}

inline koobatch::koodrive::Outcome outcome(koobatch::koodrive::Verdict verdict, int http = 200,
                                           std::optional<std::int64_t> code = 0) {
  koobatch::koodrive::Outcome out;
  out.verdict = verdict;
  out.http = http;
  out.code = code;
  return out;
}

}  // namespace dialogue_support
