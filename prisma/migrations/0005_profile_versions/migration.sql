-- Profiles as values: every configuration that was ever pushed, and which of them a plan was made with.

create table profile_version (
  profile       text           not null references profile (name) on delete restrict on update cascade,
  number        integer        not null check (number > 0),
  digest        text           not null check (digest ~ '^[0-9a-f]{64}$'),
  configuration jsonb          not null,
  created_at    timestamptz(3) not null,
  author        text           not null,
  reason        text           not null,
  primary key (profile, number)
);
create index profile_version_digest_idx on profile_version (digest);

-- A digest names its content for ever: plans and drones refer to it. Only the name of the profile may follow a renaming.
create function profile_version_is_final() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'version % of profile % is final: it cannot be deleted', old.number, old.profile;
  end if;
  if (new.number, new.digest, new.configuration, new.created_at, new.author, new.reason)
     is distinct from (old.number, old.digest, old.configuration, old.created_at, old.author, old.reason) then
    raise exception 'version % of profile % is final: push another', old.number, old.profile;
  end if;
  return new;
end
$$;
create trigger profile_version_is_final before update or delete on profile_version
  for each row execute function profile_version_is_final();

alter table plan add column configuration text check (configuration ~ '^[0-9a-f]{64}$');
