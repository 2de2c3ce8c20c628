# Words of the pages. Equal in keys and variables to zh-CN/ui.ftl; a test compares them.

# Shell
app-name = Clearway
skip = Skip to content
size-offer = Larger
size-back = Standard
other-language = 中文
nav-programmes = Conditions of both programmes
nav-settings = Settings
nav-share = Share
nav-help = Get help
nav-vehicles = My vehicles
hours-open = Handling open { $from }–{ $to } every day
hours-closed = Closed now; open { $from }–{ $to }
go-home = Back to my violations
go-sign-in = Sign in
go-identity = Confirm your identity
back-violation = Violation
back-case = Result
back-order = Back to this payment
yuan = yuan
fine = Fine
points-n = { $n ->
    [one] { $n } point
   *[other] { $n } points
 }
points-bare = { $n }
minutes-about = { $n } min
as-of = Data as of { $time }
count-violations = { $n ->
    [one] { $n } violation
   *[other] { $n } violations
}

# Programmes and their states
programme-first = First-time warning
programme-study = Study reduction
state-checking = Checking
state-usable = Available
state-blocked = Not available · see why
state-used = Already used
state-unknown = Could not check · try again

# First screen
home-title = My violations
home-checking = Checking eligibility: { $done } of { $total } done
home-slow = Slower than usual. You can browse and pay meanwhile; results will show here
home-unknown = { $n ->
    [one] { $n } check failed; this does not mean you are not eligible
   *[other] { $n } checks failed; this does not mean you are not eligible
 }
home-empty = No open violations on your vehicles
records-checking = Looking up your vehicles and their violations; they will show here
records-failed = Your violations could not be looked up; this does not mean there are none
records-failed-short = Could not be looked up; this does not mean there are none
home-empty-late = { $n ->
    [one] New ones usually appear within { $n } working day
   *[other] New ones usually appear within { $n } working days
 }
home-resume = Continue from “{ $step }”
home-unpaid = A payment is not made yet, continue
home-kept = Kept for you; you can pay from { $time }
home-vehicles = Choose a vehicle
home-vehicle = { $n } open, { $m } can be handled now
home-all = See all vehicles, pay together
vehicle-clean = No open violations
vehicle-foreign = Not your own
vehicle-since = bound { $time }
panel-title = What you can use now
panel-progress = Progress of the checks
panel-total = { $n ->
    [one] Up to { $yuan } yuan and { $n } point saved; final on handling
   *[other] Up to { $yuan } yuan and { $n } points saved; final on handling
 }
panel-total-yuan = Up to { $yuan } yuan saved; final on handling
panel-total-points = { $n ->
    [one] Up to { $n } point saved; final on handling
   *[other] Up to { $n } points saved; final on handling
 }
panel-order = Use the warning first: after study reduction it is gone for this cycle
panel-none = Nothing available now. Tap above for the reason
panel-not-known = Some could not be checked yet; do not take it as not available
panel-save-fine = { $yuan } yuan waived
panel-save-points = { $n ->
    [one] { $n } point fewer
   *[other] { $n } points fewer
 }
panel-credit = { $n ->
    [one] { $n } point left until { $date }
   *[other] { $n } points left until { $date }
 }
panel-again = Again from { $date }

# Lists and cards
list-title = Violations of { $plate }
list-seg-now = Can be handled now: { $n }
list-seg-wait = Waiting: { $n }
list-seg-no = Cannot be handled here: { $n }
list-tick = Select to pay: { $act }
list-due = { $n ->
    [one] Pay by { $date }, { $n } day left
   *[other] Pay by { $date }, { $n } days left
 }
list-due-handle = { $n ->
    [one] Handle by { $date }, { $n } day left
   *[other] Handle by { $date }, { $n } days left
 }
list-late-handle = Notice term ended { $date }; please handle it soon
list-late = { $n ->
    [one] { $n } day late, { $yuan } yuan added
   *[other] { $n } days late, { $yuan } yuan added
 }
list-btn-first = Use the warning
list-btn-study = Use study reduction
list-btn-pay = Pay
list-btn-why = See why and what to do
list-btn-continue = Continue
list-stale = Cannot connect: showing records from { $time }
mark-first = Warning available
mark-study = Study available
mark-checking = Checking
mark-in-progress = In progress
mark-to-pay = To be paid
mark-paying = Payment being confirmed
mark-handling = Being handled
mark-manual = Staff are looking
mark-refunding = Refunding
mark-evidence = Evidence under review
mark-decided = Decided, to be paid
mark-disputed = Disputed, under check
about-sums = { $n ->
    [one] Fine { $yuan } yuan · { $n } point
   *[other] Fine { $yuan } yuan · { $n } points
 }

# Pay bar
bar-label = Pay several together
bar-all = Select all { $n } payable
bar-all-go = Pay all { $n }
bar-sum = { $n } selected, { $yuan } yuan
bar-go = Pay { $yuan } yuan
bar-go-plain = Pay selected
bar-none = Select what to pay
bar-free = { $n } more can be free, not included
bar-split = Different payees: { $n } payments, one after the other
bar-open = A payment is being confirmed; do not pay again

# One violation
fact-time = Time
fact-place = Place
fact-plate = Plate
fact-code = Code
fact-article = Articles
fact-office = Recorded by
fact-source = How
detail-evidence = Evidence
photo-alt = Evidence { $i } of { $n }: { $time }, { $place }, { $what }
photo-failed = The picture could not be fetched; you may object all the same
detail-compare = Compare your { $n } options
detail-rights = You may state your case, or go to a window instead.
detail-object = I object and want to state my case
order-warning = The order matters: study reduction first, and the warning is gone this cycle; warning first, and study stays available
choice-first = First-time warning
choice-study = Study reduction, pay first
choice-pay = Pay
choice-best = Best for you
compare-pay = To pay
compare-points = Points
compare-time = About
compare-after = Afterwards
after-warning-used = Uses this cycle's warning
after-study-kept = Study reduction stays available
after-study-used = Uses this cycle's study reduction
after-warning-gone = The warning is gone for this cycle; this cannot be undone
after-no-longer-first = The warning can no longer be used for this one, nor for others, as they are not the first
after-both-kept = Both programmes stay
after-credit-left = { $points ->
    [one] Once per cycle: the { $points } point left over cannot be kept; study again after { $date }
   *[other] Once per cycle: the { $points } points left over cannot be kept; study again after { $date }
 }
after-points-then = { $points ->
    [one] { $points } point this cycle
   *[other] { $points } points this cycle
 }

# Reasons
reasons-title = Why this cannot be handled here now
reasons-title-programmes = This one can be handled; some programmes cannot be used on it
reasons-title-unknown = Some checks could not be made; not decided yet
reasons-title-fine = This one can be handled
reasons-programme = { $n ->
    [one] { $name }: why it is not available ({ $n } reason)
   *[other] { $name }: why it is not available ({ $n } reasons)
 }
reasons-programme-checking = { $name }: checking
reasons-programme-usable = { $name }: available
reasons-programme-blocked = { $name }: why it is not available
reasons-programme-used = { $name }: used in this cycle
reasons-programme-unknown = { $name }: could not be checked
reason-unknown-title = Could not check: { $title }?
reasons-count = { $n ->
    [one] One reason
   *[other] { $n } reasons, the most important first
 }
reasons-none = All conditions are met
reasons-passed = { $n ->
    [one] { $n } other check is fine
   *[other] { $n } other checks are fine
 }
reasons-instead = What you can do instead
reasons-judged = Checked { $time } under { $pack }
reason-is-unknown = Could not be checked; this is not a refusal
reason-fact = What we see
reason-limit = The limit
reason-basis = Rule
reason-cure = What you can do
reason-wrong = This information is wrong
reason-code = Code { $code }-{ $id }, quote it when you call
weak-source = source to be verified
cure-again = try again
cure-now = can be done now
cure-date = wait until the date
cure-elsewhere = at another place
cure-never = this cannot be changed
cure-from = From { $date }
cure-bring = Bring: { $papers }

act-unknown = Violation, to be described by the platform
place-unknown = place not told yet
value-unknown = (not known)
plate-kind-other = plate kind { $code }
plate-kind-01 = large vehicle
plate-kind-02 = small car
plate-kind-05 = foreign vehicle
plate-kind-07 = motorcycle
plate-kind-08 = moped
plate-kind-15 = trailer
plate-kind-16 = training car
plate-kind-23 = police car
plate-kind-51 = large new-energy vehicle
plate-kind-52 = small new-energy car
reason-unexplained = This reason is not explained yet; please call and quote the code
reason-missing = { $n ->
    [one] { $n } fact could not be found, so this is undecided. It does not mean you are not eligible.
   *[other] { $n } facts could not be found, so this is undecided. It does not mean you are not eligible.
 }
reason-unknown-do = We keep asking; you may also tap “Try again”, or go to a window if it is urgent.
reason-not = Not the case: { $title }
retry-now = Try again
source-camera = Camera
source-decision = By a decision already made
photo-caption = Picture { $i } of { $n } · { $size } KB
photo-none = The platform has no picture of this violation
go-help = Get help
go-options = See the options

# Start of a case
start-title-first = Handle this one by warning
start-title-study = Handle this one with study
start-lead = About { $n } min: { $s } s of study, { $q } questions, { $k } to pass
start-saves = You save
start-face = One face check during study; you may go to a window instead.
start-go = Start
start-safe = You may leave at any time; come back within 24 hours and nothing is lost. Nothing takes effect before the last confirmation.
start-pack = { $name }
start-basis = Rule: { $article }
steps-label = Steps
step-past = done
step-study = Study
step-quiz = Quiz
step-confirm = Confirm
step-pay = Pay
step-handle = Handle

# Study
study-title = Study: { $topic }
study-need = { $need } s required, { $done } s done
study-progress = Study progress
study-pause = You left; the clock paused, earned time is kept
study-wait = { $n } s until the questions
study-ready = Start the questions
study-enough = Enough
study-nojs = Read for about { $n } s more, then start the questions; the system keeps the time.
study-net = Connection dropped, no time lost
study-yours = About your violation

# Quiz
quiz-rule = { $t ->
    [one] { $n } questions, { $k } to pass, { $t } try left today. If you do not pass, nothing is lost.
   *[other] { $n } questions, { $k } to pass, { $t } tries left today. If you do not pass, nothing is lost.
 }
quiz-no-limit = No time limit.
quiz-limit = Please answer by { $time }.
quiz-several = More than one may be right
quiz-f = Question { $i }
quiz-late = Too late
quiz-q = Question { $i } of { $n }
quiz-submit = Submit answer
quiz-next = Next
quiz-finish = See the result
quiz-go-confirm = Go to confirmation
quiz-right = Correct
quiz-wrong = Not right
quiz-answer = Right answer: { $answer }
quiz-why = Why
quiz-pass = Passed: { $k } of { $n } right
quiz-fail = Not passed: { $k } right, { $d } more needed
quiz-stop = No tries left today; again from { $time }.
quiz-stop-due = Come back within 24 hours and study need not be repeated; due dates are unchanged.
quiz-retake = Try again
quiz-report = Report this question

# Confirm
confirm-title = Check and confirm
confirm-evidence = See the evidence
confirm-effect = The decision will be
confirm-effect-warning = A warning. No fine, no points.
confirm-waived = { $n ->
    [one] { $yuan } yuan waived, { $n } point fewer
   *[other] { $yuan } yuan waived, { $n } points fewer
 }
confirm-pay-first = You pay first; it is then handled by itself.
confirm-rights = Your rights
confirm-rights-text = You have the right to state your case first. You need not confirm now and may do it later. If you disagree with the decision, you may apply for administrative reconsideration.
confirm-facts-words = These facts are right, and I was the driver
confirm-by-button = By pressing the button you confirm: { $words }.
confirm-waive = I know that I may state my case, and I waive it this time
confirm-go-warning = Confirm the facts, issue the warning
confirm-later = Not now
give-up-title = Choose another way
give-up-then = After giving up you can handle this violation in another way. Nothing took effect, nothing was charged. A quiz given up halfway counts as one of today's tries.
give-up-go = Give this up

# Interruption
nudge-title = This one can be free
nudge-body = It qualifies for a first-time warning: about { $min } min of study, then a warning only, { $yuan } yuan waived. Once per cycle.
nudge-use = Use the warning
nudge-skip = Not this time, pay

# Quote
quote-title = Confirm the payment
quote-sum = Total for { $n }
quote-points = { $n ->
    [one] { $n } point will be recorded
   *[other] { $n } points will be recorded
 }
quote-go = Confirm and pay { $yuan } yuan
quote-go-first = Confirm, pay the first { $yuan } yuan
quote-go-later = Confirm, pay when it opens
quote-facts = Once you have paid, the violations are handled by themselves.
quote-left-out = “{ $act }” cannot be paid now and is not included
quote-could-be-free = { $n } of these could be a warning without a fine; to use it do not pay now, go back to My violations
quote-warning-lost = Note: if you pay these first, “{ $act }” can no longer be a first-time warning this cycle ({ $yuan } yuan waived). To use it, handle that one first.
quote-warning-lost-study = After this, the first-time warning is unavailable this cycle
line-points = points { $a } → { $b }
quote-until = This sum holds until { $time }.
quote-expired = This quote has expired. Nothing was charged; please renew it.
quote-renew = Renew
line-surcharge = Fine { $fine } yuan, surcharge { $extra } yuan

# Money and orders
money-not-charged = Not charged
money-confirming = Confirming, please do not pay again
money-charged = Charged
order-title = Payment
order-preparing = The payment is being prepared, usually within seconds; this page shows it by itself. You can also leave and pay later.
order-to-pay = One step left: complete the payment.
order-at-opening = Kept for you. You can pay from { $time }, for two hours. Open this page then.
order-waiting = Usually within 10 seconds.
order-waited = { $s } s so far
order-unknown = The result is not confirmed yet. We keep asking; you may close this page.
order-not-paid = This payment was not completed; nothing was charged.
order-handling = The violations are being handled, nothing to do.
order-handling-by = By { $date } at the latest it is done, or all the money goes back.
order-done = Paid and handled.
order-manual = Staff will take a look; full refund if it cannot be handled.
order-manual-by = You will hear by { $date } at the latest.
order-twice = Paid twice: the second payment goes back the same way.
order-coming-back = Your money is on its way back.
order-back = The money is back.
order-partly-coming-back = { $a } handled; { $b } not handled, and the money for those { $b } is on its way back.
order-partly-back = { $a } handled; { $b } not handled, and the money for those { $b } is back.
order-no-network = No connection; nothing was charged. Please tap again
order-back-sum = Going back: { $yuan } yuan.
order-back-by = Expected by { $date }.
back-why-record-removed = The record was removed after review; there is nothing to pay.
back-why-record-gone = The police platform no longer lists this record.
back-why-handled-elsewhere = It was handled or paid in another channel; you are not fined twice.
back-why-not-decided = It could not be handled by the day you were told.
back-why-officer = Staff checked the case and give the money back.
back-why-annulled = The decision was annulled.
back-why-late = The money arrived after this payment had been closed.
back-why-twice = The same payment was made twice; the second one goes back.
order-number = No. { $no }
order-progress = See progress
order-go = Pay { $yuan } yuan
order-later = Leave, pay later
order-cancel = Cancel this payment
order-ask-again = Check again
order-give-up = I did not pay, cancel this
order-pay-again = Try the payment again
order-not-now = Back to my violations
order-next = Next payment
order-receipt = Receipt
leg-waiting = Waiting for payment
leg-confirming = Being confirmed
leg-paid = Paid, being handled
leg-done = Handled
leg-manual = Staff are looking
leg-coming-back = Could not be handled, refunding
leg-back = Refunded
leg-not-paid = Not paid

# Done
done-done = Done
done-handling = The result is being written
    .detail = Usually a few seconds. Nothing to do; you may close this page.
done-at-opening = It will be handled in order from { $time }. Nothing more to do; you may close this page.
done-kept = Received, handled after opening
done-queued = Waiting in the queue
done-manual = Staff will take a look
    .detail = The platform did not accept it at once. We follow it up; the result will show here.
done-manual-by = Staff will look at it, by { $date } at the latest; full refund if it cannot be handled.
stopped-unpaid = The payment was not completed; nothing was charged.
stopped-not-in-time = The police platform did not record it in time.
stopped-objection = The objection to the record was not answered in time.
stopped-missing = The platform's record lacks something, or differs from what you confirmed.
stopped-differs = The platform's record lacks something, or differs from what you confirmed.
stopped-went-back = The payment platform says that this money went back; staff will check.
done-not-handled = This could not be completed
    .detail = Nothing took effect and nothing was charged.
done-given-up = Given up
    .detail = Nothing took effect; you may start again.
done-first = Warning only, { $yuan } yuan waived
done-study = { $n ->
    [one] Paid { $yuan } yuan, { $n } point fewer
   *[other] Paid { $yuan } yuan, { $n } points fewer
 }
done-pay = { $n ->
    [one] Paid { $yuan } yuan, { $n } point
   *[other] Paid { $yuan } yuan, { $n } points
 }
done-saved-yuan = Waived
done-saved-points = Points avoided
done-took = Time taken
done-time = { $m } min { $s } s
done-time-seconds = { $s } s
done-next = { $n } left, continue
doc-view = View the decision
doc-appeal = If you disagree, you may apply for administrative reconsideration by { $date }

done-coming-back = Your money is on its way back
    .detail = It was not handled; the full sum goes back the way it came.
done-back = Your money is back
    .detail = It was not handled; nothing took effect.
done-annulled = The decision was annulled
    .detail = Points, study credit and the right to a warning are restored; a fine that was paid is refunded in full.
done-reconsider = This violation could have been a first-time warning without a fine. You can ask for a re-check by { $date }. If the re-check agrees, the decision is annulled, the fine is refunded in full and the warning can still be used.
done-reconsider-go = Ask for a re-check
done-reconsider-asked = Your request was received; you hear within 5 working days.
done-refusal = The platform's answer: { $why }
method-wechat = WeChat Pay
effect-first = A warning instead of the fine: no fine, no points, though the warning stays on record. Once per points cycle.
effect-study-credit = After study and quiz, one violation is handled with up to { $n } points fewer; the fine is still due and paid first. Once per points cycle.
effect-study-licence = { $n ->
    [one] Study and examination on the police platform take { $n } point off the licence each time, at most { $cap } a cycle. The examination is held in 12123.
   *[other] Study and examination on the police platform take { $n } points off the licence each time, at most { $cap } a cycle. The examination is held in 12123.
 }

# Receipt, decision, timeline
receipt-title = Receipt
receipt-number = No.
receipt-rail = Transaction
receipt-at = Paid at
receipt-payee = Payee
receipt-payer = Payer
receipt-method = Method
receipt-lines = Items
receipt-ticket = The fiscal e-receipt is issued by the finance office and will appear here.
decision-title = Decision
decision-gloss = The decision is a legal document in Chinese; any translation is for reference only.
timeline-title = Timeline
event-recorded = Recorded
event-entered = Entered
event-audited = Evidence checked
event-shown = Shown to you
event-checked = Eligibility checked
event-started = Started
event-studied = Study completed
event-quiz-passed = Quiz passed
event-quiz-failed = Quiz not passed
event-confirmed = Facts confirmed, statement waived
event-order-opened = Payment opened
event-order-closed = Payment not completed, closed
event-paid = Paid
event-deciding = Written to the platform
event-decided = Decided
event-objection = An objection to the record is being reviewed; nothing is decided meanwhile
event-sent = Sent to the police platform
event-record-missing = The platform does not list the record for now; looking again soon
event-handled = Decided
event-document-ready = Decision delivered
event-refused = Not handled
event-manual = Passed to staff
event-retried = Tried again
event-refund-started = Refund started
event-refunded = Refunded
event-abandoned = Given up
event-annulled = Decision annulled; points and rights restored
event-reconsider = Another look was asked for
event-expected = expected { $date }
event-ahead = not yet
by-driver = you
by-system = system
by-officer = officer
by-rail = payment channel
by-platform = police platform

# Programmes page
programmes-lead = Rules in force on { $date }: { $name }
programmes-no-pack = No rules can be shown for { $date }
programmes-conditions = All of these must be met
programmes-off = Not part of these rules
programmes-by-date = Rules by date
programmes-in-force = in force
programmes-shown = shown
programmes-foot = This page is made from the very rules that the system applies. Conditions marked “source to be verified” yield to the official publication.

# First visit, sign-in, identity
entry-title = Before we start: how your data is used
entry-who = This service is run by { $office }
entry-read = We read: licence status, your vehicles, open violations, points this cycle
entry-why = Used only to check eligibility and handle violations, under our statutory duty
entry-keep = Records are kept { $years } years by law; you can view them and ask for corrections
entry-free = These two are optional
entry-opt-msg = Once messages are offered, send me progress and due dates (not yet: please look here yourself)
entry-opt-stat = Let us count which pages are hard to use (no plate or name)
entry-go = Understood, continue
entry-refuse = Not now
entry-version = Notice version { $version }
entry-again = Read the data notice again
sign-in-title = Sign in to handle violations
sign-in-lead = See violations, use a warning or study reduction, pay several at once
sign-in-go = Sign in with WeChat
sign-in-qr = Scan with WeChat on your phone
sign-in-qr-alt = QR code that opens this service
sign-out = Sign out
id-title = Confirm it is you
id-why = Violations go on a personal record, so we check identity first
id-reads = What we check with the police platform
id-reads-licence = Licence: status, class and points, to see what can be handled
id-reads-vehicles = Your vehicles: bound by themselves
id-reads-phone = Phone on file: receives a code, to be sure it is you
id-number = Identity (licence) number
id-number-hint = You may paste it; 18 characters, the last may be X
id-name = Name
id-go = Check and send a code
id-resend = Check again with other details
id-code = Code
id-code-sent = A code was sent to the phone on file ending in { $tail }, valid for 5 minutes
id-code-go = Confirm
id-phone-cure = New number? Update the number on file in 12123 or at a window, then come back.
id-locked = Too many wrong tries. Try again after { $time }, or go to a window
id-done = You were verified on { $time }
bind-title = Bind someone else's vehicle
bind-rules = At most { $max } at a time and { $ever } ever; violations before the binding cannot be handled here. Needs the code from the owner's phone.
bind-kind = Kind of plate
bind-add = Send the owner a code
bind-full = No more can be bound. Unbind one, or ask the owner.
bind-code-title = Bind { $plate }
bind-code-sent = A code was sent to the owner's phone ending in { $tail }
bind-own = A vehicle of yours is missing? Check again
bind-end = Unbind
bind-end-then = Afterwards the violations of this vehicle are no longer shown here; what is being handled is finished. To bind it again, the owner has to receive another code, and violations from before that day cannot be handled here.
bind-end-go = Unbind { $plate }
bind-go = Bind
owner-phone-ask = Verify the owner's phone (needed for the warning)
owner-phone-title = Verify the owner's phone on file for { $plate }
owner-phone-go = Confirm
notes-title = { $n ->
    [one] { $n } more thing to know
   *[other] { $n } more things to know
 }

# Settings, help, share, closed
set-size = Text size
set-theme = Appearance
set-lang = Language
set-msg = Messages and statistics (turn off any time)
set-save = Save
set-data = My data
set-who = { $name }
set-data-text = View, ask for corrections, withdraw consent; to close the account go to a window or call.
size-standard = Standard
size-large = Large
size-extra = Extra large
theme-system = As the phone
theme-light = Light
theme-dark = Dark
help-phone = Call
help-quote = Quote the reference on the page; staff see what you see.
help-windows = At a window
help-object = You object
help-object-text = Before a decision you may state your case: write it below, go to a window or call. Objecting never makes a penalty heavier.
help-object-signed-out = Before a decision you may state your case. Sign in to write it here, or go to a window or call. Objecting never makes the penalty heavier.
help-told = Received. Staff will read it within five working days. Call the number above to hear what came of it
help-subject = What is it about? (optional)
help-words = Your statement (up to 1000 characters)
help-send = Send to staff
help-hours = Hours
share-lead = For friends who have violations to handle. The card holds nothing about you.
share-qr-alt = QR code of the public page
share-private = Inside WeChat you may also share from the menu; what is shared is always the public page.
closed-title = Closed now, opens at { $time }
closed-intent = Closed now. You can still confirm: it will be handled in order from { $time }, and you need not come back.
closed-intent-pay = Closed now; nothing is charged. Confirm and it is kept for you: you can pay from { $time }.
closed-can = You can still view records and documents and study; what was confirmed will finish
closed-soon = { $n } min to closing at { $to }, progress is kept

problem-closed = Closed now
    .detail = Nothing was charged, nothing changed. You can view records and documents and study; what was confirmed will finish.
    .fix = Come back when it opens; what you did is kept.
fix-bad-id-number = the 18 characters of your identity card; the last may be X
fix-appr-self = another person: you cannot approve your own submission
fix-bad-name = the name as on your licence
fix-bad-plate = a whole plate such as 鄂A12345
fix-bad-plate-kind = a two-digit kind of plate such as 02
fix-bind-limit-vehicle = this vehicle has no place for another user; ask the owner
fix-ceiling-agreed = no more calls a second than agreed with the platform
fix-choose-a-violation = at least one violation
fix-choose-an-option = one of the answers
fix-claim-first = identity number and name first
fix-confirm-this = tick to confirm
fix-feed-format = the documented format
fix-name-not-on-file = the name and number as registered
fix-no-phone-on-file = a phone on file; register one in 12123 or at a window
fix-day-over = a day that is over, such as yesterday
fix-bill-file = the whole bill as the rail handed it out
fix-officer-name = a name of 2 to 40 characters
fix-officer-why = a reason of 4 to 400 characters
fix-finding-no-refund = a finding about a refund, of a kind that begins with refund-
fix-refund-under-way = the rail is carrying it out: wait for the day that the driver was told
fix-finding-by-itself = it ends with what it is about and cannot be closed by itself
fix-plate-not-on-file = a registered vehicle; check kind and number
fix-reason-without-date = a reason that has a date
fix-route-first-or-study = first or study
fix-too-many-violations = fewer at a time
fix-words-1-to-1000 = 1 to 1000 characters
fix-wrong-code = the code of the latest message, valid for 5 minutes

# Problems
err-id = Reference { $id }
problem-again = Try again at { $time }
problem-retry = Try again
problem-unsent = What you wrote is still here: change it and send it again (up to 1000 characters)
problem-unsent-copy = What you wrote is still here. After signing in it has to be entered again: copy it first
problem-correct = Go back and correct it
problem-back = Back to the page before
field-id_number = Identity card number
field-name = Name
field-phone = Registered telephone
field-code = Code
field-plate = Plate
field-kind = Kind of plate
field-violation = Violation
field-violations = Violations to pay
field-chosen = Answer
field-words = Your words
field-facts = The facts are right
field-waiver = No statement is made
problem-unreadable = This step did not work
    .detail = What was sent cannot be read. Nothing was changed.
    .fix = Go back and try again. Programs: send a JSON object or a form.
problem-bad-field = One entry cannot be used
    .detail = Correct it and send again. Nothing was changed.
    .fix = Expected: { $fix }
problem-bad-field-missing = “{ $field }” is missing{ $value }
    .bare = “{ $field }” is missing
problem-bad-field-unknown = “{ $field }” is not known here (got “{ $value }”)
    .bare = “{ $field }” is not known here
problem-bad-field-type = “{ $field }” has the wrong form (got “{ $value }”)
    .bare = “{ $field }” has the wrong form
problem-bad-field-value = “{ $field }” cannot be used (got “{ $value }”)
    .bare = “{ $field }” is not right
problem-bad-field-repeated = “{ $field }” may come only once (got “{ $value }”)
    .bare = “{ $field }” may come only once
problem-too-large = What was sent is too large
    .detail = Nothing was changed.
    .fix = Shorten it and try again.
problem-unsupported-type = This format is not supported
    .detail = Only forms and JSON are accepted.
    .fix = Set Content-Type to application/json or application/x-www-form-urlencoded.
problem-forged = This was not accepted
    .detail = It did not come from one of our pages, or the page was open for too long. Nothing was changed.
    .fix = Start again from “My violations”.
problem-sign-in = Please sign in
    .detail = You are not signed in, or no longer. What you had begun is still there.
    .fix = You can go on after signing in.
problem-token = An operator's token is needed
    .detail = This address is for operators only, and the request has no valid token. Nothing was changed.
    .fix = Send the header Authorization: Bearer with your token.
problem-token-kept = This token is for something else
    .detail = The configuration keeps it to what the operator's entry names under may. Nothing was changed.
    .fix = Use the token of an operator whose entry has no may, or name this there.
problem-verify = Please confirm your identity first
    .detail = Violations go on a personal record, so we check identity first.
    .fix = It usually takes a minute.
problem-not-found = Not found
    .detail = There is no such page, or it is not yours.
    .fix = Start from “My violations”.
problem-wrong-method = This address is not used that way
    .detail = The address exists, but not for this method.
    .fix = See /openapi.json.
problem-refused = This cannot be done now
    .detail = All reasons are below, the most important first. Nothing was changed.
    .fix = Each reason says what you can do.
problem-locked = Too many tries
    .detail = For your safety you cannot try again for a while.
    .fix = Come back then, or go to a window.
problem-too-many = Too many requests
    .detail = This account sent too many within a few seconds. This step was not done; nothing was changed.
    .fix = A few seconds are enough, and there is no need to keep tapping; your place in the queue is safe.
problem-crowded = Too many people on this network at once
    .detail = Too many requests came from the same network within a few seconds. This step was not done; nothing was changed.
    .fix = A few seconds are enough, and there is no need to keep tapping; mobile data or another network helps too.
problem-too-slow = What you sent did not arrive as a whole
    .detail = The network is too slow: not all of it came within 20 seconds. This step was not done; nothing was changed.
    .fix = Go where the signal is better and send it once more.
problem-busy = Too many people at once
    .detail = This step was not done; nothing was changed, nothing was charged. Looking and studying go on as usual.
    .fix = Try again at the time below; there is no need to keep reloading.
problem-busy-money = No new payments for a moment
    .detail = The system is busy, and so that nothing goes wrong new payments wait. This step took no money; what is paid is handled as usual.
    .fix = Try again at the time below; everything else goes on.
problem-busy-read = Too many people at once: the page cannot be shown
    .detail = Whatever you have submitted is safe and is handled as usual.
    .fix = It opens by itself at the time below; there is no need to keep reloading.
problem-ticket-expired = This ticket is of an earlier day
    .detail = A ticket is good for its day and the two after it. If something of yours is still waiting, its place is on the queue page.
    .fix = Open the queue page to see your place.
problem-ticket-future = The time of this ticket has not come
    .detail = It carries a later time than now, so it cannot be recognised yet.
    .fix = Open the queue page to see your place.
problem-ticket-spent = The turn of this ticket is over
    .detail = A ticket is called once. It has been handled, or you have another place.
    .fix = Open the queue page to see your place.
problem-unavailable = Cannot connect just now
    .detail = A system we depend on does not answer. What you have submitted or paid is safe and is handled as usual.
    .fix = Try again in a moment: nothing is done or charged twice. We keep trying as well.
problem-internal = This step did not work
    .detail = The fault is ours and has been recorded.
    .fix = Try again later; if it still fails, quote the reference to our staff.
problem-case-moved = This case has moved on
    .detail = Perhaps on another phone, or by a double tap. Nothing was done or charged twice.
    .fix = Go back to see where it stands.
problem-violation-held = This violation is already being handled
    .detail = Only one way can be under way at a time.
    .fix = Continue it from “My violations”, or give that one up first.
problem-quote-expired = This quote has expired
    .detail = Nothing was charged.
    .fix = Select what to pay and get a new total.
problem-amount-changed = The amount has changed
    .detail = Nothing was charged. A changed total is never charged silently.
    .fix = Read the new total, then confirm.
problem-payment-open = A payment is being confirmed
    .detail = Please do not pay again. No new payment can be opened for these until it is settled.
    .fix = Wait for the result in “My violations”.
problem-not-this-question = This question was answered already, or never asked
    .detail = The answer was not recorded; your result is unchanged.
    .fix = Go back and answer the present question.
problem-study-not-done = Study is not finished yet
    .detail = Your time is kept.
    .fix = Finish the study, then the questions open.
problem-no-tries-left = No tries left today
    .detail = Come back within 24 hours and study need not be repeated; the due date is unchanged.
    .fix = Come back at the time shown.
problem-bound-already = Already bound
    .detail = This licence is held by another account.
    .fix = Sign in with that account, or have it released at a window.
problem-bound-here = This vehicle is already in your account
    .detail = No need to bind it again; your own vehicles are bound automatically.
    .fix = See “My vehicles”.
problem-sign-in-state = Sign-in was not completed
    .detail = It expired, was used before, or was not started on this phone.
    .fix = Please sign in again.
problem-snapshot-user = Please open the full page to sign in
    .detail = WeChat gave a temporary identity of its preview page, which does not show who you are.
    .fix = Tap “use the full service” at the foot of the page and sign in again.

problem-statements-open = Five of your statements are waiting to be read
    .detail = This one was not taken; the others are kept.
    .fix = Write again once staff have read one of them; if it is urgent, call.
problem-day-closed = This day is closed
    .detail = Nothing was changed.
    .fix = To do it again, open the day first and say why.
problem-day-open = This day is not closed
    .detail = Nothing was changed.
    .fix = It can be compared again as it is.

# The queue of a day on which everybody comes
queue-title = Very busy, we are holding your place
queue-pos = About { $n } ahead, roughly { $a }–{ $b } min
queue-pos-seconds = About { $n } ahead, roughly { $a }–{ $b } s
queue-pos-open = About { $n } ahead, at least { $a } min
queue-pos-unknown = About { $n } ahead; how long cannot be said at present
queue-turn = It is your turn
    .detail = It is being handled. Nothing to do.
queue-halted = The police platform is paused
    .detail = The police platform is paused. Your place is kept, and it goes on by itself.
queue-keep = You may leave and close the phone: your place is kept, and when your turn comes it is handled by itself
queue-phones = Reloading, another phone or another sign-in keeps the place; more tabs do not make it faster
queue-meanwhile = Meanwhile you can look at records and reasons, study and take the quiz
queue-late = It takes longer than we said at first; this is the new estimate
queue-none = Nothing of yours is waiting
    .detail = When something you confirmed or paid has to wait, its place is shown here.
queue-over = No more queueing: see the result
queue-waiting = { $n ->
    [one] { $n } person is waiting now
   *[other] { $n } people are waiting now
 }
queue-yesterday = Yesterday { $told } people were told a wait; it was about right for { $within }. Off by { $mean } s on average, { $worst } s at most
queue-see = See my place
queue-pos-halted = The platform is paused; about { $n } ahead, and every place is kept
