-- Which jobs of its plan a job directly waits for, by position: the edges of the graph that a scheduler holds in
-- memory, where `needs` is the closure that a drone installs. Null for jobs of before: theirs are found from `needs`.

alter table job add column waits integer[];
