-- Strikes against drones, and what they lead to: grounded, then probation with one canary; and the way to the binhost,
-- which is judged apart.

alter table drone drop constraint drone_state_check;
alter table drone add constraint drone_state_check
  check (state in ('online', 'suspect', 'offline', 'grounded', 'probation', 'draining', 'retired'));

alter table drone
  add column grounded_times   integer not null default 0 check (grounded_times >= 0),
  add column grounded_until   timestamptz(3),
  add column bad_upload_times integer not null default 0 check (bad_upload_times >= 0),
  add column bad_upload_until timestamptz(3),
  -- Who is in these states owes a canary.
  add constraint drone_grounding_check check (state not in ('grounded', 'probation') or grounded_times > 0);

create table drone_strike (
  sequence   bigserial      not null primary key,
  attempt_id uuid           not null,
  drone      text           not null,
  job_id     uuid           not null,
  class      text           not null,
  at         timestamptz(3) not null,
  counted    boolean        not null,
  ended      text           check (ended in ('success', 'taken-back', 'grounded')),
  ended_at   timestamptz(3),
  constraint drone_strike_end_check check ((ended is null) = (ended_at is null))
);
create unique index drone_strike_attempt_id_key on drone_strike (attempt_id);
create index drone_strike_job_id_idx on drone_strike (job_id);
-- The few that count now.
create index drone_strike_standing_idx on drone_strike (sequence) where ended is null;
