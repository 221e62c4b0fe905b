#include "postgres/ledger.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

namespace koobatch::postgres {
namespace {

using fleet::Answer;

constexpr const char* insert_worker = R"(
WITH r AS (
  UPDATE koobatch.run SET next_prefix = next_prefix + 1,
    begun = CASE state WHEN 'loading' THEN begun ELSE coalesce(begun, clock_timestamp()) END,
    state = CASE state WHEN 'ready' THEN 'running' ELSE state END
  WHERE id = $1 AND state IN ('loading', 'ready', 'running', 'paused')
    AND NOT EXISTS (SELECT FROM koobatch.worker WHERE run = $1 AND nonce = $3)
  RETURNING id, next_prefix - 1 AS prefix)
INSERT INTO koobatch.worker (run, name, nonce, trace_prefix) SELECT r.id, $2, $3, r.prefix & 262143 FROM r
ON CONFLICT DO NOTHING
RETURNING id, trace_prefix)";

constexpr const char* confirm_worker = R"(
UPDATE koobatch.worker SET beat = beat + 1, beaten = clock_timestamp()
WHERE run = $1 AND nonce = $2 AND state = 'alive' RETURNING id, trace_prefix)";

// Parts that are this worker's without its knowing come first.
constexpr const char* claim_parts = R"(
WITH g AS (
  UPDATE koobatch.worker AS w SET beat = w.beat + 1, beaten = clock_timestamp() FROM koobatch.run AS r
  WHERE w.id = $1 AND w.nonce = $2 AND w.state = 'alive' AND r.id = w.run
  RETURNING w.id, w.run, w.grp, r.state IN ('ready', 'running', 'paused') AS goes_on),
mine AS MATERIALIZED (
  SELECT p.part, p.epoch, p.chunks, p.done, p.doubt, p.hold_until FROM koobatch.part AS p, g
  WHERE p.run = g.run AND p.owner = g.id AND NOT p.part = ANY ($4::bigint[])),
c AS MATERIALIZED (
  SELECT p.run, p.part FROM koobatch.part AS p, g
  WHERE p.run = g.run AND g.goes_on AND p.owner IS NULL AND p.done < p.chunks
    AND p.quiet_until <= statement_timestamp()
  ORDER BY p.part LIMIT greatest(0, $3 - (SELECT count(*) FROM mine)) FOR UPDATE OF p SKIP LOCKED),
u AS (
  UPDATE koobatch.part AS p SET owner = g.id, epoch = p.epoch + 1, fed = p.done + 1 FROM c, g
  WHERE p.run = c.run AND p.part = c.part
  RETURNING p.run, p.part, p.epoch, p.chunks, p.done, p.doubt, p.hold_until),
t AS (
  INSERT INTO koobatch.tenure (run, part, epoch, chunk, worker, from_grp)
  SELECT u.run, u.part, u.epoch, u.done + 1, g.id, g.grp FROM u, g)
SELECT a.part, a.epoch, a.chunks, a.done, a.doubt,
  (extract(epoch FROM greatest(a.hold_until, statement_timestamp()) - statement_timestamp()) * 1000000)::bigint
FROM g LEFT JOIN (
  SELECT * FROM mine UNION ALL SELECT part, epoch, chunks, done, doubt, hold_until FROM u) AS a ON true
ORDER BY a.part)";

constexpr const char* select_chunks = R"(
SELECT seq, n, xxh3, ops FROM (
  SELECT *, sum(octet_length(ops)) OVER (ORDER BY seq) AS total FROM (
    SELECT seq, n, xxh3, ops FROM koobatch.chunk WHERE run = $1 AND part = $2 AND seq >= $3
    ORDER BY seq LIMIT $4) AS first_ones) AS summed
WHERE total <= $5 OR total = octet_length(ops) ORDER BY seq)";

// A group says which chunk is begun before any of its operations is sent; an owner that has never come as far as the
// chunk has no results of it.
constexpr const char* select_earlier = R"(
WITH mine AS MATERIALIZED (
  SELECT run, part, epoch FROM koobatch.part WHERE run = $1 AND part = $2 AND owner = $4),
tenures AS (
  SELECT t.worker, max(t.from_grp) FILTER (WHERE t.chunk <= $3) AS begun, max(t.chunk) AS last
  FROM koobatch.tenure AS t JOIN mine ON t.run = mine.run AND t.part = mine.part AND t.epoch < mine.epoch
  GROUP BY t.worker, t.epoch),
owners AS (SELECT worker, min(coalesce(begun, 0)) AS begun FROM tenures WHERE last >= $3 GROUP BY worker)
SELECT o.worker, o.begun FROM mine LEFT JOIN owners AS o ON true ORDER BY o.worker)";

constexpr const char* commit_group = R"(
WITH g AS (
  UPDATE koobatch.worker SET beat = beat + 1, beaten = clock_timestamp(), grp = $8, results = $3, requests = $4,
    held_refusals = $5, used = $6, limited = $7
  WHERE id = $1 AND nonce = $2 AND state = 'alive' AND grp = $8 - 1 RETURNING id, run),
u AS (SELECT * FROM unnest($11::bigint[], $12::bigint[], $13::bigint[]) AS u(part, done, fed)),
t AS (
  INSERT INTO koobatch.tenure (run, part, epoch, chunk, worker, from_grp)
  SELECT p.run, p.part, p.epoch, u.fed, g.id, $8 FROM u, g, koobatch.part AS p
  WHERE p.run = g.run AND p.part = u.part AND p.owner = g.id AND u.fed > p.fed),
p AS (
  UPDATE koobatch.part AS p SET done = greatest(p.done, u.done), fed = greatest(p.fed, u.fed),
    owner = CASE WHEN u.done < p.chunks THEN p.owner END
  FROM u, g WHERE p.run = g.run AND p.part = u.part AND p.owner = g.id)
INSERT INTO koobatch.journal (run, worker, grp, n, lines) SELECT g.run, g.id, $8, $9, $10 FROM g RETURNING grp)";

constexpr const char* beat_only = R"(
UPDATE koobatch.worker SET beat = beat + 1, beaten = clock_timestamp(), results = $3, requests = $4,
  held_refusals = $5, used = $6, limited = $7
WHERE id = $1 AND nonce = $2 AND state = 'alive' RETURNING id)";

constexpr const char* settle_group = R"(
UPDATE koobatch.worker SET beat = beat + 1, beaten = clock_timestamp() WHERE id = $1 AND nonce = $2
RETURNING grp, state = 'alive')";

// The part's rows are as they were when the statement began. If their worker has claimed or finished some since, its
// beat has changed, and nothing is done.
constexpr const char* fence_worker = R"(
WITH f AS (
  UPDATE koobatch.worker SET state = 'fenced', share = 0, burst = 0, used = 0
  WHERE id = $1 AND beat = $2 AND state = 'alive' RETURNING id, run),
p AS (
  UPDATE koobatch.part AS p SET owner = NULL, epoch = p.epoch + 1, doubt = greatest(p.doubt, p.fed),
    quiet_until = p.hold_until, hold_until = clock_timestamp() + $3 * interval '1 microsecond'
  FROM f WHERE p.run = f.run AND p.owner = f.id)
SELECT id, pg_notify('koobatch_' || run, '') FROM f)";

// Of each part, the hold is that of its last owner before the present one, if that was fenced: whoever owns a part when
// it is fenced begins a hold, and whatever was held before makes the part quiet.
constexpr const char* end_holds_of = R"(
WITH w AS (SELECT id, run FROM koobatch.worker WHERE id = $2 AND run = $1 AND state = 'fenced'),
owners AS (
  SELECT DISTINCT ON (t.part) t.part, t.worker
  FROM w JOIN koobatch.tenure AS t ON t.run = w.run JOIN koobatch.part AS p ON p.run = t.run AND p.part = t.part
  WHERE p.owner IS NULL OR t.worker <> p.owner
  ORDER BY t.part, t.epoch DESC)
UPDATE koobatch.part AS p SET hold_until = clock_timestamp() FROM w, owners AS o
WHERE p.run = w.run AND p.part = o.part AND o.worker = w.id AND p.hold_until > clock_timestamp() AND p.done < p.chunks
RETURNING p.part)";

// Two statements: the second one also sees parts that an earlier, unanswered claim was given while the first one waited
// for it.
constexpr std::string_view leave_run = R"(
UPDATE koobatch.worker SET beat = beat + 1, beaten = clock_timestamp(), state = 'left', share = 0, burst = 0, used = 0
WHERE id = {id} AND nonce = {nonce} AND state = 'alive';
UPDATE koobatch.part AS p SET owner = NULL, epoch = p.epoch + 1, quiet_until = p.hold_until,
  doubt = CASE WHEN p.part = ANY ('{{{doubted}}}'::bigint[]) THEN greatest(p.doubt, p.fed) ELSE p.doubt END,
  hold_until = CASE WHEN p.part = ANY ('{{{doubted}}}'::bigint[]) THEN clock_timestamp() + r.hold ELSE p.hold_until END
FROM koobatch.worker AS w, koobatch.run AS r
WHERE w.id = {id} AND w.nonce = {nonce} AND w.state = 'left' AND r.id = w.run AND p.run = r.id AND p.owner = w.id;
SELECT state, pg_notify('koobatch_' || run, '') FROM koobatch.worker WHERE id = {id} AND nonce = {nonce})";

// Two statements: the second one also sees shares that others were given while the first one waited for the lock. A
// share that is lowered is lowered even if the others have too much. Nobody else changes a share: whoever has the lock
// of the run sees whether it is still the known one.
constexpr std::string_view set_share = R"(
SELECT FROM koobatch.run AS r JOIN koobatch.worker AS w ON w.run = r.id WHERE w.id = {id} FOR NO KEY UPDATE OF r;
UPDATE koobatch.worker AS w SET beat = w.beat + 1, beaten = clock_timestamp(), share = g.share,
  share_changes = w.share_changes + g.is_known::int,
  burst = CASE WHEN NOT g.is_known THEN w.burst
    WHEN r.rate > 0 AND r.burst > 0 THEN least({burst}, greatest(1, floor(r.burst * g.share / r.rate)))
    ELSE {burst} END
FROM koobatch.run AS r, (
  SELECT me.id, me.share_changes = {known} AS is_known, CASE WHEN me.share_changes <> {known} THEN me.share
    WHEN r.rate <= 0 OR {share} <= me.share THEN {share}
    ELSE greatest(0, least({share}, r.rate - (
      SELECT coalesce(sum(o.share), 0) FROM koobatch.worker AS o
      WHERE o.run = me.run AND o.state = 'alive' AND o.id <> me.id))) END AS share
  FROM koobatch.worker AS me JOIN koobatch.run AS r ON r.id = me.run WHERE me.id = {id}) AS g
WHERE w.id = g.id AND w.nonce = {nonce} AND w.state = 'alive' AND r.id = w.run
RETURNING w.share, g.is_known)";

std::int64_t signed_bits(std::uint64_t bits) {
  return static_cast<std::int64_t>(bits);
}

/// $1 to $7 of statements that report the state of this worker.
Parameters describe(const fleet::Enrolment& me, const fleet::Vitals& vitals) {
  std::vector<std::int64_t> results;
  for (const std::uint64_t count : vitals.counts.results.by_status) results.push_back(signed_bits(count));
  Parameters values;
  values.number(me.number).bits(me.nonce).numbers(results);
  values.bits(vitals.counts.requests).bits(vitals.counts.held_refusals).real(vitals.used).truth(vitals.limited);
  return values;
}

std::string no_worker(const fleet::Enrolment& me) {
  return fmt::format(
      "the engine does not know worker {}: the run was forgotten, or the server has lost what it had"
      " acknowledged",
      me.number);
}

}  // namespace

fleet::Failure PostgresLedger::explain(const fleet::Enrolment& me, std::optional<fleet::GroupNumber> group) {
  using fleet::Fault;
  const auto found = session_.execute("SELECT state, grp FROM koobatch.worker WHERE id = $1 AND nonce = $2",
                                      Parameters().number(me.number).bits(me.nonce));
  if (!found) return found.error();
  if (const auto proved = prove(session_.connections()); !proved) return proved.error();
  if (found->is_empty()) return {Fault::forgotten, fatal_error(no_worker(me))};
  if (found->text(0, 0) != to_string(fleet::WorkerState::alive)) {
    return {Fault::fenced, fatal_error(fmt::format("worker {} has been given up by the others: its state is '{}'",
                                                   me.number, found->text(0, 0)))};
  }
  const auto last = found->number<fleet::GroupNumber>(0, 1);
  // An earlier attempt to commit it has arrived after all; its answer is owed.
  if (!group || last >= *group) return no_answer("it is still carrying out an earlier statement");
  return {Fault::forgotten,
          fatal_error(fmt::format("the engine has lost results that it had acknowledged: worker {} has committed {}"
                                  " groups, and the engine knows of {}",
                                  me.number, *group - 1, last))};
}

Answer<fleet::Enrolment> PostgresLedger::enrol(fleet::RunNumber run, std::string_view name, std::uint64_t nonce) {
  session_.begin();
  const auto added = session_.execute(insert_worker, Parameters().number(run).text(name).bits(nonce));
  if (!added) return added.error();
  if (added->is_empty()) return find_enrolment(run, nonce);
  return fleet::Enrolment{added->number(0, 0), nonce, added->number<std::uint32_t>(0, 1)};
}

Answer<fleet::Enrolment> PostgresLedger::find_enrolment(fleet::RunNumber run, std::uint64_t nonce) {
  const auto found = session_.execute(confirm_worker, Parameters().number(run).bits(nonce));
  if (!found) return found.error();
  if (!found->is_empty()) return fleet::Enrolment{found->number(0, 0), nonce, found->number<std::uint32_t>(0, 1)};
  const auto state = find_state(run);
  if (!state) return state.error();
  return not_done(fmt::format("run {} can no longer be joined: it is {}", run, *state));
}

Answer<std::vector<fleet::ClaimedPart>> PostgresLedger::claim(const fleet::Enrolment& me, std::uint32_t count,
                                                              std::span<const fleet::PartNumber> known) {
  session_.begin();
  const std::vector<std::int64_t> numbers(known.begin(), known.end());
  const auto reply =
      session_.execute(claim_parts, Parameters().number(me.number).bits(me.nonce).number(count).numbers(numbers));
  if (!reply) return reply.error();
  if (reply->is_empty()) return explain(me, std::nullopt);
  std::vector<fleet::ClaimedPart> parts;
  for (int row = 0; row < reply->rows() && !reply->is_null(row, 0); ++row) {
    parts.push_back({.part = reply->number<fleet::PartNumber>(row, 0),
                     .epoch = reply->number<std::uint64_t>(row, 1),
                     .chunks = reply->number<fleet::ChunkNumber>(row, 2),
                     .done = reply->number<fleet::ChunkNumber>(row, 3),
                     .doubt = reply->number<fleet::ChunkNumber>(row, 4),
                     .hold = reply->duration(row, 5)});
  }
  return parts;
}

Answer<std::vector<fleet::Chunk>> PostgresLedger::chunks(fleet::RunNumber run, fleet::PartNumber part,
                                                         fleet::ChunkNumber first, std::uint32_t most,
                                                         std::size_t bytes) {
  session_.begin();
  const auto reply =
      session_.execute(select_chunks, Parameters().number(run).number(part).number(first).number(most).bits(bytes));
  if (!reply) return reply.error();
  std::vector<fleet::Chunk> chunks;
  for (int row = 0; row < reply->rows(); ++row) {
    chunks.push_back({.number = reply->number<fleet::ChunkNumber>(row, 0),
                      .operations = reply->number<std::uint32_t>(row, 1),
                      .packed = std::string(reply->text(row, 3)),
                      .xxh3 = reply->number<std::uint64_t>(row, 2)});
  }
  return chunks;
}

Answer<std::vector<fleet::EarlierOwner>> PostgresLedger::earlier_owners(const fleet::Enrolment& me,
                                                                        fleet::RunNumber run, fleet::PartNumber part,
                                                                        fleet::ChunkNumber from) {
  session_.begin();
  const auto reply =
      session_.execute(select_earlier, Parameters().number(run).number(part).number(from).number(me.number));
  if (!reply) return reply.error();
  if (reply->is_empty()) return explain(me, std::nullopt);
  if (const auto proved = prove(session_.connections()); !proved) return proved.error();
  std::vector<fleet::EarlierOwner> owners;
  for (int row = 0; row < reply->rows() && !reply->is_null(row, 0); ++row) {
    owners.push_back({reply->number(row, 0), reply->number<fleet::GroupNumber>(row, 1)});
  }
  return owners;
}

Answer<void> PostgresLedger::commit(const fleet::Enrolment& me, const fleet::Group& group,
                                    std::span<const fleet::PartProgress> progress, const fleet::Vitals& vitals) {
  session_.begin();
  std::vector<std::int64_t> parts;
  std::vector<std::int64_t> done;
  std::vector<std::int64_t> fed;
  for (const fleet::PartProgress& part : progress) {
    parts.push_back(part.part);
    done.push_back(part.done);
    fed.push_back(part.fed);
  }
  Parameters values = describe(me, vitals);
  values.bits(group.number).number(group.results).bytes(group.packed).numbers(parts).numbers(done).numbers(fed);
  const auto committed = session_.execute(commit_group, values);
  if (!committed) return committed.error();
  if (committed->is_empty()) return explain(me, group.number);
  return {};
}

Answer<fleet::GroupNumber> PostgresLedger::settle(const fleet::Enrolment& me) {
  session_.begin();
  const auto settled = session_.execute(settle_group, Parameters().number(me.number).bits(me.nonce));
  if (!settled) return settled.error();
  if (settled->is_empty() || !settled->truth(0, 1)) return explain(me, std::nullopt);
  return settled->number<fleet::GroupNumber>(0, 0);
}

Answer<void> PostgresLedger::beat(const fleet::Enrolment& me, const fleet::Vitals& vitals) {
  session_.begin();
  const auto beaten = session_.execute(beat_only, describe(me, vitals));
  if (!beaten) return beaten.error();
  if (beaten->is_empty()) return explain(me, std::nullopt);
  return {};
}

Answer<bool> PostgresLedger::fence(fleet::WorkerNumber worker, std::uint64_t seen, Duration hold) {
  session_.begin();
  const auto microseconds = std::chrono::ceil<std::chrono::microseconds>(hold).count();
  const auto fenced = session_.execute(fence_worker, Parameters().number(worker).bits(seen).number(microseconds));
  if (!fenced) return fenced.error();
  return !fenced->is_empty();
}

Answer<std::uint32_t> PostgresLedger::end_holds(fleet::RunNumber run, fleet::WorkerNumber worker) {
  session_.begin();
  const auto ended = session_.execute(end_holds_of, Parameters().number(run).number(worker));
  if (!ended) return ended.error();
  return static_cast<std::uint32_t>(ended->rows());
}

Answer<void> PostgresLedger::leave(const fleet::Enrolment& me, std::span<const fleet::PartNumber> in_doubt) {
  session_.begin();
  const auto left =
      session_.execute_all(fmt::format(leave_run, fmt::arg("id", me.number), fmt::arg("nonce", signed_bits(me.nonce)),
                                       fmt::arg("doubted", fmt::join(in_doubt, ","))));
  if (!left) return left.error();
  if (left->is_empty() || left->text(0, 0) != to_string(fleet::WorkerState::left)) return explain(me, std::nullopt);
  return {};
}

Answer<std::optional<double>> PostgresLedger::take_share(const fleet::Enrolment& me, std::uint64_t known, double share,
                                                         std::uint32_t burst) {
  session_.begin();
  const std::string number = std::isfinite(share) ? fmt::format("'{}'::float8", share) : "0::float8";
  const auto taken =
      session_.execute_all(fmt::format(set_share, fmt::arg("id", me.number), fmt::arg("nonce", signed_bits(me.nonce)),
                                       fmt::arg("known", known), fmt::arg("share", number), fmt::arg("burst", burst)));
  if (!taken) return taken.error();
  if (taken->is_empty()) return explain(me, std::nullopt);
  return taken->truth(0, 1) ? std::optional(taken->real(0, 0)) : std::nullopt;
}

}  // namespace koobatch::postgres
