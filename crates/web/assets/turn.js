/* The place in the queue: from the number that is called, which is the same for everybody, to who is ahead of this phone. */

/** @typedef {{number: number, settled: boolean, ahead: number, wait: string, low_s: number | null, high_s: number | null,
    halted: boolean, opens_at: string | null}} Place */

const mark = /** @type {HTMLElement | null} */ (document.querySelector("[data-turn]"));
/** What stands above: also that says whether anybody is let through. */
const heading = /** @type {HTMLElement | null} */ (document.querySelector("[data-heading]"));
/** The number on this phone's ticket. */
let mine = Number(mark?.dataset.number);
/** Whether people of the same second may still come to stand before it. */
let unsettled = mark?.dataset.unsettled !== undefined;
/** Seconds until the next look. */
let again = Number(mark?.dataset.look ?? 30);
/** When the words were changed last: a screen reader hears them at most every 30 seconds. */
let said = Date.now();
/** What was told first was wrong: shown once the end of it has passed. */
const late = /** @type {HTMLElement | null} */ (document.querySelector("[data-late]"));
/** When that is; unknown while nothing was told. */
let due = mark?.dataset.due === undefined ? undefined : Date.now() + Number(mark.dataset.due) * 1000;
/** Whether the service is closed and this waits for its opening: the words say when that is. */
let closed = mark?.dataset.opens !== undefined;
/** Since when this page waits. */
const since = Date.now();
/** How long a decision usually takes once nobody is ahead, ms: opened at once this page would only say that it is at work. */
const WORK = 2000;

/**
 * @param {string | undefined} words
 * @param {Record<string, number>} values
 * @returns {string}
 */
function fill(words, values) {
  return Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, String(value)), words ?? "");
}

async function look() {
  try {
    if (unsettled ? await lookAtPlace() : await lookAtNumber()) return;
  } catch {
    /* The next look tries again. */
  }
  wait();
}

/** Asks for this phone's own place, until its number is final. */
async function lookAtPlace() {
  const answer = await fetch("/turn", { headers: { accept: "application/json" } });
  if (!answer.ok) return false;
  const { place } = /** @type {{place: Place | null}} */ (await answer.json());
  if (!place) return show(0);
  mine = place.number;
  unsettled = !place.settled;
  if (closed && place.opens_at) return false;
  closed = false;
  if (place.halted) return stand(place.ahead);
  return show(place.wait === "turn" ? 0 : Math.max(1, place.ahead), place.low_s ?? undefined, place.high_s ?? undefined);
}

/** Asks for the number that is called: for whoever's own is final that says all, and it is the same for everybody. */
async function lookAtNumber() {
  const answer = await fetch("/turn/number");
  if (!answer.ok) return false;
  const now = /** @type {{called: number, slow: number, fast: number, beside: number, more: number, halted?: number}} */ (await answer.json());
  const n = Math.max(0, mine - now.called);
  if (now.halted) return stand(n);
  /* Checks wait beside the turns; once they are made, more turns end. */
  const seconds = (/** @type {number} */ rate) =>
    rate > 0 ? 60 * Math.min(n / rate, (n + now.beside) / (rate + now.more)) : undefined;
  /* Where nobody is let through it is nobody's turn. */
  return show(n, n === 0 && now.fast > 0 ? 0 : seconds(now.fast), seconds(now.slow));
}

/**
 * Nobody is let through at present.
 * @param {number} n people ahead
 * @returns {boolean}
 */
function stand(n) {
  again = 60;
  if (!mark || Date.now() - said < 30000) return false;
  said = Date.now();
  if (heading) heading.textContent = heading.dataset.halted ?? "";
  mark.textContent = n === 0 ? mark.dataset.stands ?? "" : fill(mark.dataset.halted, { n });
  return false;
}

/**
 * @param {number} n people ahead
 * @param {number | undefined} [low] the wait at least, s; unknown where it cannot be said
 * @param {number | undefined} [high] the wait at most, s
 * @returns {boolean} whether nobody is ahead any more: then the page opens itself
 */
function show(n, low, high) {
  if (n === 0) {
    if (mark && low === 0) mark.textContent = mark.dataset.now ?? "";
    /* The server knows what has become of it. */
    setTimeout(() => location.reload(), WORK);
    return true;
  }
  /* Half of what is foretold, or as long as was waited here already, five minutes at most: what an outage makes of the wait is wrong as
     soon as it is over. Where nothing is foretold a few people are served in a moment and many are not. */
  const ahead = low ?? Math.min(120, n / 10);
  const longest = Math.min(300, Math.max(low === undefined ? 90 : 60, (Date.now() - since) / 1000, ahead / 2));
  again = Math.min(longest, Math.max(5, ahead));
  if (due === undefined && high !== undefined) due = Date.now() + high * 1000;
  if (late && due !== undefined && Date.now() > due) late.hidden = false;
  if (!mark || Date.now() - said < 30000) return false;
  said = Date.now();
  if (heading) heading.textContent = heading.dataset.heading ?? "";
  if (low === undefined || high === undefined) mark.textContent = fill(mark.dataset.unknown, { n });
  else {
    mark.textContent = high <= 90
      ? fill(mark.dataset.seconds, { n, a: Math.floor(low), b: Math.ceil(high) })
      : fill(mark.dataset.pos, { n, a: Math.floor(low / 60), b: Math.ceil(high / 60) });
  }
  return false;
}

function wait() {
  /* Not all phones at once. */
  setTimeout(look, again * 1000 * (0.8 + Math.random() * 0.4));
}

if (mark) wait();
