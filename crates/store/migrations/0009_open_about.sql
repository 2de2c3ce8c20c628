-- Before a refund is sent, a worker asks whether somebody says that its money went back another way.
create index approval_open_about on approval (subject) where decided_at_ms is null;
