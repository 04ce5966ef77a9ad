-- The denominator of the success rate, so that a rate over several plans can be told: `attempted`.

create or replace view v_plans as
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
    / nullif(count(job.id) filter (where job.attempt > 0), 0) as success_rate,
  count(job.id) filter (where job.attempt > 0)::integer as attempted
from plan
left join job on job.plan_id = plan.id
group by plan.id;
