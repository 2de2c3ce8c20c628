# Three texts for every reason: title, what was found (.fact), what to do (.do). The variables come from `show` in the packs.


## Service

reason-svc-closed = Closed now
    .fact = The service acts from { $opens } to { $closes }
    .do = Open again on { $day } at { $opens }; you can read your records and study meanwhile
reason-svc-quota = Full for today
    .fact = All places of today are taken
    .do = No need to wait here: your place is kept, come back later or tomorrow
reason-svc-upstream-down = Police data cannot be read now
    .fact = The police platform is not answering
    .do = We keep trying; nothing you entered is lost
reason-svc-checking = Checking
    .fact = Some items are still being checked
    .do = The icon turns coloured when it is done; you can pay meanwhile
reason-svc-cannot-determine = Cannot be determined yet
    .fact = { $n ->
        [one] { $n } fact is missing; this does not mean that you do not qualify
       *[other] { $n } facts are missing; this does not mean that you do not qualify
    }
    .do = Try again later, or ask at a window with your papers

## Identity

reason-id-not-verified = Name not verified yet
    .fact = We cannot be sure yet that it is you
    .do = Verify your name now, it takes about a minute
reason-id-no-12123 = Not a user of 12123
    .fact = The warning is for registered users of 12123
    .do = Register with 12123, then come back
reason-id-face-fail = Face check failed
    .fact = The picture did not match the one on record
    .do = Try again in good light; after three times please go to a window
reason-id-owner-phone = Owner's phone not verified
    .fact = The warning needs a code sent to the phone registered for the vehicle
    .do = Get the code now; if the number changed, update it first
reason-id-licence-bound-elsewhere = Licence held by another account
    .fact = Another account uses this licence
    .do = Sign in with that account, or have it released at a window
reason-id-under-review = Account under review
    .fact = Nothing can be done while it is reviewed
    .do = Wait for the result, or object

## Record

reason-v-already-handled = Already handled
    .fact = A decision exists
    .do = Nothing to do; if this looks wrong, look again tomorrow
reason-v-already-paid = Already paid
    .fact = The fine of this decision is paid
    .do = You can see the receipt
reason-v-in-other-channel = Being handled elsewhere
    .fact = 12123, a window or another phone is on it
    .do = Wait until it is finished there, or cancel it there
reason-v-no-evidence-yet = No pictures yet
    .fact = The evidence pictures have not arrived
    .do = Ask for the pictures first, then decide
reason-v-not-audited = Still being audited
    .fact = It cannot be handled before the audit
    .do = Usually done in 5 working days; please look here again then
reason-v-dispute-pending = Objection under review
    .fact = Your objection has no result yet
    .do = Usually answered in 5 working days; nothing to do until then
reason-v-to-be-removed = Will be removed
    .fact = It has been established that this record is not yours to answer
    .do = Nothing to do; it is removed in 3 working days
reason-v-old-law = The lighter scale applies
    .fact = { $pts ->
        [one] The violation of { $date } is older than the points scale; the lighter one gives { $pts } point
       *[other] The violation of { $date } is older than the points scale; the lighter one gives { $pts } points
    }
    .do = Nothing to do, it is already reckoned so
reason-v-notice-expired = The 30 days are over
    .fact = It was to be handled by { $date }
    .do = Handle it soon; from 5 such records a decision can be made without you
reason-v-on-site-ticket = A roadside decision
    .fact = It was decided at the roadside
    .do = Just pay; no binding is needed

## Amount

reason-v-fine-over-200 = Fine above the online limit
    .fact = The fine is { $yuan } yuan, online at most { $max }
    .do = It takes the general procedure: book a window
reason-v-points-over-limit = Points above the online limit
    .fact = { $pts ->
        [one] It carries { $pts } point, online at most { $max }
       *[other] It carries { $pts } points, online at most { $max }
    }
    .do = Book a window
reason-v-twelve = A violation of 12 points
    .fact = It carries { $pts } points and cannot be handled online
    .do = Go to a window and prepare for full-mark study
reason-v-needs-suspension = Suspension possible
    .fact = Besides the fine the licence is at stake
    .do = Go to a window for the general procedure
reason-v-detention-possible = Detention possible
    .fact = The law allows detention for this
    .do = Go to a window; you may bring a lawyer
reason-v-compulsory-measure = Vehicle or licence was taken
    .fact = A compulsory measure was taken
    .do = Bring the slip to the place named on it within 15 working days
reason-v-zero-fine = Nothing to pay
    .fact = There is no fine
    .do = Just look at the result
reason-v-out-of-scope-code = Not open to self-service
    .fact = Offence code { $code } is not open to self-service
    .do = Go to a window
reason-v-other-city-own-province = Recorded by another city of the province
    .fact = It was recorded under city code { $city }
    .do = Use 12123, or handle it in that city
reason-v-highway-corps = Recorded by the expressway police
    .fact = This platform cannot act for them
    .do = Use 12123, or their window
reason-v-not-city-record = Not recorded by this city
    .fact = The warning is for records of this city's traffic police
    .do = Handle it in the ordinary way
reason-v-before-licence = Older than the licence
    .fact = The violation is of { $date }, the licence of { $licence }
    .do = If you did not drive, the driver must handle it; otherwise ask at a window

## Vehicle

reason-veh-company = Company vehicle
    .fact = The vehicle belongs to an organisation
    .do = Its agent goes to a window, or names the driver
reason-veh-class-mismatch = Class does not cover the vehicle
    .fact = Your licence does not cover this kind of vehicle
    .do = If you did not drive, the driver must handle it; otherwise go to a window
reason-veh-state = State of the vehicle
    .fact = The vehicle's state is “{ $state }”
    .do = Settle that state first
reason-veh-not-local = Not registered here
    .fact = It is registered under code { $home }
    .do = Use 12123
reason-veh-new = Registered or changed less than { $months } months ago
    .fact = The months are full on { $registered } (registration) and { $changed } (last change)
    .do = Possible from the later day on; the term of payment does not wait for it
reason-veh-key-watch = Key vehicle
    .fact = This vehicle is restricted
    .do = Go to a window

## Relation

reason-veh-not-bound = Vehicle not bound
    .fact = It is not in your account
    .do = Bind it now
reason-veh-not-owned = Does not count as your own vehicle
    .fact = To count, you must be its registered owner; for the warning, on the day of the violation too
    .do = Bind another person's vehicle before handling it; if the warning is not available, handle it in the ordinary way
reason-veh-bound-after = Older than the binding
    .fact = The violation is of { $date }, before the binding
    .do = Go to a window with licence, identity card and vehicle licence
reason-veh-bind-limit-user = Limit of bound vehicles reached
    .fact = { $n ->
        [one] { $n } vehicle of another person is bound, at most { $max }
       *[other] { $n } vehicles of other people are bound, at most { $max }
    }
    .do = Release one first
reason-veh-bind-limit-history = Limit of vehicles ever bound reached
    .fact = { $n ->
        [one] { $n } vehicle of another person was bound so far, at most { $max }
       *[other] { $n } vehicles of other people were bound so far, at most { $max }
    }
    .do = Go to a window
reason-veh-bind-limit-vehicle = Users of this vehicle are full
    .fact = { $n ->
        [one] { $n } user besides the owner, at most { $max }
       *[other] { $n } users besides the owner, at most { $max }
    }
    .do = Ask the owner to release one
reason-veh-3-per-cycle = Limit of vehicles in the cycle reached
    .fact = { $n ->
        [one] { $n } vehicle in this points cycle, at most { $max }
       *[other] { $n } vehicles in this points cycle, at most { $max }
    }
    .do = The others at a window; counted anew from { $until }
reason-veh-3-licences = Limit of licences on this vehicle reached
    .fact = { $n ->
        [one] { $n } licence in this points cycle, at most { $max }
       *[other] { $n } licences in this points cycle, at most { $max }
    }
    .do = Have it checked at a window

## Driver

reason-d-no-licence = No licence found
    .fact = None was found for your number
    .do = Check the number, or ask the licence office
reason-d-state = State of the licence
    .fact = The licence's state is “{ $state }”
    .do = Settle that state first
reason-d-not-local = Licence not issued here
    .fact = It was issued under code { $home }
    .do = Use 12123
reason-d-unpaid-old = Overdue fines
    .fact = { $n ->
        [one] { $n } fine is overdue
       *[other] { $n } fines are overdue
    }
    .do = Pay them, or their points move into the next cycle
reason-d-probation = On probation
    .fact = Probation ends on { $until }
    .do = Possible from { $until }
reason-d-under-14-18 = Under 18
    .fact = The law treats it more leniently
    .do = Go to a window with a guardian

## Total

reason-d-points-12 = The total would be too high
    .fact = It would be { $total } points, online at most { $max }
    .do = Look at full-mark study, or go to a window
reason-d-other-vehicle-full = Full: no other vehicle
    .fact = The total is { $total } points
    .do = Only records of the same vehicle go on; the others at a window
reason-d-24-per-cycle = Too many points in the cycle
    .fact = It would be { $total }, at most { $max } in a points cycle
    .do = Go to a window; counted anew from { $until }

## First

reason-f-not-enabled = Not offered here
    .fact = The city does not offer the warning now
    .do = Handle it in the ordinary way
reason-f-code = Not a kind for a warning
    .fact = Code { $code } is not among the minor kinds
    .do = Handle it in the ordinary way, or look at study reduction
reason-f-not-first = Not the first of the year
    .fact = The points cycle began on { $from }; this one is of { $date }
    .do = Only the first can be a warning; handle this one in the ordinary way
reason-f-has-record = A violation in this cycle already
    .fact = { $n ->
        [one] { $n } violation handled in this points cycle
       *[other] { $n } violations handled in this points cycle
    }
    .do = Possible again from { $until }
reason-f-serious-2y = A serious violation before
    .fact = One of { $date }; none is allowed in the { $years } earlier points cycles
    .do = No longer counted from { $until }
reason-f-accident = A crash
    .fact = This violation caused one, or there was one in the points cycle
    .do = Handle it in the ordinary way
reason-f-used = Used already
    .fact = Used on { $date }; once in a points cycle
    .do = Possible again from { $until }
reason-f-study-used = Study reduction was used
    .fact = After it the warning is not available in the same points cycle
    .do = Available again from { $until }
reason-f-fine-points = Fine or points too high
    .fact = { $pts ->
        [one] Fine { $yuan } yuan (at most { $max }), { $pts } point (fewer than { $limit })
       *[other] Fine { $yuan } yuan (at most { $max }), { $pts } points (fewer than { $limit })
    }
    .do = Handle it in the ordinary way, or look at study reduction
reason-f-open-old = Older ones are open
    .fact = { $n ->
        [one] { $n } older violation is open
       *[other] { $n } older violations are open
    }
    .do = Handle the older ones first
reason-f-quiz = Quiz not passed yet
    .fact = Study the full time and answer { $pass } of { $questions }
    .do = Go on studying and try again
reason-f-review = Waiting for review
    .fact = Study is done; an officer has to approve
    .do = The result will show here; please look again
reason-f-unused-reminder = This one can be free
    .fact = It qualifies for a warning: study, then no fine and no points
    .do = Use the warning, or pay as usual
reason-f-not-camera = Not recorded by a police camera
    .fact = The warning is for police camera records
    .do = Handle it in the ordinary way
reason-f-jam = It caused a jam
    .fact = This violation caused a jam
    .do = Handle it in the ordinary way
reason-f-not-clean-months = Not clean before
    .fact = { $months ->
        [one] There was a violation in the month before
       *[other] There was a violation in the { $months } months before
    }
    .do = Possible for a new violation from { $until }

## Study

reason-s-no-points = No points to take off
    .fact = { $pts ->
        [one] There is one point that could be taken off
       *[other] There are { $pts } points that could be taken off
    }
    .do = Apply when there are points; they cannot be stored
reason-s-full = 12 points reached
    .fact = The total is { $pts }
    .do = Take full-mark study
reason-s-cap = Nothing left this cycle
    .fact = { $n ->
        [one] { $n } point taken off, at most { $max } in a points cycle
       *[other] { $n } points taken off, at most { $max } in a points cycle
    }
    .do = Possible again from { $until }
reason-s-fullmark-twice = Too many full-mark studies
    .fact = { $n ->
        [one] { $n } full-mark study in one points cycle
       *[other] { $n } full-mark studies in one points cycle
    }
    .do = Possible from { $until }
reason-s-serious-3c = A serious penalty
    .fact = Hit and run, drink driving, false papers or trade of points in the last { $cycles } points cycles
    .do = Possible from { $until }
reason-s-review-overdue = Review overdue
    .fact = The review of the licence is overdue
    .do = Have it reviewed through 12123 first
reason-s-licence-held = Licence held
    .fact = It is held or suspended
    .do = Apply when you have it back
reason-s-vehicle-overdue = A vehicle is overdue
    .fact = { $n ->
        [one] { $n } vehicle is overdue for inspection or deregistration
       *[other] { $n } vehicles are overdue for inspection or deregistration
    }
    .do = Have them inspected or deregistered first
reason-s-cheated = Cheating on record
    .fact = Cheating in a study in the last { $cycles } points cycles
    .do = Possible from { $until }
reason-s-time = Not enough study yet
    .fact = { $done } of { $need } seconds
    .do = Go on, earned time is kept
reason-s-exam-window = Too late for the examination
    .fact = It had to be taken by { $date } ({ $days } working days after the study)
    .do = Study again, then take it
reason-s-exam-fail = Examination not passed
    .fact = { $pass } of { $questions } are needed
    .do = Look at what was missed and try again
reason-s-face = Face comparison failed
    .fact = A comparison during study failed
    .do = This time does not count; study again yourself
reason-s-legacy-limit = Beyond the credit
    .fact = { $pts ->
        [one] { $pts } point (at most { $max }), fine { $yuan } yuan (at most { $limit }), and only camera records
       *[other] { $pts } points (at most { $max }), fine { $yuan } yuan (at most { $limit }), and only camera records
    }
    .do = Handle it in the ordinary way
reason-s-legacy-pay-first = Pay first
    .fact = The fine is paid first, then the record is handled
    .do = Pay; the rest follows by itself
reason-s-open-records = Open records
    .fact = { $n ->
        [one] { $n } record is open
       *[other] { $n } records are open
    }
    .do = Handle them first
reason-s-credit-used = Credit used
    .fact = Once in a points cycle
    .do = Possible again from { $until }

## Payment

reason-p-overdue = Payment overdue
    .fact = It was due on { $date }; 3 percent a day is added since
    .do = Pay soon; the addition is at most the fine itself
reason-p-defer = Deferral is possible
    .fact = Who cannot pay may ask for deferral or instalments
    .do = Apply and wait for approval
reason-p-pending = A payment is being confirmed
    .fact = The last payment has no result yet
    .do = Do not pay again before it has
reason-p-failed = The last payment failed
    .fact = It was not completed
    .do = Try another way or later; you are never charged twice
reason-p-amount-changed = The sum has changed
    .fact = It differs from the one you agreed to
    .do = Look at the new sum before paying
reason-p-batch-partial = One item cannot be paid
    .fact = One item of the merged payment cannot be paid now
    .do = Pay the others; handle this one by itself

## Rights

reason-r-object = You can object
    .fact = You can contest the facts
    .do = Object online; it is reviewed in 5 working days
reason-r-statement = You can make a statement
    .fact = At any time before the decision
    .do = Submit it online; it never makes the penalty heavier
reason-r-reconsider = You can ask for reconsideration
    .fact = Until { $date }
    .do = It can be handed in through this office
reason-r-extension = You can ask for more time
    .fact = It is to be handled by { $date }
    .do = Ask for an extension of up to 3 months
