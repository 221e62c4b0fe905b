#include "koobatch/report/decoder.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>

namespace koobatch::report {
namespace {

namespace ondemand = simdjson::ondemand;
using Value = ondemand::value;

// Each reads one value and says whether it was of the kind asked for.

template <class T>
bool read(Value value, T& out) requires(std::unsigned_integral<T> && !std::same_as<T, bool>) {
  std::uint64_t number = 0;
  if (value.get_uint64().get(number) != simdjson::SUCCESS || number > std::numeric_limits<T>::max()) return false;
  out = static_cast<T>(number);
  return true;
}

bool read(Value value, std::int64_t& out) {
  return value.get_int64().get(out) == simdjson::SUCCESS;
}

bool read(Value value, int& out) {
  std::int64_t number = 0;
  if (!read(value, number) || !std::in_range<int>(number)) return false;
  out = static_cast<int>(number);
  return true;
}

bool read(Value value, double& out) {
  return value.get_double().get(out) == simdjson::SUCCESS;
}

bool read(Value value, std::string_view& out) {
  return value.get_string().get(out) == simdjson::SUCCESS;
}

bool read(Value value, std::string& out) {
  std::string_view text;
  if (!read(value, text)) return false;
  out = text;
  return true;
}

bool read(Value value, WallTime& out) {
  std::string_view text;
  if (!read(value, text)) return false;
  const auto time = parse_timestamp(text);
  if (time) out = *time;
  return time.has_value();
}

bool read(Value value, Status& out) {
  std::string_view text;
  if (!read(value, text)) return false;
  const auto status = parse_status(text);
  if (status) out = *status;
  return status.has_value();
}

bool read(Value value, TraceId& out) {
  std::string_view text;
  if (!read(value, text)) return false;
  const auto id = parse_trace_id(text);
  if (id) out = *id;
  return id.has_value();
}

template <class T>
bool read(Value value, std::optional<T>& out) {
  return read(value, out.emplace());
}

/// A length of time, in seconds or milliseconds, that can be counted on with.
bool read_length(Value value, double& out) {
  return read(value, out) && out >= 0 && out <= 1e12;
}

bool read_milliseconds(Value value, Duration& out) {
  constexpr double nanoseconds = 1e6;
  double number = 0;
  if (!read_length(value, number)) return false;
  out = Duration(std::llround(number * nanoseconds));
  return true;
}

bool read_hex64(Value value, std::uint64_t& out) {
  std::string_view text;
  if (!read(value, text) || text.size() != 16) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out, 16);
  return error == std::errc() && end == text.data() + text.size();
}

/// The member's name as it is written: none of ours needs escaping, so one that is escaped is one we do not know.
std::string_view name_of(const ondemand::field& field) {
  const char* const name = field.key().raw();
  std::size_t size = 0;
  while (name[size] != '"') ++size;  // simdjson found the closing quote, or this would be no field
  return {name, size};
}

/// Calls `member(name, value)` for each member, until it says no. False if the value is no object, or `member` said no.
template <class Member>
bool for_each_member(simdjson::simdjson_result<ondemand::object> found, Member member) {
  ondemand::object object;
  if (std::move(found).get(object) != simdjson::SUCCESS) return false;
  for (auto result : object) {
    ondemand::field field;
    if (std::move(result).get(field) != simdjson::SUCCESS) return false;
    if (!member(name_of(field), field.value())) return false;
  }
  return true;
}

/// As above, for the elements of an array.
template <class Element>
bool for_each_element(Value value, Element element) {
  ondemand::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) return false;
  for (auto result : array) {
    Value item;
    if (std::move(result).get(item) != simdjson::SUCCESS || !element(item)) return false;
  }
  return true;
}

bool read_attempt(Value value, AttemptRecord& out) {
  return for_each_member(value.get_object(), [&](std::string_view name, Value v) {
    if (name == "attempt") return read(v, out.attempt);
    if (name == "http") return read(v, out.http);
    if (name == "code") return read(v, out.code);
    if (name == "error") return read(v, out.error);
    if (name == "at") return read(v, out.at);
    if (name == "latency_ms") return read_milliseconds(v, out.latency);
    return true;
  });
}

bool read_job(Value value, RunRecord::Job& out) {
  return for_each_member(value.get_object(), [&](std::string_view name, Value v) {
    if (name == "path") return read(v, out.path);
    if (name == "format") return read(v, out.format);
    if (name == "bytes") return read(v, out.bytes);
    if (name == "operations") return read(v, out.operations);
    if (name == "xxh3") return read_hex64(v, out.xxh3);
    return true;
  });
}

bool read_parent(Value value, RunRecord::Parent& out) {
  return for_each_member(value.get_object(), [&](std::string_view name, Value v) {
    if (name == "run_id") return read(v, out.run_id);
    if (name == "report") return read(v, out.report);
    if (name == "superseded") return read(v, out.superseded);
    return true;
  });
}

bool read_counts(Value value, Counts& out) {
  return for_each_member(value.get_object(), [&](std::string_view name, Value v) {
    if (const auto status = parse_status(name)) return read(v, out[*status]);
    return name == "remaining" ? read(v, out.remaining) : true;
  });
}

bool read_pace(Value value, PaceCounts& out) {
  return for_each_member(value.get_object(), [&](std::string_view name, Value v) {
    if (name == "cuts") return read(v, out.cuts);
    if (name == "pauses") return read(v, out.pauses);
    if (name == "user_pauses") return read(v, out.user_pauses);
    if (name == "user_cuts") return read(v, out.user_cuts);
    if (name == "outages") return read(v, out.outages);
    return true;
  });
}

/// The value's own JSON, which is an object.
bool read_raw_object(Value value, std::string& out) {
  ondemand::object object;
  std::string_view json;
  if (value.get_object().get(object) != simdjson::SUCCESS || object.raw_json().get(json) != simdjson::SUCCESS) {
    return false;
  }
  out = json;
  return true;
}

/// Which of the members a line cannot do without have been seen.
template <std::size_t N>
class Required {
 public:
  explicit Required(const std::array<std::string_view, N>& names) : names_(names) {}
  void saw(std::string_view name) {
    for (std::size_t i = 0; i < N; ++i) seen_[i] = seen_[i] || names_[i] == name;
  }
  /// The first that is missing; empty if none is.
  std::string_view missing() const {
    for (std::size_t i = 0; i < N; ++i) {
      if (!seen_[i]) return names_[i];
    }
    return {};
  }

 private:
  const std::array<std::string_view, N>& names_;
  std::array<bool, N> seen_{};
};

constexpr std::array<std::string_view, 4> result_members = {"line", "op", "status", "at"};
constexpr std::array<std::string_view, 6> run_members = {"schema",  "run_id",       "segment",
                                                         "started", "trace_prefix", "job"};
constexpr std::array<std::string_view, 3> end_members = {"segment", "reason", "counts"};
constexpr std::array<std::string_view, 2> attempt_members = {"trace_id", "at"};
constexpr std::array<std::string_view, 1> sync_members = {"n"};
constexpr std::array<std::string_view, 1> any_members = {"type"};

constexpr LineType line_type(std::string_view name) {
  if (name == "result") return LineType::result;
  if (name == "sync") return LineType::sync;
  if (name == "attempt") return LineType::attempt;
  if (name == "run") return LineType::run;
  if (name == "end") return LineType::end;
  return LineType::other;
}

}  // namespace

struct Decoder::Impl {
  /// As read(), but parses no more than the milliseconds while the second stays the same, as it does for thousands of
  /// results.
  bool read_time(Value value, WallTime& out);

  ondemand::parser parser;
  std::string padded;  // the line, and the readable bytes behind it that simdjson wants
  std::vector<AttemptRecord> history;
  std::string last_second;  // "2026-11-21T17:00:00." of the last time read, or empty
  WallTime last_second_time;

  /// Reads the line's members with `member(name, value)`, which says no to a value of the wrong kind.
  template <std::size_t N, class Member>
  Result<void> read_line(std::string_view line, const std::array<std::string_view, N>& required, Member member);
};

bool Decoder::Impl::read_time(Value value, WallTime& out) {
  constexpr std::size_t to_second = 20, whole = 24;
  std::string_view text;
  if (!read(value, text)) return false;
  const auto digit = [&](std::size_t i) { return static_cast<unsigned>(text[i] - '0'); };
  if (text.size() == whole && text.starts_with(last_second) && !last_second.empty() && text.back() == 'Z') {
    const unsigned a = digit(20), b = digit(21), c = digit(22);
    if (a > 9 || b > 9 || c > 9) return false;
    out = last_second_time + std::chrono::milliseconds(a * 100 + b * 10 + c);
    return true;
  }
  const auto time = parse_timestamp(text);
  if (!time) return false;
  out = *time;
  last_second = text.substr(0, to_second);
  last_second_time = std::chrono::floor<std::chrono::seconds>(*time);
  return true;
}

template <std::size_t N, class Member>
Result<void> Decoder::Impl::read_line(std::string_view line, const std::array<std::string_view, N>& required,
                                      Member member) {
  // Grows only, so that a steady stream of lines costs one copy each and no clearing.
  if (padded.size() < line.size() + simdjson::SIMDJSON_PADDING) padded.resize(line.size() + simdjson::SIMDJSON_PADDING);
  std::memcpy(padded.data(), line.data(), line.size());
  ondemand::document document;
  if (parser.iterate(padded.data(), line.size(), padded.size()).get(document) != simdjson::SUCCESS) {
    return usage_error("is not JSON");
  }
  Required<N> seen(required);
  std::string bad;
  const bool whole = for_each_member(document.get_object(), [&](std::string_view name, Value value) {
    seen.saw(name);
    if (member(name, value)) return true;
    bad = name;
    return false;
  });
  if (!bad.empty()) return usage_error(fmt::format("has an unusable '{}'", bad));
  // simdjson does not look behind the object's end by itself.
  if (!whole || document.current_location().error() != simdjson::OUT_OF_BOUNDS) return usage_error("is not JSON");
  if (!seen.missing().empty()) return usage_error(fmt::format("has no '{}'", seen.missing()));
  return {};
}

Decoder::Decoder() : impl_(std::make_unique<Impl>()) {}
Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

Result<LineType> Decoder::type(std::string_view line) {
  LineType type = LineType::other;
  const auto done = impl_->read_line(line, any_members, [&](std::string_view name, Value value) {
    std::string_view text;
    if (name != "type") return true;
    if (!read(value, text)) return false;
    type = line_type(text);
    return true;
  });
  if (!done) return done.error();
  return type;
}

Result<ResultRecord> Decoder::result(std::string_view line) {
  ResultRecord r;
  impl_->history.clear();
  const auto done = impl_->read_line(line, result_members, [&](std::string_view name, Value v) {
    if (name == "line") return read(v, r.line) && r.line != 0;
    if (name == "op") return read(v, r.op);
    if (name == "id") return read(v, r.id);
    if (name == "status") return read(v, r.status);
    if (name == "http") return read(v, r.http);
    if (name == "code") return read(v, r.code);
    if (name == "msg") return read(v, r.msg);
    if (name == "attempts") return read(v, r.attempts);
    if (name == "trace_id") return read(v, r.trace_id);
    if (name == "at") return impl_->read_time(v, r.at);
    if (name == "latency_ms") return read_milliseconds(v, r.latency.emplace());
    if (name == "ref") return read(v, r.ref);
    if (name == "error") return read(v, r.error);
    if (name != "history") return true;
    return for_each_element(v, [&](Value item) { return read_attempt(item, impl_->history.emplace_back()); });
  });
  if (!done) return done.error();
  r.history = impl_->history;
  return r;
}

Result<AttemptNote> Decoder::attempt(std::string_view line) {
  AttemptNote note;
  const auto done = impl_->read_line(line, attempt_members, [&](std::string_view name, Value v) {
    if (name == "trace_id") return read(v, note.trace_id);
    return name == "at" ? read(v, note.at) : true;
  });
  if (!done) return done.error();
  return note;
}

Result<RunRecord> Decoder::run(std::string_view line) {
  RunRecord r;
  int schema = 0;
  const auto done = impl_->read_line(line, run_members, [&](std::string_view name, Value v) {
    if (name == "schema") return read(v, schema);
    if (name == "run_id") return read(v, r.run_id);
    if (name == "segment") return read(v, r.segment);
    if (name == "version") return read(v, r.version);
    if (name == "started") return read(v, r.started);
    if (name == "trace_prefix") return read(v, r.trace_prefix) && r.trace_prefix >> trace_prefix_bits == 0;
    if (name == "job") return read_job(v, r.job);
    if (name == "endpoint") return read(v, r.endpoint);
    if (name == "parent") return read_parent(v, r.parent.emplace());
    if (name == "settings") return read_raw_object(v, r.settings);
    return true;
  });
  if (schema != schema_version && schema != 0) {
    return usage_error(fmt::format("is of schema {}, this koobatch reads schema {}: use the version that wrote it{}",
                                   schema, schema_version, r.version.empty() ? "" : " (" + r.version + ")"));
  }
  if (!done) return done.error();
  return r;
}

Result<EndRecord> Decoder::end(std::string_view line) {
  EndRecord r;
  const auto done = impl_->read_line(line, end_members, [&](std::string_view name, Value v) {
    if (name == "segment") return read(v, r.segment);
    if (name == "reason") return read(v, r.reason);
    if (name == "counts") return read_counts(v, r.counts);
    if (name == "at") return read(v, r.at);
    if (name == "seconds") return read_length(v, r.seconds);
    if (name == "requests") return read(v, r.requests);
    if (name == "pace") return read_pace(v, r.pace);
    if (name == "error") return read(v, r.error);
    if (name != "unsettled") return true;
    return for_each_element(v, [&](Value item) { return read(item, r.unsettled.emplace_back()); });
  });
  if (!done) return done.error();
  return r;
}

Result<std::uint64_t> Decoder::sync(std::string_view line) {
  std::uint64_t n = 0;
  const auto done = impl_->read_line(line, sync_members,
                                     [&](std::string_view name, Value v) { return name == "n" ? read(v, n) : true; });
  if (!done) return done.error();
  return n;
}

}  // namespace koobatch::report
