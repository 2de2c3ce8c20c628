-- The waiting room: places in the order of arrival, each node's part of the pace, and how well waits were foretold.

-- The place of a driver, the newest one. The work behind it stands in `job`; a place without open work is over.
-- partitioned by: driver
create table turn (
  driver text not null,
  second bigint not null,
  lane bigint not null,
  ordinal bigint not null,
  -- Order among the intents: never before a place that was drawn earlier, whatever a clock says.
  run_at_ms bigint not null,
  drawn_at_ms bigint not null,
  -- What was shown first: when, at least and at most so many ms from then.
  told_at_ms bigint,
  told_low_ms bigint,
  told_high_ms bigint,
  left_at_ms bigint,
  version bigint not null,
  primary key (driver)
);

-- Turns drawn and over, by second of arrival and lane. Second 0 holds the seconds that are over. partitioned by: reference
create table turn_bucket (
  second bigint not null,
  lane bigint not null,
  drawn bigint not null,
  gone bigint not null,
  primary key (second, lane),
  check (gone >= 0 and gone <= drawn)
);

-- How well the waits of a civil day in China were foretold. partitioned by: reference
create table turn_tally (
  day text not null,
  lane bigint not null,
  told bigint not null,
  within bigint not null,
  missed_ms bigint not null,
  worst_ms bigint not null,
  primary key (day, lane)
);

-- What officers set: calls to the police platform, thousandths a second. partitioned by: reference
create table admission (
  name text not null,
  -- Absent: as the site is configured.
  ceiling bigint,
  set_by text,
  why text,
  set_at_ms bigint,
  version bigint not null,
  primary key (name)
);

-- Nodes that serve, with their part of the ceiling. A node whose beats stand still is dead. partitioned by: reference
create table node (
  node text not null,
  instance text not null,
  beats bigint not null,
  share bigint not null,
  at_ms bigint not null,
  -- What it does, as JSON, for the operator.
  figures text not null,
  primary key (node)
);

-- Intents in the order of their places: a claim takes the first of many without sorting them.
create index job_turn on job (kind, run_at_ms, driver, job_key) where buried_at_ms is null;
