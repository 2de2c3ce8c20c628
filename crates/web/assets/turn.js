/* The place in the queue: from the number that is called, which is the same for everybody, to who is ahead of this phone. */

const mark = /** @type {HTMLElement | null} */ (document.querySelector("[data-turn]"));
const mine = Number(mark?.dataset.number);
/** Seconds until the next look. */
let again = Number(mark?.dataset.look ?? 30);
/** When the words were changed last: a screen reader hears them at most every 30 seconds. */
let said = Date.now();
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
    const answer = await fetch("/turn/number");
    if (answer.ok && show(/** @type {{called: number, slow: number, fast: number}} */ (await answer.json()))) return;
  } catch {
    /* The next look tries again. */
  }
  wait();
}

/**
 * @param {{called: number, slow: number, fast: number}} now
 * @returns {boolean} whether nobody is ahead any more: then the page opens itself
 */
function show(now) {
  const n = Math.max(0, mine - now.called);
  if (n === 0) {
    /* Where nobody is let through it is nobody's turn. */
    if (mark && now.fast > 0) mark.textContent = mark.dataset.now ?? "";
    /* The server knows what has become of it. */
    setTimeout(() => location.replace(location.href), WORK);
    return true;
  }
  const low = now.fast > 0 ? (n * 60) / now.fast : 120;
  /* No longer than was waited here already: what an outage makes of the wait is wrong as soon as it is over. */
  const longest = Math.min(300, Math.max(60, (Date.now() - since) / 1000));
  again = Math.min(longest, Math.max(5, low));
  if (!mark || Date.now() - said < 30000) return false;
  said = Date.now();
  if (!now.fast || !now.slow) mark.textContent = fill(mark.dataset.unknown, { n });
  else {
    const high = (n * 60) / now.slow;
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
