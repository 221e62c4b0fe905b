#include "koobatch/report/decoder.hpp"

#include "report/json_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

namespace koobatch::report {
namespace {

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
    if (name == "verified") return v.get_bool().get(out.verified) == simdjson::SUCCESS;
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

bool read_operations(Value value, OperationsRecord& out) {
  return for_each_member(value.get_object(), [&](std::string_view name, Value v) {
    if (name == "path") return read(v, out.path);
    if (name == "xxh3") return read_hex64(v, out.xxh3);
    return true;
  });
}

bool read_plan(Value value, PlanRecord& out) {
  return for_each_member(value.get_object(), [&](std::string_view name, Value v) {
    if (name == "id") return read(v, out.id);
    if (name == "sha256") return read(v, out.sha256);
    return true;
  });
}

bool read_counts(Value value, Counts& out) {
  return for_each_member(value.get_object(), [&](std::string_view name, Value v) {
    if (const auto status = parse_status(name)) return read(v, out[*status]);
    return name == "remaining" ? read(v, out.remaining) : true;
  });
}

/// `[seconds, limit]`.
bool read_limit(Value value, LimitChange& out) {
  std::array<double, 2> numbers{};
  std::size_t count = 0;
  const bool read =
      for_each_element(value, [&](Value v) { return count < numbers.size() && read_length(v, numbers[count++]); });
  if (!read || count != numbers.size()) return false;
  constexpr double nanoseconds = 1e9, longest = 9e9;
  out = {Duration(std::llround(std::min(numbers[0], longest) * nanoseconds)), numbers[1]};
  return true;
}

bool read_pace(Value value, EndRecord& out) {
  return for_each_member(value.get_object(), [&](std::string_view name, Value v) {
    if (name == "cuts") return read(v, out.pace.cuts);
    if (name == "pauses") return read(v, out.pace.pauses);
    if (name == "user_pauses") return read(v, out.pace.user_pauses);
    if (name == "user_cuts") return read(v, out.pace.user_cuts);
    if (name == "outages") return read(v, out.pace.outages);
    if (name == "limit") return read_length(v, out.found.limit);
    if (name == "in_flight_limit") return read(v, out.found.in_flight);
    if (name == "noise") return read_length(v, out.found.noise);
    if (name != "limits") return true;
    return for_each_element(v, [&](Value item) { return read_limit(item, out.limits.emplace_back()); });
  });
}

/// One that names a command or setting of a later version is as good as none.
bool read_next_step(Value value, std::optional<NextStep>& out) {
  std::optional<CommandName> command;
  NextStep step;
  bool known = true;
  const auto read_setting = [&](std::string_view name, Value v) {
    const auto setting = parse_setting_name(name);
    known = known && setting;
    std::string text;
    if (!read(v, text)) return false;
    if (setting) step.settings.push_back({*setting, std::move(text)});
    return true;
  };
  const bool whole = for_each_member(value.get_object(), [&](std::string_view name, Value v) {
    if (name == "settings") return for_each_member(v.get_object(), read_setting);
    std::string_view text;
    if (name != "command") return true;
    if (!read(v, text)) return false;
    command = parse_command_name(text);
    return true;
  });
  if (!whole) return false;
  if (command) step.command = *command;
  if (command && known) out = std::move(step);
  return true;
}

/// Versions before `next_step` was recorded wrote the command into the text of the error alone. With which settings it
/// is to be run is not read from there.
std::optional<NextStep> next_step_in(std::string_view error) {
  static const std::string resume = fmt::format("koobatch {} ", to_string(CommandName::resume));
  if (error.find(resume) == std::string_view::npos) return std::nullopt;
  return NextStep{.command = CommandName::resume};
}

/// Copies the raw JSON of a value, which must be an object.
bool read_raw_object(Value value, std::string& out) {
  ondemand::object object;
  std::string_view json;
  if (value.get_object().get(object) != simdjson::SUCCESS || object.raw_json().get(json) != simdjson::SUCCESS) {
    return false;
  }
  out = json;
  return true;
}

/// Tracks which mandatory members of a line have been seen.
template <std::size_t N>
class Required {
 public:
  explicit Required(const std::array<std::string_view, N>& names) : names_(names) {}
  void saw(std::string_view name) {
    for (std::size_t i = 0; i < N; ++i) seen_[i] = seen_[i] || names_[i] == name;
  }
  /// The first missing member; empty if there is none.
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
constexpr std::array<std::string_view, 2> worker_members = {"key", "trace_prefix"};
constexpr std::array<std::string_view, 1> collected_members = {"cursors"};
constexpr std::array<std::string_view, 1> sync_members = {"n"};
constexpr std::array<std::string_view, 1> any_members = {"type"};

constexpr LineType line_type(std::string_view name) {
  if (name == "result") return LineType::result;
  if (name == "sync") return LineType::sync;
  if (name == "attempt") return LineType::attempt;
  if (name == "read") return LineType::read;
  if (name == "run") return LineType::run;
  if (name == "end") return LineType::end;
  if (name == "worker") return LineType::worker;
  if (name == "collected") return LineType::collected;
  return LineType::other;
}

}  // namespace

struct Decoder::Impl {
  /// Reads a time, parsing only the milliseconds while the second stays the same, as it does for thousands of results.
  bool read_time(Value value, WallTime& out);

  ondemand::parser parser;
  std::string padded;  // the line, and the readable bytes after it that simdjson requires
  std::vector<AttemptRecord> history;
  std::string last_second;  // "2026-11-21T17:00:00." of the last time read, or empty
  WallTime last_second_time;

  /// Reads the line's members with `member(name, value)`, which returns false for a value of the wrong type.
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
  // It only grows, so that a steady stream of lines costs one copy each and no clearing.
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
  // simdjson itself does not check what follows the object.
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
    if (name == "readings") return read(v, r.readings);
    if (name == "trace_id") return read(v, r.trace_id);
    if (name == "at") return impl_->read_time(v, r.at);
    if (name == "latency_ms") return read_milliseconds(v, r.latency.emplace());
    if (name == "ref") return read(v, r.ref);
    if (name == "error") return read(v, r.error);
    if (name == "reason") return read(v, r.reason);
    if (name == "not_captured") return read(v, r.not_captured);
    if (name == "was") return r.has_was = true;
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
    if (name == "operations") return read_operations(v, r.operations.emplace());
    if (name == "plan") return read_plan(v, r.plan.emplace());
    if (name == "parent") return read_parent(v, r.parent.emplace());
    if (name == "engine") return read(v, r.engine);
    if (name == "verifies") return v.get_bool().get(r.verifies) == simdjson::SUCCESS;
    if (name == "settings") return read_raw_object(v, r.settings);
    return true;
  });
  if (schema != schema_version && schema != 0) {
    return usage_error(
        fmt::format("is of schema {}, but this koobatch reads schema {}; use the version that wrote it{}", schema,
                    schema_version, r.version.empty() ? "" : " (" + r.version + ")"));
  }
  if (!done) return done.error();
  return r;
}

Result<EndRecord> Decoder::end(std::string_view line) {
  EndRecord r;
  bool has_step = false;
  const auto done = impl_->read_line(line, end_members, [&](std::string_view name, Value v) {
    if (name == "segment") return read(v, r.segment);
    if (name == "reason") return read(v, r.reason);
    if (name == "counts") return read_counts(v, r.counts);
    if (name == "at") return read(v, r.at);
    if (name == "seconds") return read_length(v, r.seconds);
    if (name == "requests") return read(v, r.requests);
    if (name == "http") return read(v, r.http);
    if (name == "pace") return read_pace(v, r);
    if (name == "error") return read(v, r.error);
    if (name == "all_unsettled") return v.get_bool().get(r.all_unsettled) == simdjson::SUCCESS;
    if (name == "next_step") {
      has_step = true;
      return read_next_step(v, r.next_step);
    }
    if (name != "unsettled") return true;
    return for_each_element(v, [&](Value item) { return read(item, r.unsettled.emplace_back()); });
  });
  if (!done) return done.error();
  if (!has_step) r.next_step = next_step_in(r.error);
  return r;
}

Result<WorkerRecord> Decoder::worker(std::string_view line) {
  WorkerRecord r;
  const auto done = impl_->read_line(line, worker_members, [&](std::string_view name, Value v) {
    if (name == "key") return read(v, r.key);
    if (name == "name") return read(v, r.name);
    if (name == "state") return read(v, r.state);
    if (name == "trace_prefix") return read(v, r.trace_prefix) && r.trace_prefix >> trace_prefix_bits == 0;
    if (name == "enrolled") return read(v, r.enrolled);
    if (name == "last_beat") return read(v, r.last_beat);
    return name == "requests" ? read(v, r.requests) : true;
  });
  if (!done) return done.error();
  return r;
}

Result<CollectedRecord> Decoder::collected(std::string_view line) {
  CollectedRecord r;
  const auto done = impl_->read_line(line, collected_members, [&](std::string_view name, Value v) {
    if (name == "at") return read(v, r.at);
    if (name != "cursors") return true;
    return for_each_member(v.get_object(), [&](std::string_view key, Value cursor) {
      return read(cursor, r.cursors.emplace_back(key, 0).second);
    });
  });
  if (!done) return done.error();
  return r;
}

Result<std::uint64_t> Decoder::sync(std::string_view line) {
  std::uint64_t n = 0;
  const auto done = impl_->read_line(line, sync_members,
                                     [&](std::string_view name, Value v) { return name == "n" ? read(v, n) : true; });
  return done ? Result<std::uint64_t>(n) : done.error();
}

}  // namespace koobatch::report
