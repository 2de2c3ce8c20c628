-- Money that goes back, what is out of order, and what needs a second person.

-- One attempt to give money back. `what` says what for: `case:ID`, or `late:TRANSACTION` for money that arrived late or
-- twice. A new attempt of the same thing is made only after the rail has ended the one before. partitioned by: driver
create table refund (
  driver text not null,
  -- Our number at the rail: idempotent there.
  refund_no text not null,
  order_id text not null,
  what text not null,
  case_id text,
  -- The rail's number of the payment that is refunded, and its sum.
  transaction_id text,
  paid_fen bigint not null,
  fen bigint not null,
  attempt bigint not null,
  -- wanted, processing, done, failed, abnormal
  state text not null,
  reason text not null,
  -- The day that the driver was told, as an instant.
  promised_at_ms bigint not null,
  refund_id text,
  created_at_ms bigint not null,
  changed_at_ms bigint not null,
  done_at_ms bigint,
  version bigint not null,
  primary key (driver, refund_no)
);
-- One attempt of the same thing at a time, whoever wants it.
create unique index refund_one_at_a_time on refund (driver, order_id, what)
  where state in ('wanted', 'processing', 'abnormal', 'done');

-- What is out of order and waits for a person, with its kind. The id is made from kind and subject, so that finding it
-- twice is one. partitioned by: reference
create table finding (
  finding_id text not null,
  kind text not null,
  subject text not null,
  driver text,
  fen bigint not null,
  detail text not null,
  found_at_ms bigint not null,
  due_at_ms bigint not null,
  closed_at_ms bigint,
  closed_by text,
  closing text,
  primary key (finding_id)
);
create index finding_open on finding (due_at_ms) where closed_at_ms is null;
create index finding_of_driver on finding (driver) where closed_at_ms is null;
create index finding_subject on finding (subject);

-- A deed of an officer that needs a second person. partitioned by: reference
create table approval (
  approval_id text not null,
  deed text not null,
  driver text not null,
  subject text not null,
  why text not null,
  proposed_by text not null,
  proposed_at_ms bigint not null,
  decided_by text,
  decided_at_ms bigint,
  -- approved or rejected
  verdict text,
  comment text,
  primary key (approval_id),
  check (decided_by is null or decided_by <> proposed_by)
);
create index approval_open on approval (proposed_at_ms) where decided_at_ms is null;

-- The number of a sub-order, on rails that keep one for each leg.
alter table order_leg add column out_trade_no text;
-- The rail that an order was placed on; absent: the only one there was.
alter table pay_order add column rail text;
-- Officers name a case by its number alone.
create index case_file_number on case_file (case_id);
