/* One question after the other in place: an answer, its feedback and the next question are one way there and back, and the page stays. */

const main = /** @type {HTMLElement} */ (document.querySelector("main"));

/**
 * Asks, and shows the page that comes: in place when it is one of the quiz, else by going there.
 * @param {string} url
 * @param {RequestInit} how
 */
async function ask(url, how) {
  main.setAttribute("aria-busy", "true");
  const answer = await fetch(url, { ...how, headers: { accept: "text/html" } });
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = fresh.querySelector("main");
  /* What was refused is said here too. */
  if (!next || (answer.ok && !fresh.querySelector("script[src*='/quiz']"))) return location.assign(answer.url);
  main.replaceChildren(...next.childNodes);
  main.removeAttribute("aria-busy");
  /* Back leaves the quiz: it never leads into a question that was answered. */
  history.replaceState(null, "", answer.url);
  begin(fresh.title);
}

/**
 * The page says something new: it is read from its top.
 * @param {string} title
 */
function begin(title) {
  document.title = title;
  scrollTo(0, 0);
  const first = /** @type {HTMLElement | null} */ (main.querySelector("[data-focus]") ?? main.querySelector("h1"));
  first?.setAttribute("tabindex", "-1");
  first?.focus();
}

function heading() {
  return main.querySelector("h1")?.textContent ?? "";
}

main.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (event.defaultPrevented || !form.action.endsWith("/quiz")) return;
  event.preventDefault();
  if (main.hasAttribute("aria-busy")) return;
  const body = new URLSearchParams(/** @type {any} */ (new FormData(form)));
  /* Without a connection the browser says so itself; the same answer twice is one. */
  ask(form.action, { method: "POST", body }).catch(() => form.submit());
});

main.addEventListener("click", (event) => {
  const link = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest("a.btn"));
  if (!link || !link.pathname.endsWith("/quiz")) return;
  event.preventDefault();
  const then = /** @type {HTMLTemplateElement | null} */ (main.querySelector("[data-then]"));
  if (then) {
    /* It came with the feedback. The title begins with the heading. */
    const given = heading();
    main.querySelector("[data-given]")?.remove();
    then.replaceWith(then.content);
    return begin(document.title.replace(given, heading()));
  }
  if (!main.hasAttribute("aria-busy")) ask(link.href, {}).catch(() => location.assign(link.href));
});
