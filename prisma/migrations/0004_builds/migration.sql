-- What a job is built from and why, so that a later plan can tell what differs; and stage-1 builds, which open
-- cycles and never reach a release. Jobs of before have no inputs: their packages are built anew once.

alter table job
  add column package   text,
  add column inputs    jsonb,
  add column bootstrap boolean not null default false,
  add column why       text    not null default '';

-- The builds that a plan may use again: published jobs of these packages.
create index job_profile_package_idx on job (profile, package) where inputs is not null;
