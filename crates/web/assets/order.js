/* A payment's page: opens the messenger's payment sheet, and asks our server what became of it. Nothing else counts. */

/**
 * The messenger's bridge, where there is one.
 * @typedef {{ invoke(name: string, ask: object, done: (answer: { err_msg: string }) => void): void }} Bridge
 */

const order = /** @type {HTMLElement} */ (document.querySelector("[data-order]"));
const waited = /** @type {HTMLElement | null} */ (order.querySelector("[data-waited]"));
const button = /** @type {HTMLElement | null} */ (document.querySelector("[data-wechat]"));
let seconds = Number(waited?.dataset.from ?? 0);

async function ask() {
  try {
    const answer = await fetch(order.dataset.order ?? "", { headers: { accept: "application/json" } });
    if (answer.ok) {
      const news = /** @type {{ word: string, next: string }} */ (await answer.json());
      const word = "order-" + news.word.replaceAll("_", "-");
      if (word !== order.dataset.word || news.next !== location.pathname) return location.replace(news.next);
    }
  } catch {
    /* Ask again. */
  }
  setTimeout(ask, 1000);
}

if ("alive" in order.dataset) {
  setTimeout(ask, 700);
  if (waited) {
    setInterval(() => {
      seconds += 1;
      waited.textContent = (waited.dataset.text ?? "").replace("{s}", String(seconds));
    }, 1000);
  }
}

function open() {
  const bridge = /** @type {{ WeixinJSBridge?: Bridge }} */ (window).WeixinJSBridge;
  if (!bridge || !button) return;
  button.hidden = false;
  document.querySelector("[data-cashier]")?.remove();
  button.addEventListener("click", () => {
    const sheet = button.dataset;
    const data = {
      appId: sheet.app,
      timeStamp: sheet.time,
      nonceStr: sheet.nonce,
      package: sheet.package,
      signType: sheet.type,
      paySign: sheet.sign,
    };
    /* Whatever the sheet answers, only our server knows: it is asked with the page. */
    bridge.invoke("getBrandWCPayRequest", data, () => location.replace((sheet.back ?? "") + "?paid=1"));
  });
}

if ("WeixinJSBridge" in window) open();
else document.addEventListener("WeixinJSBridgeReady", open);
