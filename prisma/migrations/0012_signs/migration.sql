-- What persons want of a drone (each with its author, reason and time), and what a sign of life tells beside life.

alter table drone
  add column grounded_by    text,
  add column grounded_why   text,
  add column grounded_since timestamptz(3),
  add column drained_by     text,
  add column drained_why    text,
  add column drained_since  timestamptz(3),
  add column sign_details   jsonb,
  add constraint drone_grounded_order_check
    check ((grounded_by is null) = (grounded_since is null) and (grounded_by is null) = (grounded_why is null)),
  -- Whose hand it was is told of a grounding only.
  add constraint drone_grounded_by_check check (grounded_by is null or grounded_times > 0),
  add constraint drone_drained_order_check
    check ((drained_by is null) = (drained_since is null) and (drained_by is null) = (drained_why is null));
