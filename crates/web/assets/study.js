/* The study clock's hand. The server is the clock: it counts, this shows and reports whether the page is in front. */

const box = /** @type {HTMLElement} */ (document.querySelector("[data-study]"));
const bar = /** @type {HTMLProgressElement} */ (box.querySelector("progress"));
const line = /** @type {HTMLElement} */ (box.querySelector("[data-need-line]"));
const hint = /** @type {HTMLElement} */ (box.querySelector("[data-hint]"));
const say = /** @type {HTMLElement} */ (box.querySelector("[data-say]"));
const next = /** @type {HTMLElement} */ (document.querySelector("[data-next]"));
const text = box.dataset;
const need = Number(text.need);
const every = Number(text.every);
let got = Number(text.got);
let seq = 0;
let sinceBeat = 0;
let ready = got >= need;
let wasHidden = false;

/** @param {string | undefined} words */
function hinted(words) {
  if (hint.textContent === words) return;
  hint.textContent = words ?? "";
  say.textContent = words ?? "";
}

function show() {
  const seen = Math.min(got, need);
  const left = need - seen;
  line.textContent = (text.needText ?? "").replace("{need}", String(need)).replace("{done}", String(seen));
  bar.value = seen;
  next.setAttribute("aria-disabled", String(!ready));
  if (ready) {
    next.removeAttribute("aria-disabled");
    next.textContent = text.readyText ?? "";
  } else {
    /* The number runs ahead of the server by a heartbeat at most; the last second is the server's to give. */
    next.textContent = (text.waitText ?? "").replace("{n}", String(Math.max(left, 1)));
    if (left > 0 && left % 15 === 0) say.textContent = next.textContent;
  }
}

async function report() {
  sinceBeat = 0;
  try {
    const answer = await fetch(text.study ?? "", {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify({ sitting: Number(text.sitting), seq: (seq += 1), visible: !document.hidden }),
    });
    if (answer.status === 409) return location.reload();
    if (!answer.ok) throw new Error(String(answer.status));
    const news = /** @type {{done_s: number, ready: boolean, credit: string}} */ (await answer.json());
    /* Another phone or tab shows this page now, or the day is over: start from where the server stands. */
    if (news.credit === "old_page" || news.credit === "lapsed") return location.reload();
    got = news.done_s;
    ready = news.ready;
    hinted(ready ? text.enoughText : wasHidden ? text.pauseText : "");
    wasHidden = false;
  } catch {
    hinted(text.netText);
  }
  show();
}

next.addEventListener("click", (event) => {
  if (!ready) {
    event.preventDefault();
    say.textContent = next.textContent;
  }
});

document.addEventListener("visibilitychange", () => {
  if (ready) return;
  if (document.hidden) wasHidden = true;
  report();
});

setInterval(() => {
  if (ready || document.hidden) return;
  sinceBeat += 1;
  if (got < need) got += 1;
  show();
  if (sinceBeat >= every || got >= need) report();
}, 1000);

show();
