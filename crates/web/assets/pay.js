/* The pay bar adds up what is ticked. The server adds up again and alone decides what is paid. */

/** @param {number} fen */
const yuan = (fen) => (fen % 100 ? (fen / 100).toFixed(2) : String(fen / 100));

/** @type {ReturnType<typeof setTimeout> | undefined} */
let speaking;

function total() {
  const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-pay]"));
  const bar = form?.querySelector("[data-bar]");
  if (!form || !bar) return;
  const boxes = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("input[name=violation]")]);
  const ticked = boxes.filter((box) => box.checked);
  const sum = ticked.reduce((fen, box) => fen + Number(box.dataset.fen), 0);
  const go = /** @type {HTMLElement | null} */ (bar.querySelector("[data-go]"));
  if (go) {
    go.textContent = ticked.length ? (go.dataset.goText ?? "").replace("{yuan}", yuan(sum)) : (go.dataset.none ?? "");
    go.setAttribute("aria-disabled", String(!ticked.length));
  }
  const all = /** @type {HTMLInputElement | null} */ (bar.querySelector("[data-all]"));
  const payable = boxes.filter((box) => !("free" in box.dataset));
  if (all) all.checked = payable.length > 0 && payable.every((box) => box.checked);
  const output = /** @type {HTMLOutputElement | null} */ (bar.querySelector("[data-sum]"));
  clearTimeout(speaking);
  /* Spoken after a short quiet, so that ticking several does not talk over itself. */
  speaking = setTimeout(() => {
    if (!output) return;
    const text = (output.dataset.text ?? "").replace("{n}", String(ticked.length)).replace("{yuan}", yuan(sum));
    output.textContent = ticked.length ? text : "";
  }, 800);
}

document.addEventListener("change", (event) => {
  const box = /** @type {HTMLInputElement} */ (event.target);
  const form = box.closest("[data-pay]");
  if (!form) return;
  if ("all" in box.dataset) {
    for (const one of form.querySelectorAll("input[name=violation]:not([data-free])")) {
      /** @type {HTMLInputElement} */ (one).checked = box.checked;
    }
  }
  total();
});

document.addEventListener("click", (event) => {
  const go = /** @type {HTMLElement} */ (event.target);
  if (go.matches("[data-go][aria-disabled=true]")) {
    event.preventDefault();
    /** @type {HTMLInputElement | null} */ (document.querySelector("[data-pay] input[name=violation]"))?.focus();
  }
});

document.addEventListener("live", total);
total();
