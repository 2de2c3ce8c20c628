/* Checks turn from grey to colour: by server-sent events while the answer may come any moment, by asking again otherwise. */

const mark = /** @type {HTMLElement | null} */ (document.querySelector("[data-live]"));
/** Milliseconds until the next question when events do not arrive; the server knows when it makes sense. */
let again = Number(mark?.dataset.look ?? 2000);
let version = mark?.dataset.version ?? "";
let finished = !mark || "done" in mark.dataset;
let busy = false;

/**
 * Takes the new page and exchanges the live parts, keeping ticks and focus. Whether it came.
 * @returns {Promise<boolean>}
 */
async function refresh() {
  if (busy) return false;
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, credentials: "same-origin" });
    if (!answer.ok || answer.redirected) return false;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["panel", "records"]) exchange(document.getElementById(id), fresh.getElementById(id));
    const next = /** @type {HTMLElement | null} */ (fresh.querySelector("[data-live]"));
    if (next) {
      version = next.dataset.version ?? version;
      finished = "done" in next.dataset;
      /* Its place is outside what is exchanged: one that comes with its words is not read aloud. */
      const said = document.querySelector("[data-said]");
      if (said && next.dataset.say) said.textContent = next.dataset.say;
    }
    document.dispatchEvent(new Event("live"));
    return true;
  } catch {
    /* The next event or question tries again. */
    return false;
  } finally {
    busy = false;
  }
}

/**
 * By what an element is found again in the place of another: its id, else where it leads or what it sends.
 * @param {Element} one
 */
const name = (one) => one.id || [one.localName, one.getAttribute("href"), one.getAttribute("value")].join();

/**
 * @param {HTMLElement | null} old
 * @param {HTMLElement | null} fresh
 */
function exchange(old, fresh) {
  if (!old || !fresh || old.innerHTML === fresh.innerHTML) return;
  const ticked = new Set([...old.querySelectorAll("input:checked")].map((box) => /** @type {HTMLInputElement} */ (box).value));
  const active = old.contains(document.activeElement) ? document.activeElement : null;
  for (const box of fresh.querySelectorAll("input[name=violation]")) {
    const input = /** @type {HTMLInputElement} */ (box);
    if (ticked.has(input.value)) input.setAttribute("checked", "");
  }
  old.replaceChildren(...fresh.childNodes);
  if (!active) return;
  const again = [...old.querySelectorAll("a, button, input, summary")].find((one) => name(one) === name(active));
  /** @type {HTMLElement | undefined} */ (again)?.focus({ preventScroll: true });
}

/** @param {string} text */
function heard(text) {
  const news = /** @type {{version: string, finished: boolean, again_ms: number}} */ (JSON.parse(text));
  again = news.again_ms || again;
  if (news.version !== version) refresh().then((came) => (finished ||= came && news.finished));
}

function poll() {
  if (finished || !mark) return;
  setTimeout(async () => {
    if (finished) return;
    try {
      const answer = await fetch(mark.dataset.live ?? "", { headers: { accept: "application/json" } });
      if (answer.ok) heard(await answer.text());
    } catch {
      /* Ask again. */
    }
    poll();
    /* Not all phones at once. */
  }, again * (1 + Math.random() / 5));
}

if (mark && !finished) {
  /* After eight seconds the words change: nobody has to wait for the checks. */
  setTimeout(() => {
    const words = /** @type {HTMLElement | null} */ (document.querySelector("[data-slow]"));
    if (!words || finished) return;
    words.textContent = words.dataset.slow ?? "";
    const said = document.querySelector("[data-said]");
    if (said) said.textContent = words.textContent;
  }, 8000);
  if (mark.dataset.events && "EventSource" in window) {
    const events = new EventSource(mark.dataset.events);
    events.addEventListener("checks", (event) => {
      heard(/** @type {MessageEvent<string>} */ (event).data);
      if (!JSON.parse(/** @type {MessageEvent<string>} */ (event).data).finished) return;
      events.close();
      /* No further event comes: if the last page does not arrive, it is asked for again. */
      poll();
    });
    events.onerror = () => {
      events.close();
      poll();
    };
  } else {
    poll();
  }
}
