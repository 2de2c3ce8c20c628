/* What every page gets from a script: nothing that it needs. */

document.documentElement.dataset.js = "";

/* A second tap on the same button sends nothing twice. The server would refuse it; this spares the person the page. */
document.addEventListener("submit", (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (event.defaultPrevented || form.method !== "post") return;
  if ("sent" in form.dataset) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "";
  form.setAttribute("aria-busy", "true");
});

/* A page that comes back from the browser's memory asks the server where things stand. */
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

/* After an answer the feedback is what has to be read next. */
const feedback = /** @type {HTMLElement | null} */ (document.querySelector("[data-focus]"));
feedback?.focus();

/* A page that only waits for the server looks again; without scripts the page refreshes itself. */
const again = /** @type {HTMLElement | null} */ (document.querySelector("[data-again]"));
/* Not by its own address: with a mark such as #main in it nothing would be loaded. */
if (again) setTimeout(() => location.reload(), Number(again.dataset.again));
