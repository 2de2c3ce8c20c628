/* One question after the other in place: an answer and its feedback are one way there and back, and the page stays. */

const main = /** @type {HTMLElement} */ (document.querySelector("main"));

/**
 * Shows the page that came, in place when it is one of the quiz, else by going there.
 * @param {Response} answer
 */
async function show(answer) {
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = fresh.querySelector("main");
  /* What was refused is said here too. */
  if (!next || (answer.ok && !fresh.querySelector("script[src*='/quiz']"))) return location.assign(answer.url);
  main.replaceChildren(...next.childNodes);
  document.title = fresh.title;
  /* Back leaves the quiz: it never leads into a question that was answered. */
  history.replaceState(null, "", answer.url);
  scrollTo(0, 0);
  const heading = /** @type {HTMLElement | null} */ (main.querySelector("[data-focus], h1"));
  heading?.setAttribute("tabindex", "-1");
  heading?.focus();
}

main.addEventListener("submit", async (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (event.defaultPrevented || !form.action.endsWith("/quiz")) return;
  event.preventDefault();
  if ("sent" in form.dataset) return;
  form.dataset.sent = "";
  form.setAttribute("aria-busy", "true");
  const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
  try {
    await show(await fetch(form.action, { method: "POST", body, headers: { accept: "text/html" } }));
  } catch {
    /* Without a connection the browser says so itself; the same answer twice is one. */
    form.submit();
  }
});

main.addEventListener("click", async (event) => {
  const link = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest("a.btn"));
  if (!link || !link.pathname.endsWith("/quiz")) return;
  event.preventDefault();
  try {
    await show(await fetch(link.href, { headers: { accept: "text/html" } }));
  } catch {
    location.assign(link.href);
  }
});
