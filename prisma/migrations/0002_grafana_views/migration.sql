-- What dashboards may build on. Tables may change shape; these keep theirs.

create view v_jobs_by_state as
select profile, plan_id, state, count(*)::integer as jobs
from job
group by profile, plan_id, state;

-- Success is counted against every job that was ever attempted; quarantined ones count against it.
create view v_plans as
select
  plan.id as plan_id,
  plan.profile,
  plan.origin,
  plan.state,
  plan.detail,
  plan.created_at,
  plan.ended_at,
  extract(epoch from coalesce(plan.ended_at, now()) - plan.created_at)::double precision as seconds,
  count(job.id)::integer as total,
  count(job.id) filter (where job.state = 'published')::integer as published,
  count(job.id) filter (where job.state = 'blocked')::integer as blocked,
  count(job.id) filter (where job.state = 'quarantined')::integer as quarantined,
  (count(job.id) filter (where job.state = 'published'))::double precision
    / nullif(count(job.id) filter (where job.attempt > 0), 0) as success_rate
from plan
left join job on job.plan_id = plan.id
group by plan.id;

create view v_attempts as
select
  attempt.id as attempt_id,
  attempt.job_id,
  job.plan_id,
  job.profile,
  job.cpv,
  attempt.number,
  attempt.drone,
  attempt.state,
  case
    when attempt.state in ('offered', 'running') then 'open'
    when attempt.state = 'succeeded' then 'built'
    when attempt.state = 'failed' then 'failed'
    else 'lost'
  end as outcome,
  attempt.failure_class,
  attempt.summary,
  attempt.offered_at,
  attempt.started_at,
  attempt.ended_at,
  extract(epoch from attempt.ended_at - attempt.offered_at)::double precision as seconds,
  attempt.dependencies_ms / 1000.0::double precision as dependencies_seconds,
  attempt.build_ms / 1000.0::double precision as build_seconds,
  attempt.upload_ms / 1000.0::double precision as upload_seconds,
  job.synthetic is not null as synthetic
from attempt
join job on job.id = attempt.job_id;

create view v_builds_over_time as
select ended_at as at, profile, drone, cpv, outcome, failure_class, synthetic
from v_attempts
where ended_at is not null and outcome <> 'open';

create view v_durations as
select ended_at as at, profile, drone, cpv, seconds, dependencies_seconds, build_seconds, upload_seconds, synthetic
from v_attempts
where outcome = 'built' and build_seconds is not null;

create view v_quarantine as
select profile, plan_id, id as job_id, cpv, state, moved_at as since, attempt as attempts,
  coalesce(reason, 'waits for ' || blocked_by) as reason
from job
where state in ('quarantined', 'blocked');

create view v_drones as
select
  drone.name,
  drone.state,
  drone.reason,
  drone.profile,
  drone.executor,
  drone.slots,
  drone.cores,
  drone.memory_bytes,
  drone.enrolled_at,
  drone.sign_at as last_sign_at,
  extract(epoch from now() - drone.sign_at)::double precision as silent_seconds,
  drone.sign_load1 as load1,
  drone.sign_free_disk_bytes as free_disk_bytes,
  drone.sign_free_memory_bytes as free_memory_bytes,
  (select count(*)::integer from attempt where attempt.drone = drone.name and attempt.state in ('offered', 'running'))
    as in_work
from drone;

create view v_outbox as
select
  source,
  count(*) filter (where sent_at is null and parked_reason is null)::integer as unsent,
  count(*) filter (where parked_reason is not null)::integer as parked,
  extract(epoch from now() - min(stored_at) filter (where sent_at is null and parked_reason is null))::double precision
    as oldest_unsent_seconds
from outbox
where sent_at is null
group by source;
