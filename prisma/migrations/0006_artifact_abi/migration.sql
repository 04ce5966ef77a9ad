-- What each artifact exports, so that a rebuilt library whose ABI is the same need rebuild nobody. Null: not known,
-- as for all that came before this.

alter table artifact add column abi jsonb;
