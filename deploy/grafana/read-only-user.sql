-- Once, by an administrator of the database: a user for Grafana who may read the views and change nothing.
create role grafana login password 'change-me';
grant usage on schema public to grafana;
grant select on v_jobs_by_state, v_plans, v_attempts, v_builds_over_time, v_durations, v_quarantine, v_drones, v_outbox,
  profile to grafana;
alter role grafana set default_transaction_read_only = on;
alter role grafana set statement_timeout = '10s';
