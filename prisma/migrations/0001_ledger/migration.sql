-- The ledger. schema.prisma describes the tables; checks, partial indexes and triggers are only here.

create table profile (
  name       text           not null primary key,
  kind       text           not null check (kind in ('portage', 'synthetic')),
  targets    text[]         not null,
  created_at timestamptz(3) not null
);

create table plan (
  id              uuid           not null primary key,
  revision        integer        not null,
  profile         text           not null references profile (name) on delete restrict on update cascade,
  targets         text[]         not null,
  origin          text           not null,
  state           text           not null check (state in ('resolving', 'building', 'complete', 'failed', 'cancelled')),
  created_at      timestamptz(3) not null,
  ended_at        timestamptz(3),
  resolve_attempt integer        not null check (resolve_attempt >= 0),
  resolving       jsonb,
  findings        jsonb          not null,
  members         jsonb          not null,
  detail          text           not null
);
create index plan_created_at_idx on plan (created_at desc);
create index plan_open_idx on plan (created_at) where state in ('resolving', 'building');

create table job (
  id            uuid             not null primary key,
  revision      integer          not null,
  plan_id       uuid             not null references plan (id) on delete cascade on update cascade,
  position      integer          not null,
  profile       text             not null,
  cpv           text             not null,
  slot          text             not null,
  use           text[]           not null,
  repository    text             not null,
  build_key     text             not null,
  needs         jsonb            not null,
  critical_path double precision not null,
  synthetic     jsonb,
  state         text             not null,
  attempt       integer          not null check (attempt >= 0),
  failures      integer          not null check (failures >= 0),
  reclaims      integer          not null check (reclaims >= 0),
  failed_on     text[]           not null,
  not_before    timestamptz(3),
  attempt_id    uuid,
  drone         text,
  artifact      text,
  blocked_by    text,
  reason        text,
  moved_at      timestamptz(3)   not null,
  -- A column has a value only in the states where it means something.
  constraint job_state_check check (state in
    ('waiting', 'needed', 'delegated', 'received', 'published', 'blocked', 'quarantined', 'superseded', 'cancelled')),
  constraint job_delegated_check
    check ((state = 'delegated') = (attempt_id is not null) and (state = 'delegated') = (drone is not null)),
  constraint job_artifact_check check ((state in ('received', 'published')) = (artifact is not null)),
  constraint job_blocked_check check ((state = 'blocked') = (blocked_by is not null)),
  constraint job_quarantined_check check ((state = 'quarantined') = (reason is not null)),
  constraint job_not_before_check check (state = 'needed' or not_before is null)
) with (fillfactor = 80);
create unique index job_plan_id_position_key on job (plan_id, position);
create index job_quarantined_idx on job (profile, build_key, moved_at desc) where state = 'quarantined';

create table job_move (
  sequence bigserial      not null primary key,
  job_id   uuid           not null references job (id) on delete cascade on update cascade,
  at       timestamptz(3) not null,
  state    text           not null,
  attempt  integer        not null,
  reason   text           not null
);
create index job_move_job_id_sequence_idx on job_move (job_id, sequence);

create table attempt (
  id              uuid           not null primary key,
  job_id          uuid           not null references job (id) on delete cascade on update cascade,
  number          integer        not null check (number > 0),
  drone           text           not null,
  state           text           not null check (state in
    ('offered', 'running', 'succeeded', 'failed', 'refused', 'returned', 'reclaimed', 'cancelled')),
  token_sha256    text           not null,
  offered_at      timestamptz(3) not null,
  started_at      timestamptz(3),
  ended_at        timestamptz(3),
  failure_class   text,
  summary         text,
  log_tail        text,
  wall_ms         bigint,
  dependencies_ms bigint,
  build_ms        bigint,
  upload_ms       bigint,
  constraint attempt_measured_check check (num_nulls(wall_ms, dependencies_ms, build_ms, upload_ms) in (0, 4))
) with (fillfactor = 80);
create unique index attempt_job_id_number_key on attempt (job_id, number);
-- One open attempt for each job, whatever the services believe (S4, Q19); also the list of what is in work.
create unique index attempt_open_key on attempt (job_id) where state in ('offered', 'running');
create index attempt_offered_at_idx on attempt (offered_at);
create index attempt_ended_at_idx on attempt (ended_at);

-- No index on a column of the sign: each heartbeat then rewrites the row in its page (HOT) and leaves nothing behind.
create table drone (
  name                   text             not null primary key,
  revision               integer          not null,
  state                  text             not null
    check (state in ('online', 'suspect', 'offline', 'draining', 'retired')),
  reason                 text             not null,
  incarnation            text             not null,
  enrolled_at            timestamptz(3)   not null,
  profile                text             not null,
  executor               text             not null check (executor in ('portage', 'synthetic')),
  slots                  integer          not null,
  cores                  integer          not null,
  memory_bytes           bigint           not null,
  portage_version        text             not null,
  sign_incarnation       text             not null,
  sign_sequence          bigint           not null,
  sign_at                timestamptz(3)   not null,
  sign_attempts          jsonb            not null,
  sign_draining          boolean          not null,
  sign_load1             double precision not null,
  sign_free_disk_bytes   bigint           not null,
  sign_free_memory_bytes bigint           not null
) with (fillfactor = 50);

create table recovery_action (
  sequence bigserial      not null primary key,
  id       uuid           not null,
  drone    text           not null,
  rung     integer        not null,
  at       timestamptz(3) not null,
  action   text           not null,
  reason   text           not null
);
create unique index recovery_action_id_key on recovery_action (id);
create index recovery_action_drone_sequence_idx on recovery_action (drone, sequence desc);

-- The job is the key: one artifact for each job, whatever races.
create table artifact (
  job_id      uuid           not null primary key references job (id) on delete restrict on update cascade,
  attempt_id  uuid           not null references attempt (id) on delete restrict on update cascade,
  profile     text           not null references profile (name) on delete restrict on update cascade,
  sha256      text           not null,
  build_key   text           not null,
  cpv         text           not null,
  state       text           not null check (state in ('received', 'published')),
  size_bytes  bigint         not null,
  md5         text           not null,
  sha1        text           not null,
  path        text,
  received_at timestamptz(3) not null,
  metadata    jsonb          not null,
  synthetic   boolean        not null,
  constraint artifact_path_check check ((state = 'published') = (path is not null))
);
create index artifact_attempt_id_idx on artifact (attempt_id);
create index artifact_profile_build_key_received_at_idx on artifact (profile, build_key, received_at desc);
create index artifact_profile_sha256_idx on artifact (profile, sha256);
create index artifact_unpublished_idx on artifact (received_at) where state = 'received';

create table generation (
  profile    text           not null references profile (name) on delete restrict on update cascade,
  number     integer        not null check (number > 0),
  plan_id    uuid           not null references plan (id) on delete restrict on update cascade,
  created_at timestamptz(3) not null,
  artifacts  text[]         not null,
  state      text           not null check (state in ('preparing', 'current', 'past')),
  primary key (profile, number)
);
create index generation_plan_id_idx on generation (plan_id);
create unique index generation_current_key on generation (profile) where state = 'current';

create table schedule (
  name    text    not null primary key,
  profile text    not null references profile (name) on delete cascade on update cascade,
  targets text[]  not null,
  cron    text    not null,
  enabled boolean not null
);

create table schedule_run (
  sequence   bigserial      not null primary key,
  id         uuid           not null,
  schedule   text           not null,
  profile    text           not null,
  started_at timestamptz(3) not null,
  plan_id    uuid references plan (id) on delete set null on update cascade
);
create unique index schedule_run_id_key on schedule_run (id);
create index schedule_run_plan_id_idx on schedule_run (plan_id);

create table event (
  sequence bigserial      not null primary key,
  id       text           not null,
  at       timestamptz(3) not null,
  source   text           not null,
  message  text           not null,
  payload  jsonb          not null
);
create unique index event_message_id_key on event (message, id);
create index event_at_idx on event (at);

-- Rows get their numbers when they are stored, and are seen when their transaction commits, perhaps in another order.
-- A writer holds this lock (shared) from before the first number until its commit; a reader takes it for itself, so
-- that all smaller numbers are settled when it looks, and who goes on from the last number misses nothing (Q21).
create function event_writer() returns trigger language plpgsql as $$
begin
  perform pg_advisory_xact_lock_shared(hashtext('event'), 0);
  return null;
end
$$;
create trigger event_writer before insert on event for each statement execute function event_writer();

create table outbox (
  sequence      bigserial      not null primary key,
  id            text           not null,
  source        text           not null,
  message       text           not null,
  payload       jsonb          not null,
  stored_at     timestamptz(3) not null default current_timestamp,
  sent_at       timestamptz(3),
  parked_reason text
);
create unique index outbox_message_id_key on outbox (message, id);
create index outbox_unsent_idx on outbox (source, sequence) where sent_at is null and parked_reason is null;
create index outbox_sent_idx on outbox (source, sent_at) where sent_at is not null;

-- Wakes the relays of the services that stored something, at commit.
create function outbox_wake() returns trigger language plpgsql as $$
begin
  perform pg_notify('swarm_outbox', source) from (select distinct source from stored) as sources;
  return null;
end
$$;
create trigger outbox_wake after insert on outbox
  referencing new table as stored for each statement execute function outbox_wake();

create table leadership (
  lock_name text           not null primary key,
  epoch     bigint         not null,
  since     timestamptz(3) not null
);
