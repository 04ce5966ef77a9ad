-- Schedules with zones and policies; and each run as a row that is stored before any work, with the step that it is in.
-- The defaults are for rows of services of the version before: their runs were over as soon as they were stored.

alter table schedule
  add column revision      integer        not null default 1,
  add column zone          text           not null default 'UTC',
  add column overlap       text           not null default 'skip' check (overlap in ('skip', 'queue', 'replace')),
  add column catch_up      text           not null default 'one' check (catch_up in ('one', 'none', 'all')),
  add column jitter_max_ms integer        not null default 0 check (jitter_max_ms >= 0),
  add column paused_at     timestamptz(3),
  add column paused_until  timestamptz(3),
  add column paused_by     text,
  add column pause_reason  text,
  add column settled_until timestamptz(3) not null default current_timestamp,
  add column created_at    timestamptz(3) not null default current_timestamp,
  -- A pause has an author, a reason and an end, or it is none (S19).
  add constraint schedule_pause_check
    check (num_nulls(paused_at, paused_until, paused_by, pause_reason) in (0, 4));

alter table schedule_run
  add column revision         integer        not null default 1,
  add column targets          text[]         not null default '{}',
  add column occurrence       timestamptz(3),
  add column first_occurrence timestamptz(3),
  add column covers           integer        not null default 0 check (covers >= 0),
  add column state            text           not null default 'ended' check (state in
    ('queued', 'syncing', 'resolving', 'building', 'verifying', 'promoting', 'notifying', 'ended')),
  add column since            timestamptz(3) not null default current_timestamp,
  add column outcome          text           default 'done' check (outcome in
    ('done', 'failed', 'cancelled', 'replaced', 'skipped', 'missed')),
  add column detail           text           not null default '',
  add column configuration    text           check (configuration ~ '^[0-9a-f]{64}$'),
  add column ended_at         timestamptz(3),
  add constraint schedule_run_known_outcome_check check ((state in ('notifying', 'ended')) = (outcome is not null)),
  add constraint schedule_run_occurrence_check check (
    num_nulls(occurrence, first_occurrence) in (0, 2)
    and (occurrence is null) = (covers = 0)
    and (occurrence is null or first_occurrence <= occurrence));
-- One row for each occurrence, whichever scheduler finds it, however often (S1).
create unique index schedule_run_schedule_occurrence_key on schedule_run (schedule, occurrence);
create index schedule_run_schedule_sequence_idx on schedule_run (schedule, sequence desc);
create index schedule_run_open_idx on schedule_run (sequence) where state <> 'ended';
