-- The host book, and what the healer does by it (rungs 2 to 4 of the recovery ladder).

-- Where the machine of a drone is, and how it proves that it is that machine. No reference: a page may be written before
-- the drone enrols, and is kept when it is gone.
create table drone_host (
  drone      text           not null primary key,
  kind       text           not null check (kind in ('lxc', 'qemu', 'docker', 'bare-metal')),
  address    text           not null check (address <> ''),
  port       integer        not null check (port between 1 and 65535),
  "user"     text           not null check ("user" <> ''),
  init       text           not null check (init in ('openrc', 'systemd')),
  -- `type base64` each; one at least, or everybody could pass for it.
  host_keys  text[]         not null check (cardinality(host_keys) > 0),
  machine_id text           not null check (machine_id ~ '^[0-9a-f]{32}$'),
  protected  boolean        not null,
  may_reboot boolean        not null,
  since      timestamptz(3) not null,
  by         text           not null
);

create table healing_action (
  sequence    bigserial      not null primary key,
  id          uuid           not null,
  drone       text           not null,
  kind        text           not null check (kind in ('probe', 'restart', 'reboot', 'page', 'recovered')),
  begun_at    timestamptz(3) not null,
  reason      text           not null,
  fault       text           check (fault in ('agent-down', 'grounded')),
  groundings  integer        not null check (groundings >= 0),
  cause       text,
  -- Noted before a reboot is executed: without it, none was.
  boot_before text,
  state       text           not null check (state in ('begun', 'done', 'failed', 'refused')),
  ended_at    timestamptz(3),
  found       text,
  detail      text           not null default '',
  output      text           not null default '',
  constraint healing_action_end_check check ((state = 'begun') = (ended_at is null)),
  constraint healing_action_cause_check check ((kind = 'page') = (cause is not null))
);
create unique index healing_action_id_key on healing_action (id);
create index healing_action_drone_sequence_idx on healing_action (drone, sequence desc);
-- One act at a time for each drone, and one reboot at a time in the whole swarm, whoever decides.
create unique index healing_action_open_key on healing_action (drone) where state = 'begun';
create unique index healing_action_open_reboot_key on healing_action (kind) where kind = 'reboot' and state = 'begun';
create index healing_action_reboot_idx on healing_action (begun_at) where kind = 'reboot';
create index healing_action_page_idx on healing_action (begun_at) where kind = 'page';

-- The swarm asks whether it may reboot a drone.
create table reboot_request (
  sequence     bigserial      not null primary key,
  id           uuid           not null,
  drone        text           not null,
  asked_at     timestamptz(3) not null,
  reason       text           not null,
  confirmed_by text,
  confirmed_at timestamptz(3),
  holds_until  timestamptz(3),
  ended_how    text           check (ended_how in ('used', 'expired', 'recovered')),
  ended_at     timestamptz(3),
  constraint reboot_request_consent_check
    check ((confirmed_by is null) = (confirmed_at is null) and (confirmed_by is null) = (holds_until is null)),
  constraint reboot_request_end_check check ((ended_how is null) = (ended_at is null))
);
create unique index reboot_request_id_key on reboot_request (id);
create unique index reboot_request_open_key on reboot_request (drone) where ended_how is null;
