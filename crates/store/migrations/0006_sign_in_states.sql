-- Sign-ins whose time is over are found by their time: each new one takes a few of them away.
create index sign_in_state_expires on sign_in_state (expires_at_ms);
