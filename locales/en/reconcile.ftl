# Reconciliation: what officers read about a day and about each exception.

day-balanced = { $day } balanced: { $n } lines, { $yuan } yuan paid
day-open = { $day }: { $n } exceptions, the oldest has waited { $hours } h
day-missing = { $day }: the bill is not there yet, { $n } exceptions
day-signed = { $day } closed by { $by } ({ $n } exceptions still open): { $why }

side-ours = our books
side-bill = the rail's bill
side-flow = the rail's fund flow

exception-ours-only = a payment that we have and the bill has not
exception-rail-only = money that the bill has and we have not
exception-amount-differs = the sums differ
exception-duplicate = the same money twice
exception-paid-not-decided = paid, not yet handled
exception-decided-not-paid = handled, not paid
exception-refund-missing = a refund that the bill does not have
exception-refund-partial = less went back than was asked
exception-return-after-settlement = money went back after the violation was handled
exception-unknown-payer = a payer whom nobody knows
exception-late-file = the bill is late

action-ask-rail = ask the rail where { $yuan } yuan are; nothing moves before that
action-refund = refund { $yuan } yuan by the same way, usually 1-3 days
action-decide = have the decision written ({ $yuan } yuan are there); what cannot be handled goes back in full on the promised day
action-collect-or-annul = collect { $yuan } yuan anew, or annul the decision
action-fetch-bill = fetch the bill again, or hand its file in

owner-finance = finance
owner-cases = case handling
owner-operations = operations

citizen-none = the driver does not see this
outward-learning = learning
outward-to-confirm = to be confirmed
outward-to-pay = to be paid
