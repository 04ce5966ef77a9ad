/**
 * A batch of changes as one statement, which is its own transaction: no client that dies in the middle can hold it
 * open, so the next leader never waits for the last one. Parameters: changes, attempts and messages as JSON, each with
 * the number `n` of its change and of all that follow from it; then the lock and epoch of the fence, or nulls; then the service's name.
 *
 * The fence's row is locked until the commit, so that the next leader begins after the last batch of this one.
 * Changes of one number are stored whole or not at all. Jobs are locked in order of id, so that two batches never wait for each other. The attempts that a job has are asked
 * for before the unique indexes would refuse: one refusal there would cost the whole batch.
 */
export const SAVE_JOBS = `
  with fence as materialized (
    select from leadership where lock_name = $4 and epoch = $5::bigint for share
  ),
  given as materialized (
    select * from jsonb_to_recordset($1::jsonb) as change (n integer, place integer, id uuid, expected integer, at timestamptz,
      history text, state text, attempt integer, failures integer, reclaims integer, failed_on text[],
      not_before timestamptz, attempt_id uuid, drone text, artifact text, blocked_by text, reason text)
  ),
  tried as materialized (
    select * from jsonb_to_recordset($2::jsonb) as try (n integer, id uuid, job_id uuid, number integer, drone text,
      token_sha256 text, offered_at timestamptz, state text, started_at timestamptz, ended_at timestamptz,
      failure_class text, summary text, log_tail text, wall_ms bigint, dependencies_ms bigint, build_ms bigint,
      upload_ms bigint)
  ),
  said as materialized (
    select * from jsonb_to_recordset($3::jsonb)
      as message (n integer, place integer, id text, message text, payload jsonb, at timestamptz)
  ),
  locked as materialized (
    select job.id from job join given on given.id = job.id and given.expected = job.revision
    where ($4::text is null or exists (select from fence))
      and not exists (
        select from tried join attempt other on other.job_id = tried.job_id and other.id <> tried.id
        where tried.n = given.n and tried.job_id = given.id and (other.number = tried.number
          or (other.state in ('offered', 'running') and tried.state in ('offered', 'running'))))
    order by job.id for update of job
  ),
  whole as materialized (
    select given.n from given left join locked using (id) group by given.n having count(*) = count(locked.id)
  ),
  moved as (
    update job set revision = given.expected + 1, state = given.state, attempt = given.attempt,
      failures = given.failures, reclaims = given.reclaims, failed_on = given.failed_on,
      not_before = given.not_before, attempt_id = given.attempt_id, drone = given.drone, artifact = given.artifact,
      blocked_by = given.blocked_by, reason = given.reason, moved_at = given.at
    from given join locked using (id) join whole using (n)
    where job.id = given.id and job.revision = given.expected
    returning given.n, given.place
  ),
  done as (
    select distinct n from moved
  ),
  put as (
    insert into attempt (id, job_id, number, drone, token_sha256, offered_at, state, started_at, ended_at,
      failure_class, summary, log_tail, wall_ms, dependencies_ms, build_ms, upload_ms)
    select id, job_id, number, drone, token_sha256, offered_at, state, started_at, ended_at,
      failure_class, summary, log_tail, wall_ms, dependencies_ms, build_ms, upload_ms
    from tried join done using (n)
    on conflict (id) do update set state = excluded.state, started_at = excluded.started_at,
      ended_at = excluded.ended_at, failure_class = excluded.failure_class, summary = excluded.summary,
      log_tail = excluded.log_tail, wall_ms = excluded.wall_ms, dependencies_ms = excluded.dependencies_ms,
      build_ms = excluded.build_ms, upload_ms = excluded.upload_ms
  ),
  remembered as (
    insert into job_move (job_id, at, state, attempt, reason)
    select id, at, state, attempt, history from given join moved using (n, place) order by place
  ),
  queued as (
    insert into outbox (id, source, message, payload)
    select id, $6, message, payload from said join done using (n) order by place
    on conflict (message, id) do nothing
  ),
  logged as (
    insert into event (id, at, source, message, payload)
    select id, at, $6, message, payload from said join done using (n) where at is not null order by place
    on conflict (message, id) do nothing
  )
  select array(select n from done) as saved, $4::text is null or exists (select from fence) as leads`;
