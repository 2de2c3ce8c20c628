-- The tables that every deed writes beside its own: work to do, what was done, what was received, what was owed and paid.
-- Only `text` and `bigint`. Instants are ms since 1970 in UTC, money is fen, JSON and base64 are text.
-- Above each table stands what it is partitioned by; a partitioned table has that column first in every unique index.

-- Small facts about this installation (the city, the pack in force when it was set up).
-- partitioned by: reference
create table meta (
    name text not null primary key,
    value text not null
);

-- Work to be done, stored in the transaction that wants it. A row is open work: finishing deletes it.
-- `driver` is the driver whose data the work touches; work for the whole city uses a name of its own such as 'city'.
-- partitioned by: driver
create table job (
    driver text not null,
    kind text not null,
    job_key text not null,
    payload text not null,
    -- Grows each time the same work is asked for again, so that a request made while it runs is not lost.
    round bigint not null,
    -- When it is wanted.
    run_at_ms bigint not null,
    -- When it may next be claimed: `run_at_ms`, a later retry, or the end of the lease of whoever has it now.
    due_ms bigint not null,
    -- How often it was claimed. With `worker` it is the token that finishing must show.
    attempts bigint not null,
    worker text,
    last_error text,
    -- Since when it waits for a person, because it cannot be done.
    buried_at_ms bigint,
    primary key (driver, kind, job_key),
    check (buried_at_ms is null or worker is null)
);
create index job_due on job (kind, due_ms) where buried_at_ms is null;

-- What was done, by whom: append-only, one hash chain per driver. Officers' deeds without a driver have their own chain.
-- partitioned by: driver
create table audit (
    driver text not null,
    seq bigint not null,
    at_ms bigint not null,
    actor text not null,
    deed text not null,
    detail text not null,
    prev_hash text not null,
    hash text not null,
    primary key (driver, seq),
    check (seq >= 1)
);

-- What counterparts have sent us, kept before it is understood. The callback's own key stands in the driver's place:
-- nobody knows the driver before the message is opened.
-- partitioned by: driver
create table inbox (
    dedupe_key text not null,
    source text not null,
    raw_base64 text not null,
    headers text not null,
    received_at_ms bigint not null,
    applied_at_ms bigint,
    primary key (dedupe_key, source)
);
create index inbox_waiting on inbox (received_at_ms) where applied_at_ms is null;

-- Money, double entry, append-only. A reservation is `pending`; a later row that names it in `pending_id` makes it
-- `posted` or `voided`. A posted row without `pending_id` moves money at once.
-- partitioned by: driver
create table ledger_transfer (
    driver text not null,
    transfer_id text not null,
    order_id text not null,
    debit_account text not null,
    credit_account text not null,
    fen bigint not null,
    state text not null,
    pending_id text,
    at_ms bigint not null,
    primary key (driver, transfer_id),
    check (fen > 0),
    check (debit_account <> credit_account),
    check (state in ('pending', 'posted', 'voided')),
    check (state <> 'pending' or pending_id is null),
    check (state <> 'voided' or pending_id is not null)
);
-- A reservation ends once, however many try.
create unique index ledger_transfer_ends_once on ledger_transfer (driver, pending_id) where pending_id is not null;
create index ledger_transfer_of_order on ledger_transfer (driver, order_id);
