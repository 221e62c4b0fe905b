// Any bytes as what a service answers, up to what that means for the operation.
#include "oracle.hpp"

#include "koobatch/http/date.hpp"
#include "koobatch/http/response_reader.hpp"
#include "koobatch/koodrive/classifier.hpp"
#include "koobatch/koodrive/server_clock.hpp"

#include <simdjson.h>
#include <xxhash.h>
#include <boost/json/parse.hpp>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <utility>

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

using namespace koobatch;
using fuzz::must;
using State = http::ResponseReader::State;

constexpr std::string_view asked_for = "1757156480072657793";
const WallTime now = *parse_timestamp("2026-11-21T17:00:00.000Z");

// Reading ----------------------------------------------------------------------------------------------------------

/// Each byte 0x01 stands for 16 KiB, so that small inputs reach the limits of header and body.
std::string expanded(std::string_view input) {
  constexpr std::size_t run = std::size_t{16} << 10;
  constexpr int most_runs = 6;
  std::string out;
  int runs = 0;
  for (const char c : input) {
    if (c == '\x01' && runs++ < most_runs) {
      out.append(run, 'x');
    } else {
      out.push_back(c);
    }
  }
  return out;
}

struct Reading {
  http::Answer answer;
  State state = State::more;
  std::size_t taken = 0;  ///< bytes that were the answer's
  bool keep_alive = false;
};

/// Reads as a connection does: what is not consumed is offered again together with what comes next.
template <class NextSize>
Reading read(std::string_view bytes, NextSize next_size, http::ResponseReader&& reader = {}) {
  Reading reading;
  reader.start(reading.answer);
  std::size_t arrived = 0;
  while (reading.state == State::more && arrived < bytes.size()) {
    arrived = std::min(bytes.size(), arrived + next_size());
    std::size_t consumed = 0;
    const auto unread = bytes.substr(reading.taken, arrived - reading.taken);
    reading.state = reader.feed(unread, consumed);
    must(consumed <= unread.size(), "no more is consumed than there is");
    reading.taken += consumed;
  }
  if (reading.state == State::more) reading.state = reader.end();
  must(reading.state != State::more, "the end decides");
  must((reading.state == State::failed) == reader.error().failed(), "what fails has a reason");
  reading.keep_alive = reading.state == State::done && reader.keep_alive();
  return reading;
}

void check_same(const Reading& a, const Reading& b) {
  must(a.state == b.state, "an answer ends the same in pieces");
  if (a.state != State::done) return;
  must(a.taken == b.taken && a.keep_alive == b.keep_alive, "an answer leaves the connection the same in pieces");
  must(a.answer.http == b.answer.http && a.answer.body == b.answer.body && a.answer.date == b.answer.date &&
           a.answer.retry_after == b.answer.retry_after && a.answer.location == b.answer.location &&
           a.answer.rate_limits == b.answer.rate_limits && a.answer.content_type == b.answer.content_type &&
           a.answer.content_encoding == b.answer.content_encoding,
       "an answer reads the same in pieces");
}

void check_bounds(const http::Answer& answer) {
  must(answer.body.size() <= http::max_body_bytes, "the body is bounded");
  must(answer.date.size() + answer.retry_after.size() + answer.location.size() <= http::max_header_bytes,
       "the header is bounded");
  must(answer.rate_limits.size() <= http::max_rate_limit_bytes, "what is kept of rate limits is bounded");
}

/// In pieces of many sizes, chosen by the input itself so that it is reproduced.
Reading read_in_pieces(std::string_view bytes) {
  std::minstd_rand random(static_cast<std::uint32_t>(XXH3_64bits(bytes.data(), bytes.size())));
  return read(bytes, [&] { return std::size_t{1} + random() % (random() % 8 == 0 ? 4096 : 32); });
}

// Judging ----------------------------------------------------------------------------------------------------------

/// What another JSON library says of an answer that is taken for a success.
bool says_success(std::string_view body) {
  namespace json = boost::json;
  constexpr std::string_view mark = "\xef\xbb\xbf";
  if (body.starts_with(mark)) body.remove_prefix(mark.size());
  // It cannot read what is in another encoding.
  if (!simdjson::validate_utf8(body.data(), body.size())) return true;
  json::parse_options options;
  options.max_depth = simdjson::DEFAULT_MAX_DEPTH;
  boost::system::error_code error;
  const auto value = json::parse(json::string_view(body.data(), body.size()), error, {}, options);
  if (error || !value.is_object()) return false;
  const auto* code = value.as_object().if_contains("code");
  if (code == nullptr) return false;
  if (const auto* number = code->if_int64()) return *number == 0;
  if (const auto* number = code->if_double()) return *number == 0;
  const auto* text = code->if_string();
  return text != nullptr && text->find_first_not_of("-0") == json::string::npos;
}

bool same(const koodrive::Outcome& a, const koodrive::Outcome& b) {
  return a.verdict == b.verdict && a.http == b.http && a.code == b.code && a.msg == b.msg && a.error == b.error &&
         a.retry_after == b.retry_after &&
         std::equal(a.quotas.begin(), a.quotas.end(), b.quotas.begin(), b.quotas.end()) && a.user_only == b.user_only &&
         a.close == b.close;
}

void check_outcome(const koodrive::Outcome& outcome, const http::Answer& answer) {
  must(outcome.http == answer.http, "the outcome is about the answer");
  must(outcome.msg.size() <= 512 && simdjson::validate_utf8(outcome.msg), "the service's words are short UTF-8");
  must(outcome.error.size() <= 512 && simdjson::validate_utf8(outcome.error), "the error is short UTF-8");
  must(!outcome.retry_after ||
           (*outcome.retry_after >= Duration::zero() && *outcome.retry_after <= koodrive::max_retry_after),
       "the wait is bounded");
  must(!outcome.retry_after || outcome.verdict == koodrive::Verdict::throttled, "only who is throttled waits");
  if (outcome.verdict != koodrive::Verdict::succeeded) return;
  must(outcome.http == 200 && outcome.code == 0, "a success is HTTP 200 with code 0");
  must(says_success(answer.body), "a success is one for another reader too");
}

void classify(http::Answer& answer) {
  static koodrive::Classifier used;
  koodrive::Outcome outcome, again, of_anything;
  answer.delivery = http::Delivery::answered;
  used.classify(answer, asked_for, now, outcome);
  check_outcome(outcome, answer);
  koodrive::Classifier().classify(answer, asked_for, now, again);
  must(same(outcome, again), "the answers before do not matter");
  used.classify(answer, {}, now, of_anything);
  check_outcome(of_anything, answer);
  must(outcome.verdict != koodrive::Verdict::succeeded || of_anything.verdict == koodrive::Verdict::succeeded,
       "looking at the id makes no success");
}

/// The service's clock follows whatever date it says, on machines that are up for however long.
void follow_clock(const http::Answer& answer) {
  for (const auto up : {std::chrono::hours(0), std::chrono::hours(1), std::chrono::hours(24 * 3650)}) {
    koodrive::ServerClock clock;
    const TimePoint received{Duration(up)};
    clock.observe(answer.date, received);
    const auto date = http::parse_date(answer.date);
    const WallTime expected = date.value_or(now) - koodrive::ServerClock::margin;
    const auto dated = clock.date(received, now);
    must(dated.x_date == std::chrono::floor<std::chrono::seconds>(expected), "X-Date follows the service's clock");
    koodrive::NodeClock node;
    koodrive::ClockRepeats repeats;
    unsigned refusals = 0;
    while (clock.refused(dated, answer.date, received, now, koodrive::Cause::unsaid, node, repeats) !=
           koodrive::ServerClock::Refusal::believe) {
      ++refusals;
      must(refusals <= koodrive::ServerClock::max_repeats, "no refusal is disbelieved for ever");
    }
  }
}

// Mutating ---------------------------------------------------------------------------------------------------------

/// Makes the first Content-Length fit what follows the header, without which hardly any body is looked at.
std::string with_right_length(std::string_view input) {
  constexpr std::string_view name = "Content-Length: ";
  const auto at = input.find(name);
  const auto header_end = input.find("\r\n\r\n");
  if (at == std::string_view::npos || header_end == std::string_view::npos || at > header_end) {
    return std::string(input);
  }
  const auto from = at + name.size();
  const auto to = input.find("\r\n", from);
  const auto body = expanded(input.substr(header_end + 4));
  return std::string(input.substr(0, from)) + std::to_string(body.size()) + std::string(input.substr(to));
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  size = LLVMFuzzerMutate(data, size, max_size);
  if (seed % 4 == 0) return size;
  const auto mended = with_right_length(fuzz::text_of(data, size));
  if (mended.size() > max_size) return size;
  std::copy(mended.begin(), mended.end(), data);
  return mended.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = expanded(fuzz::text_of(data, size));
  auto whole = read(bytes, [&] { return bytes.size(); });
  check_bounds(whole.answer);
  const auto pieces = read_in_pieces(bytes);
  check_bounds(pieces.answer);
  check_same(whole, pieces);
  if (bytes.size() <= 4096) check_same(whole, read(bytes, [] { return std::size_t{1}; }));
  // By a reader that may know its header already, and then does.
  static http::ResponseReader used;
  for (int times = 0; times < 2; ++times) {
    check_same(whole, read(bytes, [&] { return bytes.size(); }, std::move(used)));
  }
  if (whole.state != State::done) return 0;
  classify(whole.answer);
  follow_clock(whole.answer);
  return 0;
}
