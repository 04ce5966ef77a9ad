-- Pauses of handing out work: each has an author, a reason and an end (S19), and is kept when it is over.

create table pause (
  sequence    bigserial      not null primary key,
  id          uuid           not null,
  scope       text           not null check (scope in ('swarm', 'profile', 'plan')),
  -- Name of the profile or id of the plan; no reference, for it is kept when these are gone.
  subject     text           not null default '',
  author      text           not null check (author <> ''),
  reason      text           not null check (reason <> ''),
  since       timestamptz(3) not null,
  until       timestamptz(3) not null,
  ended_how   text           check (ended_how in ('over', 'resumed', 'replaced')),
  ended_at    timestamptz(3),
  -- Null where time did it.
  ended_by    text,
  constraint pause_subject_check check ((scope = 'swarm') = (subject = '')),
  constraint pause_length_check check (until > since),
  constraint pause_end_check check ((ended_how is null) = (ended_at is null)),
  constraint pause_ended_by_check check ((ended_by is not null) = coalesce(ended_how in ('resumed', 'replaced'), false))
);
create unique index pause_id_key on pause (id);
-- At most one of each scope is open.
create unique index pause_open_key on pause (scope, subject) where ended_how is null;
