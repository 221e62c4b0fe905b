#include "postgres/ledger.hpp"

#include <fmt/format.h>

#include <chrono>

namespace koobatch::postgres {
namespace {

using fleet::Answer;

constexpr const char* insert_run = R"(
INSERT INTO koobatch.run (run_id, job_path, job_format, job_bytes, job_operations, job_xxh3, endpoint, settings,
  operations_toml, operations_path, operations_xxh3, lease, hold, parts, rate, submitted_rate, burst, max_errors,
  trace_prefix, next_prefix, run_line)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, CASE WHEN $10 THEN $11 END, CASE WHEN $10 THEN $12 END,
  $13 * interval '1 microsecond', $14 * interval '1 microsecond', $15, $16, $16, $17, $18, $19, $19 + 1, $20)
ON CONFLICT (run_id) DO NOTHING)";

// Attached rather than created as partitions, for which PostgreSQL would lock out everybody who works on other runs.
// After an unanswered call, either everything is there or nothing.
constexpr std::string_view make_parts = R"(
DO $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('koobatch'), {run}::int);
  IF to_regclass('koobatch.chunk_{run}') IS NULL THEN
    CREATE TABLE koobatch.chunk_{run} (LIKE koobatch.chunk INCLUDING ALL);
    CREATE TABLE koobatch.journal_{run} (LIKE koobatch.journal INCLUDING ALL);
    ALTER TABLE koobatch.chunk ATTACH PARTITION koobatch.chunk_{run} FOR VALUES IN ({run});
    ALTER TABLE koobatch.journal ATTACH PARTITION koobatch.journal_{run} FOR VALUES IN ({run});
    INSERT INTO koobatch.part (run, part)
      SELECT r.id, generate_series(0, r.parts - 1) FROM koobatch.run AS r WHERE r.id = {run};
  END IF;
END
$$)";

// Not synchronously: finish_loading() is synchronous, and counts what is there.
constexpr const char* insert_chunks = R"(
WITH quick AS (SELECT set_config('synchronous_commit', 'off', true)),
r AS MATERIALIZED (SELECT run.id FROM koobatch.run, quick WHERE run.id = $1 AND run.state = 'loading'),
c AS (INSERT INTO koobatch.chunk (run, part, seq, n, xxh3, ops)
  SELECT r.id, $2, u.seq, u.n, u.xxh3, u.ops
  FROM r, unnest($3::bigint[], $4::bigint[], $5::bigint[], $6::bytea[]) AS u(seq, n, xxh3, ops)
  ON CONFLICT DO NOTHING)
SELECT id FROM r)";

constexpr const char* finish = R"(
WITH c AS MATERIALIZED (
  SELECT part, count(*) AS chunks, max(seq) AS last, sum(n) AS operations
  FROM koobatch.chunk WHERE run = $1 GROUP BY part),
r AS (UPDATE koobatch.run SET state = 'ready', operations = $2
  WHERE id = $1 AND state = 'loading' AND $2 = (SELECT coalesce(sum(operations), 0) FROM c)
    AND NOT EXISTS (SELECT FROM c WHERE chunks <> last)
  RETURNING id),
p AS (UPDATE koobatch.part SET chunks = c.chunks FROM c, r WHERE part.run = r.id AND part.part = c.part)
SELECT id, pg_notify('koobatch_' || id, '') FROM r)";

// While a run is being loaded, only its submitter can be alive, and it may be gone.
constexpr const char* end_before_forgetting = R"(
UPDATE koobatch.run SET ended = coalesce(ended, clock_timestamp()),
  state = CASE WHEN state IN ('stopped', 'completed', 'aborted') THEN state ELSE 'stopped' END
WHERE id = $1 AND (state IN ('loading', 'stopped', 'completed', 'aborted')
  OR NOT EXISTS (SELECT FROM koobatch.worker WHERE run = $1 AND state = 'alive'))
RETURNING id)";

// The partitions first: dropping them waits for statements in progress, which may themselves wait for rows.
constexpr std::string_view forget_all = R"(
DROP TABLE IF EXISTS koobatch.chunk_{run};
DROP TABLE IF EXISTS koobatch.journal_{run};
DELETE FROM koobatch.tenure WHERE run = {run};
DELETE FROM koobatch.part WHERE run = {run};
DELETE FROM koobatch.worker WHERE run = {run};
DELETE FROM koobatch.run WHERE id = {run};
SELECT pg_notify('koobatch_{run}', ''))";

std::int64_t microseconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

Parameters describe(const fleet::RunDescription& run) {
  const auto file = run.operations_file.value_or(report::OperationsRecord{});
  Parameters values;
  values.text(run.run_id).text(run.job.path).text(run.job.format);
  values.bits(run.job.bytes).bits(run.job.operations).bits(run.job.xxh3);
  values.text(run.endpoint).text(run.settings).text(run.operations_toml);
  values.truth(run.operations_file.has_value()).text(file.path).bits(file.xxh3);
  values.number(microseconds(run.lease)).number(microseconds(run.hold)).number(run.parts);
  values.real(run.rate).number(run.burst).text(run.max_errors).number(run.trace_prefix).text(run.run_line);
  return values;
}

}  // namespace

Answer<fleet::RunNumber> PostgresLedger::begin_run(const fleet::RunDescription& run) {
  session_.begin();
  const auto inserted = session_.execute(insert_run, describe(run));
  if (!inserted) return inserted.error();
  const auto found = session_.execute("SELECT id FROM koobatch.run WHERE run_id = $1", Parameters().text(run.run_id));
  if (!found) return found.error();
  if (found->is_empty()) return not_done("the engine has lost the run that was just begun: submit it again");
  const fleet::RunNumber number = found->number(0, 0);
  const auto made = session_.execute_all(fmt::format(make_parts, fmt::arg("run", number)));
  if (!made) return made.error();
  return number;
}

Answer<void> PostgresLedger::load(fleet::RunNumber run, fleet::PartNumber part, std::span<const fleet::Chunk> chunks) {
  session_.begin();
  std::vector<std::int64_t> numbers;
  std::vector<std::int64_t> operations;
  std::vector<std::int64_t> sums;
  std::vector<std::string_view> packed;
  for (const fleet::Chunk& chunk : chunks) {
    numbers.push_back(chunk.number);
    operations.push_back(chunk.operations);
    sums.push_back(static_cast<std::int64_t>(chunk.xxh3));
    packed.push_back(chunk.packed);
  }
  const auto loaded = session_.execute(
      insert_chunks,
      Parameters().number(run).number(part).numbers(numbers).numbers(operations).numbers(sums).byte_strings(packed));
  if (!loaded) return loaded.error();
  if (!loaded->is_empty()) return {};
  const auto state = find_state(run);
  if (!state) return state.error();
  return not_done(fmt::format("run {} is no longer being loaded: it is {}", run, *state));
}

Answer<void> PostgresLedger::finish_loading(fleet::RunNumber run, std::uint64_t operations) {
  session_.begin();
  const auto finished = session_.execute(finish, Parameters().number(run).bits(operations));
  if (!finished) return finished.error();
  if (!finished->is_empty()) return {};
  const auto found = session_.execute(
      "SELECT state, operations, (SELECT coalesce(sum(n), 0)::bigint FROM koobatch.chunk WHERE run = $1)"
      " FROM koobatch.run WHERE id = $1",
      Parameters().number(run));
  if (!found) return found.error();
  if (found->is_empty()) return unknown_run(run);
  if (found->text(0, 0) != "loading" && found->number<std::uint64_t>(0, 1) == operations) return {};
  return not_done(
      fmt::format("the engine holds {} of the job's {} operations, because its server failed meanwhile or"
                  " the run is {}: submit the job again",
                  found->number(0, 2), operations, found->text(0, 0)));
}

Answer<void> PostgresLedger::forget(fleet::RunNumber run) {
  session_.begin();
  const auto ended = session_.execute(end_before_forgetting, Parameters().number(run));
  if (!ended) return ended.error();
  if (ended->is_empty()) {
    if (const auto state = find_state(run); !state) return state.error();
    return not_done(fmt::format("run {} still has workers: stop it first", run));
  }
  const auto forgotten = session_.execute_all(fmt::format(forget_all, fmt::arg("run", run)));
  if (!forgotten) return forgotten.error();
  return {};
}

}  // namespace koobatch::postgres
