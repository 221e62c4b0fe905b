#include "postgres/tables.hpp"

namespace koobatch::postgres {

// Tables that are written with every group have space in their pages, so that new versions of a row stay on its page
// and no index has to be changed (HOT). What is packed is stored as it is: PostgreSQL would try to compress it.
std::string_view table_statements() {
  return R"sql(
CREATE SCHEMA koobatch;
COMMENT ON SCHEMA koobatch IS 'koobatch: jobs that many machines work on';

CREATE TABLE koobatch.schema_version (version integer NOT NULL);
INSERT INTO koobatch.schema_version VALUES (1);

CREATE TABLE koobatch.run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run_id text NOT NULL UNIQUE,
  state text NOT NULL DEFAULT 'loading',
  job_path text NOT NULL,
  job_format text NOT NULL,
  job_bytes bigint NOT NULL,
  job_operations bigint NOT NULL,
  job_xxh3 bigint NOT NULL,
  endpoint text NOT NULL,
  settings text NOT NULL,
  operations_toml text NOT NULL,
  operations_path text,
  operations_xxh3 bigint,
  lease interval NOT NULL,
  hold interval NOT NULL,
  parts integer NOT NULL,
  rate double precision NOT NULL,
  submitted_rate double precision NOT NULL,
  burst integer NOT NULL,
  max_errors text NOT NULL,
  run_line text NOT NULL,
  trace_prefix integer NOT NULL,
  next_prefix integer NOT NULL,
  operations bigint NOT NULL DEFAULT 0,
  submitted timestamptz NOT NULL DEFAULT clock_timestamp(),
  begun timestamptz,
  ended timestamptz,
  pause_until timestamptz NOT NULL DEFAULT '-infinity',
  reason text NOT NULL DEFAULT '',
  fence_proof text NOT NULL DEFAULT 'not_tried'
) WITH (fillfactor = 70);

-- A row is an enrolment: never used again, and at once its lock and its fence.
CREATE TABLE koobatch.worker (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL,
  name text NOT NULL,
  nonce bigint NOT NULL,
  state text NOT NULL DEFAULT 'alive',
  beat bigint NOT NULL DEFAULT 0,
  beaten timestamptz NOT NULL DEFAULT clock_timestamp(),
  grp bigint NOT NULL DEFAULT 0,
  share double precision NOT NULL DEFAULT 0,
  share_changes bigint NOT NULL DEFAULT 0,
  burst integer NOT NULL DEFAULT 0,
  used double precision NOT NULL DEFAULT 0,
  limited boolean NOT NULL DEFAULT false,
  results bigint[] NOT NULL DEFAULT '{}',
  requests bigint NOT NULL DEFAULT 0,
  held_refusals bigint NOT NULL DEFAULT 0,
  trace_prefix integer NOT NULL,
  enrolled timestamptz NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (run, nonce)
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Chunks up to `done` have all their results, chunks up to `fed` may have been sent by the owner, those up to `doubt`
-- by an earlier one. Nobody may claim it before quiet_until; until hold_until an earlier owner may still be sending.
CREATE TABLE koobatch.part (
  run bigint NOT NULL,
  part integer NOT NULL,
  owner bigint,
  epoch bigint NOT NULL DEFAULT 0,
  chunks integer NOT NULL DEFAULT 0,
  done integer NOT NULL DEFAULT 0,
  fed integer NOT NULL DEFAULT 0,
  doubt integer NOT NULL DEFAULT 0,
  quiet_until timestamptz NOT NULL DEFAULT '-infinity',
  hold_until timestamptz NOT NULL DEFAULT '-infinity',
  PRIMARY KEY (run, part)
) WITH (fillfactor = 40, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);

-- Who worked on which chunk of a part: the results are in that worker's groups after from_grp.
CREATE TABLE koobatch.tenure (
  run bigint NOT NULL,
  part integer NOT NULL,
  epoch bigint NOT NULL,
  chunk integer NOT NULL,
  worker bigint NOT NULL,
  from_grp bigint NOT NULL,
  PRIMARY KEY (run, part, epoch, chunk)
);

-- These two have a partition for each run, so that a run is forgotten by dropping tables.
CREATE TABLE koobatch.chunk (
  run bigint NOT NULL,
  part integer NOT NULL,
  seq integer NOT NULL,
  n integer NOT NULL,
  xxh3 bigint NOT NULL,
  ops bytea NOT NULL,
  PRIMARY KEY (run, part, seq)
) PARTITION BY LIST (run);

ALTER TABLE koobatch.chunk ALTER COLUMN ops SET STORAGE EXTERNAL;

-- Lines of the report, as a run on one machine would have appended them.
CREATE TABLE koobatch.journal (
  run bigint NOT NULL,
  worker bigint NOT NULL,
  grp bigint NOT NULL,
  n integer NOT NULL,
  lines bytea NOT NULL,
  PRIMARY KEY (run, worker, grp)
) PARTITION BY LIST (run);

ALTER TABLE koobatch.journal ALTER COLUMN lines SET STORAGE EXTERNAL;

-- Whoever works or collects, but does not submit, is given this role: GRANT koobatch_worker TO ...
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'koobatch_worker') THEN
    CREATE ROLE koobatch_worker NOLOGIN;
  END IF;
  GRANT USAGE ON SCHEMA koobatch TO koobatch_worker;
  GRANT SELECT ON ALL TABLES IN SCHEMA koobatch TO koobatch_worker;
  GRANT INSERT ON koobatch.worker, koobatch.tenure, koobatch.journal TO koobatch_worker;
  GRANT UPDATE ON koobatch.run, koobatch.worker, koobatch.part TO koobatch_worker;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE NOTICE 'The role koobatch_worker could not be created: for now, workers must be the owner of the tables.';
END
$$;
)sql";
}

}  // namespace koobatch::postgres
