-- What the maintenance sweep found last, and how full the disks are that the swarm writes on.

create table maintenance_check (
  name         text           not null primary key,
  result       text           not null check (result in ('ok', 'warning', 'alarm')),
  detail       text           not null,
  ran_at       timestamptz(3) not null,
  -- Since when it is not ok.
  not_ok_since timestamptz(3),
  constraint maintenance_check_since_check check ((result = 'ok') = (not_ok_since is null))
);

create table disk_report (
  -- Name of the service that writes on it.
  place       text           not null primary key,
  free_bytes  bigint         not null check (free_bytes >= 0),
  total_bytes bigint         not null check (total_bytes >= free_bytes),
  at          timestamptz(3) not null
);
