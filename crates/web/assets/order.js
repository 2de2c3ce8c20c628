/* A payment's page: opens the messenger's payment sheet, and asks our server what became of it. Nothing else counts. */

/**
 * The messenger's bridge, where there is one.
 * @typedef {{ invoke(name: string, ask: object, done: (answer: { err_msg: string }) => void): void }} Bridge
 */

const order = /** @type {HTMLElement} */ (document.querySelector("[data-order]"));
const waited = /** @type {HTMLElement | null} */ (order.querySelector("[data-waited]"));
const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-pay-order]"));
const prepared = /** @type {HTMLElement | null} */ (order.querySelector("[data-says]"));
const home = order.dataset.order ?? location.pathname;
let seconds = Number(waited?.dataset.from ?? 0);
let looks = 0;
/** @type {Bridge | undefined} */
let bridge;
/** Whether the sheet is being fetched or is open: a second tap opens no second one. */
let opening = false;

async function ask() {
  let again = 3000;
  try {
    /* Every fourth look has the rail asked; the others only read what is known. */
    looks += 1;
    const answer = await fetch(home + "/state" + (looks % 4 ? "" : "?ask=true"), { headers: { accept: "application/json" } });
    if (answer.ok) {
      const news = /** @type {{ word: string, next: string, again_ms: number, queue: boolean }} */ (await answer.json());
      const word = "order-" + news.word.replaceAll("_", "-");
      if (word === "order-to-pay" && prepared && form) return payable(prepared, form);
      if (word !== order.dataset.word || news.queue || news.next !== location.pathname) return location.replace(news.next);
      again = news.again_ms;
    }
  } catch {
    /* Ask again. */
  }
  /* The server knows when it makes sense: soon at first, later the longer it takes. */
  /* Not all phones at once. */
  setTimeout(ask, again * (1 + Math.random() / 5));
}

/**
 * The rail has it now: what stands on the page already is shown, nothing is loaded for it.
 * @param {HTMLElement} words @param {HTMLFormElement} pay
 */
function payable(words, pay) {
  order.dataset.word = "order-to-pay";
  words.textContent = words.dataset.says ?? "";
  pay.hidden = false;
  if (bridge) openOnce(bridge);
}

/* Whoever comes back from paying sees the page at once, at an address that asks the rail: opened again it asks nobody. */
if (location.pathname !== home) history.replaceState(null, "", home);

if ("alive" in order.dataset) {
  setTimeout(ask, Number(order.dataset.alive));
  if (waited) {
    setInterval(() => {
      seconds += 1;
      waited.textContent = (waited.dataset.text ?? "").replace("{s}", String(seconds));
    }, 1000);
  }
}

/**
 * Whether a refusal is about the moment and not about the order: too many requests, or a server that can't just now.
 * @param {number} status
 */
function later(status) {
  return status === 429 || status >= 500;
}

/**
 * What a refusal says in words; nothing where it says nothing.
 * @param {Response} answer
 */
async function words(answer) {
  const problem = /** @type {{ title?: string, detail?: string, fix?: string }} */ (await answer.json().catch(() => ({})));
  return [problem.title, problem.detail, problem.fix].filter(Boolean).join(" ");
}

/**
 * Opens the messenger's payment sheet for the order.
 * @param {Bridge} bridge
 */
async function open(bridge) {
  if (!form || opening) return;
  opening = true;
  const says = /** @type {HTMLElement | null} */ (document.querySelector("[data-no-network]"));
  if (says) says.textContent = "";
  let sheet, cashier;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: "{}",
    });
    if (later(answer.status)) {
      /* Refused for the moment: the page is as it was, so it stays, and the driver reads why and taps again. */
      if (says) says.textContent = await words(answer) || (says.dataset.noNetwork ?? "");
      opening = false;
      return;
    }
    if (!answer.ok) return location.reload();
    ({ sheet, cashier } = /** @type {{ sheet: object | null, cashier: string | null }} */ (await answer.json()));
  } catch {
    /* No sheet came, so none was opened, and no money can have moved. */
    if (says) says.textContent = says.dataset.noNetwork ?? "";
    opening = false;
    return;
  }
  /* A rail without a sheet has a page of its own to pay on. */
  if (!sheet) return cashier ? location.assign(cashier) : location.reload();
  /* Whatever the sheet answers, only our server knows: it asks the rail. */
  bridge.invoke("getBrandWCPayRequest", sheet, () => location.replace(form.dataset.back ?? ""));
}

/**
 * Confirmed on the page before: the sheet opens by itself, once. A page that is loaded again keeps where it came from,
 * and would ask without end; what its entry in the history holds it keeps too.
 * @param {Bridge} bridge
 */
function openOnce(bridge) {
  if (history.state?.opened || !document.referrer.includes("/quotes/")) return;
  history.replaceState({ opened: true }, "");
  open(bridge);
}

function ready() {
  const found = /** @type {{ WeixinJSBridge?: Bridge }} */ (window).WeixinJSBridge;
  if (!found || !form) return;
  bridge = found;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    open(found);
  });
  if (!form.hidden) openOnce(found);
}

if ("WeixinJSBridge" in window) ready();
else document.addEventListener("WeixinJSBridgeReady", ready);
