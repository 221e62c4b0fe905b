#include "postgres/ledger.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace koobatch::postgres {
namespace {

using fleet::Answer;

constexpr const char* select_run = R"(
SELECT r.id, r.run_id, r.state, r.job_path, r.job_format, r.job_bytes, r.job_operations, r.job_xxh3, r.endpoint,
  r.settings, r.operations_toml, r.operations_path, r.operations_xxh3,
  (extract(epoch FROM r.lease) * 1000000)::bigint, (extract(epoch FROM r.hold) * 1000000)::bigint,
  r.parts, r.submitted_rate, r.burst, r.max_errors, r.trace_prefix, r.rate,
  (extract(epoch FROM r.submitted) * 1000000)::bigint, (extract(epoch FROM r.begun) * 1000000)::bigint,
  (extract(epoch FROM r.ended) * 1000000)::bigint,
  (extract(epoch FROM greatest(r.pause_until, statement_timestamp()) - statement_timestamp()) * 1000000)::bigint,
  r.reason, r.operations, (SELECT count(*) FROM koobatch.part AS p WHERE p.run = r.id AND p.done >= p.chunks),
  r.fence_proof, r.run_line
FROM koobatch.run AS r)";

constexpr const char* select_workers = R"(
SELECT id, nonce, name, state, beat, grp, share, burst, used, limited, results, requests, held_refusals, trace_prefix,
  (extract(epoch FROM enrolled) * 1000000)::bigint,
  (extract(epoch FROM greatest(clock_timestamp() - beaten, interval '0')) * 1000000)::bigint, share_changes
FROM koobatch.worker WHERE run = $1 ORDER BY id)";

constexpr const char* count_parts = R"(
SELECT count(*) FILTER (WHERE owner IS NULL AND done < chunks), count(*) FILTER (WHERE owner IS NOT NULL),
  count(*) FILTER (WHERE owner IS NULL AND done < chunks AND quiet_until > statement_timestamp())
FROM koobatch.part WHERE run = $1)";

constexpr const char* select_parts = R"(
SELECT part, chunks, done, fed, doubt, owner,
  (extract(epoch FROM greatest(quiet_until, statement_timestamp()) - statement_timestamp()) * 1000000)::bigint,
  (extract(epoch FROM greatest(hold_until, statement_timestamp()) - statement_timestamp()) * 1000000)::bigint
FROM koobatch.part WHERE run = $1 ORDER BY part)";

constexpr const char* set_rate = R"(
UPDATE koobatch.run SET rate = $2 WHERE id = $1 RETURNING id, pg_notify('koobatch_' || id, ''))";

constexpr const char* set_paused = R"(
UPDATE koobatch.run SET state = CASE WHEN $2 THEN 'paused' WHEN begun IS NULL THEN 'ready' ELSE 'running' END
WHERE id = $1 AND state IN ('ready', 'running', 'paused')
RETURNING id, pg_notify('koobatch_' || id, ''))";

// People want to know why it began to stop, not why it then stopped.
constexpr const char* set_stopped = R"(
UPDATE koobatch.run SET reason = CASE WHEN state = 'stopping' AND $2 <> 'aborted' THEN reason ELSE $3 END, state = $2,
  ended = CASE WHEN $2 IN ('stopped', 'aborted') THEN clock_timestamp() END
WHERE id = $1 AND state NOT IN ('stopped', 'completed', 'aborted')
RETURNING id, pg_notify('koobatch_' || id, ''))";

constexpr const char* set_fence_proof = "UPDATE koobatch.run SET fence_proof = $2 WHERE id = $1 RETURNING id";

constexpr const char* set_pause = R"(
UPDATE koobatch.run SET pause_until = greatest(pause_until, clock_timestamp() + $2 * interval '1 microsecond')
WHERE id = $1 RETURNING id, pg_notify('koobatch_' || id, ''))";

// Written again if it is completed already: only what is acknowledged has happened.
constexpr const char* set_completed = R"(
UPDATE koobatch.run SET state = 'completed', ended = coalesce(ended, clock_timestamp())
WHERE id = $1 AND state IN ('ready', 'running', 'paused', 'stopping', 'completed')
  AND NOT EXISTS (SELECT FROM koobatch.part WHERE run = $1 AND done < chunks)
RETURNING id, pg_notify('koobatch_' || id, ''))";

fleet::RunDescription read_description(const Reply& reply, int row) {
  fleet::RunDescription about;
  about.run_id = reply.text(row, 1);
  about.job.path = reply.text(row, 3);
  about.job.format = reply.text(row, 4);
  about.job.bytes = reply.number<std::uint64_t>(row, 5);
  about.job.operations = reply.number<std::uint64_t>(row, 6);
  about.job.xxh3 = reply.number<std::uint64_t>(row, 7);
  about.endpoint = reply.text(row, 8);
  about.settings = reply.text(row, 9);
  about.operations_toml = reply.text(row, 10);
  if (!reply.is_null(row, 11)) {
    about.operations_file = {.path = std::string(reply.text(row, 11)), .xxh3 = reply.number<std::uint64_t>(row, 12)};
  }
  about.lease = reply.duration(row, 13);
  about.hold = reply.duration(row, 14);
  about.parts = reply.number<std::uint32_t>(row, 15);
  about.rate = reply.real(row, 16);
  about.burst = reply.number<std::uint32_t>(row, 17);
  about.max_errors = reply.text(row, 18);
  about.trace_prefix = reply.number<std::uint32_t>(row, 19);
  about.run_line = reply.text(row, 29);
  return about;
}

/// States come from the database: what another version or an administrator wrote stops work on the run.
fleet::RunState state_of(std::string_view name) {
  return fleet::parse_run_state(name).value_or(fleet::RunState::aborted);
}

fleet::RunRow read_run(const Reply& reply, int row) {
  fleet::RunRow run;
  run.number = reply.number(row, 0);
  run.about = read_description(reply, row);
  run.state = state_of(reply.text(row, 2));
  run.rate = reply.real(row, 20);
  run.submitted = reply.time_or_null(row, 21).value_or(WallTime{});
  run.begun = reply.time_or_null(row, 22);
  run.ended = reply.time_or_null(row, 23);
  if (const Duration pause = reply.duration(row, 24); pause > Duration::zero()) run.paused_for = pause;
  run.reason = reply.text(row, 25);
  run.operations = reply.number<std::uint64_t>(row, 26);
  run.parts_done = reply.number<std::uint32_t>(row, 27);
  run.fence_proof = fleet::parse_fence_proof(reply.text(row, 28)).value_or(fleet::FenceProof::not_tried);
  return run;
}

fleet::WorkerState worker_state_of(std::string_view name) {
  if (name == to_string(fleet::WorkerState::alive)) return fleet::WorkerState::alive;
  return name == to_string(fleet::WorkerState::left) ? fleet::WorkerState::left : fleet::WorkerState::fenced;
}

fleet::WorkerRow read_worker(const Reply& reply, int row) {
  fleet::WorkerRow worker;
  worker.number = reply.number(row, 0);
  worker.nonce = reply.number<std::uint64_t>(row, 1);
  worker.name = reply.text(row, 2);
  worker.state = worker_state_of(reply.text(row, 3));
  worker.beat = reply.number<std::uint64_t>(row, 4);
  worker.group = reply.number<fleet::GroupNumber>(row, 5);
  worker.share = reply.real(row, 6);
  worker.burst = reply.number<std::uint32_t>(row, 7);
  worker.used = reply.real(row, 8);
  worker.limited = reply.truth(row, 9);
  const auto results = reply.numbers(row, 10);
  auto& counts = worker.counts.results.by_status;
  for (std::size_t i = 0; i < std::min(results.size(), counts.size()); ++i) {
    counts[i] = static_cast<std::uint64_t>(results[i]);
  }
  worker.counts.requests = reply.number<std::uint64_t>(row, 11);
  worker.counts.held_refusals = reply.number<std::uint64_t>(row, 12);
  worker.trace_prefix = reply.number<std::uint32_t>(row, 13);
  worker.enrolled = reply.time_or_null(row, 14).value_or(WallTime{});
  worker.since_beat = reply.duration(row, 15);
  worker.share_changes = reply.number<std::uint64_t>(row, 16);
  return worker;
}

fleet::PartRow read_part(const Reply& reply, int row) {
  fleet::PartRow part;
  part.part = reply.number<fleet::PartNumber>(row, 0);
  part.chunks = reply.number<fleet::ChunkNumber>(row, 1);
  part.done = reply.number<fleet::ChunkNumber>(row, 2);
  part.fed = reply.number<fleet::ChunkNumber>(row, 3);
  part.doubt = reply.number<fleet::ChunkNumber>(row, 4);
  if (!reply.is_null(row, 5)) part.owner = reply.number(row, 5);
  part.quiet = reply.duration(row, 6);
  part.hold = reply.duration(row, 7);
  return part;
}

std::int64_t microseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

const std::string& select_run_by_number() {
  static const std::string statement = fmt::format("{} WHERE r.id = $1", select_run);
  return statement;
}

}  // namespace

Answer<std::vector<fleet::RunRow>> PostgresLedger::runs() {
  session_.begin();
  const auto reply = session_.execute(fmt::format("{} ORDER BY r.id", select_run).c_str());
  if (!reply) return reply.error();
  std::vector<fleet::RunRow> runs;
  for (int row = 0; row < reply->rows(); ++row) runs.push_back(read_run(*reply, row));
  return runs;
}

Answer<fleet::RunRow> PostgresLedger::run(fleet::RunNumber run) {
  session_.begin();
  const auto reply = session_.execute(select_run_by_number().c_str(), Parameters().number(run));
  if (!reply) return reply.error();
  if (reply->is_empty()) return unknown_run(run);
  return read_run(*reply, 0);
}

Answer<std::optional<fleet::RunNumber>> PostgresLedger::find_run(std::string_view run_id) {
  session_.begin();
  const auto reply = session_.execute("SELECT id FROM koobatch.run WHERE run_id = $1", Parameters().text(run_id));
  if (!reply) return reply.error();
  if (reply->is_empty()) return std::optional<fleet::RunNumber>();
  return std::optional(reply->number(0, 0));
}

Answer<fleet::Survey> PostgresLedger::survey(fleet::RunNumber run) {
  session_.begin();
  const Parameters number = Parameters().number(run);
  const auto row = session_.execute(select_run_by_number().c_str(), number);
  if (!row) return row.error();
  if (row->is_empty()) return unknown_run(run);
  const auto workers = session_.execute(select_workers, number);
  if (!workers) return workers.error();
  const auto parts = session_.execute(count_parts, number);
  if (!parts) return parts.error();
  fleet::Survey survey;
  survey.run = read_run(*row, 0);
  for (int i = 0; i < workers->rows(); ++i) survey.workers.push_back(read_worker(*workers, i));
  survey.free_parts = parts->number<std::uint32_t>(0, 0);
  survey.owned_parts = parts->number<std::uint32_t>(0, 1);
  survey.quiet_parts = parts->number<std::uint32_t>(0, 2);
  return survey;
}

Answer<std::vector<fleet::PartRow>> PostgresLedger::parts(fleet::RunNumber run) {
  session_.begin();
  const auto reply = session_.execute(select_parts, Parameters().number(run));
  if (!reply) return reply.error();
  std::vector<fleet::PartRow> parts;
  for (int row = 0; row < reply->rows(); ++row) parts.push_back(read_part(*reply, row));
  return parts;
}

Answer<void> PostgresLedger::change(fleet::RunNumber run, const char* statement, const Parameters& parameters) {
  session_.begin();
  const auto changed = session_.execute(statement, parameters);
  if (!changed) return changed.error();
  if (!changed->is_empty()) return {};
  if (const auto state = find_state(run); !state) return state.error();
  return {};
}

Answer<void> PostgresLedger::change_rate(fleet::RunNumber run, double rate) {
  return change(run, set_rate, Parameters().number(run).real(rate));
}

Answer<void> PostgresLedger::pause(fleet::RunNumber run, bool paused) {
  return change(run, set_paused, Parameters().number(run).truth(paused));
}

Answer<void> PostgresLedger::stop_run(fleet::RunNumber run, fleet::RunState state, std::string_view reason) {
  return change(run, set_stopped, Parameters().number(run).text(to_string(state)).text(reason));
}

Answer<void> PostgresLedger::record_fence_proof(fleet::RunNumber run, fleet::FenceProof proof) {
  return change(run, set_fence_proof, Parameters().number(run).text(to_string(proof)));
}

Answer<void> PostgresLedger::pause_for(fleet::RunNumber run, Duration wait) {
  return change(run, set_pause, Parameters().number(run).number(microseconds(wait)));
}

Answer<bool> PostgresLedger::complete(fleet::RunNumber run) {
  session_.begin();
  const auto completed = session_.execute(set_completed, Parameters().number(run));
  if (!completed) return completed.error();
  if (!completed->is_empty()) return true;
  if (const auto state = find_state(run); !state) return state.error();
  return false;
}

Answer<bool> PostgresLedger::wait_for_news(fleet::RunNumber run, Duration patience) {
  session_.begin();
  return session_.wait_for_notification(fmt::format("koobatch_{}", run), Steady::now() + patience);
}

}  // namespace koobatch::postgres
