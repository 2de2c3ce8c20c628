-- The citizen's own tables. `driver` is the keyed hash of the openid: first column of every key (partitioned by: driver).

-- partitioned by: driver
create table account (
  driver text not null,
  openid text not null,
  id_number text,
  name text,
  phone text,
  verified_at_ms bigint,
  notice_at_ms bigint,
  notice_version text,
  messages_at_ms bigint,
  statistics_at_ms bigint,
  followed_at_ms bigint,
  under_review_at_ms bigint,
  attempt_count bigint not null,
  locked_until_ms bigint,
  created_at_ms bigint not null,
  version bigint not null,
  primary key (driver)
);

-- partitioned by: driver
create table session (
  driver text not null,
  token_hash text not null,
  created_at_ms bigint not null,
  expires_at_ms bigint not null,
  ended_at_ms bigint,
  primary key (driver, token_hash)
);

-- States of a sign-in that is under way, before we know the driver. partitioned by: reference
create table sign_in_state (
  state_hash text not null,
  browser_hash text not null,
  return_to text not null,
  expires_at_ms bigint not null,
  used_at_ms bigint,
  primary key (state_hash)
);

-- Codes sent to registered phones. partitioned by: driver
create table phone_code (
  driver text not null,
  purpose text not null,
  phone text not null,
  code_hash text not null,
  sent_at_ms bigint not null,
  expires_at_ms bigint not null,
  attempt_count bigint not null,
  -- Codes sent within the hour before the last one, so that nobody's phone can be flooded.
  sent_count bigint not null,
  used_at_ms bigint,
  primary key (driver, purpose)
);

-- One licence, one account. partitioned by: plate (directory)
create table licence_claim (
  licence text not null,
  driver text not null,
  claimed_at_ms bigint not null,
  primary key (licence)
);

-- Vehicles that a driver bound. partitioned by: driver
create table binding (
  driver text not null,
  plate text not null,
  own bigint not null check (own in (0, 1)),
  owner_phone_at_ms bigint,
  bound_at_ms bigint not null,
  unbound_at_ms bigint,
  primary key (driver, plate, bound_at_ms)
);

-- Who uses somebody else's vehicle. partitioned by: plate (directory)
create table vehicle_user (
  plate text not null,
  driver text not null,
  since_ms bigint not null,
  primary key (plate, driver)
);

-- The read model of a vehicle as the platform told it. partitioned by: plate (directory)
create table vehicle (
  plate text not null,
  record text not null,
  fetched_at_ms bigint not null,
  primary key (plate)
);

-- The read model of camera records. partitioned by: plate (directory)
create table violation (
  plate text not null,
  violation text not null,
  occurred_at_ms bigint not null,
  open_since_ms bigint,
  record text not null,
  fetched_at_ms bigint not null,
  primary key (plate, violation)
);

-- What we know of a driver from outside, by topic, and how far asking has come. partitioned by: driver
create table knowledge (
  driver text not null,
  topic text not null,
  body text,
  fetched_at_ms bigint,
  asked_at_ms bigint,
  failed_at_ms bigint,
  failure text,
  primary key (driver, topic)
);

-- partitioned by: driver
create table case_file (
  driver text not null,
  case_id text not null,
  plate text not null,
  violation text not null,
  route text not null,
  state text not null,
  version bigint not null,
  pack_id text not null,
  pack_hash text not null,
  fine_fen bigint not null,
  points_full bigint not null,
  points_given bigint not null,
  study text,
  quiz text,
  verdict text not null,
  facts text not null,
  order_id text,
  decision_number text,
  check_digit text,
  decided_at_ms bigint,
  refusal text,
  opened_at_ms bigint not null,
  changed_at_ms bigint not null,
  primary key (driver, case_id)
);
create index case_file_by_violation on case_file (driver, plate, violation);

-- One open case for one violation, whoever holds it. partitioned by: plate (directory)
create table violation_claim (
  plate text not null,
  violation text not null,
  driver text not null,
  case_id text not null,
  since_ms bigint not null,
  released_at_ms bigint,
  primary key (plate, violation, case_id)
);
create unique index violation_claim_open on violation_claim (plate, violation) where released_at_ms is null;

-- What the driver confirmed, each act by itself. partitioned by: driver
create table confirmation (
  driver text not null,
  case_id text not null,
  act text not null,
  words text not null,
  at_ms bigint not null,
  primary key (driver, case_id, act)
);

-- The steps of a case as the driver reads them. partitioned by: driver
create table case_step (
  driver text not null,
  case_id text not null,
  seq bigint not null,
  at_ms bigint not null,
  actor text not null,
  step text not null,
  detail text not null,
  primary key (driver, case_id, seq)
);

-- partitioned by: driver
create table quote (
  driver text not null,
  quote_id text not null,
  body text not null,
  total_fen bigint not null,
  created_at_ms bigint not null,
  expires_at_ms bigint not null,
  accepted_at_ms bigint,
  primary key (driver, quote_id)
);

-- partitioned by: driver
create table pay_order (
  driver text not null,
  order_id text not null,
  quote_id text not null,
  payee text not null,
  out_trade_no text not null,
  total_fen bigint not null,
  state text not null,
  version bigint not null,
  prepay_id text,
  sent_to_pay_at_ms bigint,
  created_at_ms bigint not null,
  expires_at_ms bigint not null,
  paid_at_ms bigint,
  transaction_id text,
  changed_at_ms bigint not null,
  primary key (driver, order_id)
);

-- partitioned by: driver
create table order_leg (
  driver text not null,
  order_id text not null,
  case_id text not null,
  fine_fen bigint not null,
  surcharge_fen bigint not null,
  primary key (driver, order_id, case_id)
);

-- From the rail's number to our order. partitioned by: reference
create table trade (
  out_trade_no text not null,
  driver text not null,
  order_id text not null,
  primary key (out_trade_no)
);

-- Uses of a programme that this service granted. partitioned by: driver
create table programme_use (
  driver text not null,
  programme text not null,
  case_id text not null,
  used_at_ms bigint not null,
  points_granted bigint not null,
  annulled_at_ms bigint,
  primary key (driver, programme, case_id)
);

-- When a driver was last stopped for an unused warning. partitioned by: driver
create table nudge (
  driver text not null,
  plate text not null,
  violation text not null,
  shown_at_ms bigint not null,
  answered text,
  primary key (driver, plate, violation)
);

-- Dates on which a driver asked to be reminded, statements and reports of wrong data. partitioned by: driver
create table request (
  driver text not null,
  request_id text not null,
  kind text not null,
  subject text not null,
  body text not null,
  due_at_ms bigint,
  created_at_ms bigint not null,
  done_at_ms bigint,
  primary key (driver, request_id)
);
