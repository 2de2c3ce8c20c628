-- The daily comparison with the bill of the rail.

-- A civil day in China on one rail. partitioned by: reference
create table reconciliation (
  day text not null,
  rail text not null,
  -- open, balanced or signed
  state text not null,
  -- SHA-1 of the bill that was compared; absent while there was none.
  bill_sha1 text,
  -- When the bill was there first, and why it was not when it was asked for last.
  arrived_at_ms bigint,
  missing_why text,
  -- Since when it is known to be late.
  late_at_ms bigint,
  bill_paid_count bigint not null,
  bill_paid_fen bigint not null,
  bill_back_count bigint not null,
  bill_back_fen bigint not null,
  ours_paid_count bigint not null,
  ours_paid_fen bigint not null,
  ours_back_count bigint not null,
  ours_back_fen bigint not null,
  -- What the fund-flow bill says; absent when it could not be read.
  flow_paid_fen bigint,
  flow_back_fen bigint,
  matched_count bigint not null,
  ran_at_ms bigint not null,
  signed_by text,
  signed_why text,
  closed_at_ms bigint,
  version bigint not null,
  primary key (day, rail)
);

-- Which exceptions a day found, as they were found last; whether one is open is for `finding` to say.
-- partitioned by: reference
create table reconciliation_exception (
  day text not null,
  rail text not null,
  finding_id text not null,
  kind text not null,
  subject text not null,
  driver text,
  order_id text,
  case_id text,
  ours_fen bigint,
  rails_fen bigint,
  bill_line bigint,
  primary key (day, rail, finding_id)
);

-- Money that a bill has shown, so that no bill of another day shows it again unseen. `line_key` is `pay:TRANSACTION` or
-- `back:REFUND NUMBER`. partitioned by: reference
create table bill_line (
  line_key text not null,
  rail text not null,
  day text not null,
  out_trade_no text not null,
  fen bigint not null,
  moved bigint not null check (moved in (0, 1)),
  primary key (line_key, rail)
);
create index bill_line_of_order on bill_line (out_trade_no);
create index bill_line_of_day on bill_line (day);

-- A day's own side.
create index pay_order_paid on pay_order (paid_at_ms) where paid_at_ms is not null;
create index refund_done on refund (done_at_ms) where done_at_ms is not null;
create index refund_promised on refund (promised_at_ms);
create index refund_created on refund (created_at_ms);
create index case_file_decided on case_file (decided_at_ms) where decided_at_ms is not null;
