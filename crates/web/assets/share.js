/* Hands the card to the messenger. Failing loses sharing from the menu, and nothing else. */

/**
 * @typedef {{ config(ask: object): void, ready(then: () => void): void,
 *   updateAppMessageShareData(card: object): void, updateTimelineShareData(card: object): void }} Messenger
 */

const card = /** @type {HTMLElement} */ (document.querySelector("[data-share]"));

if (card.dataset.sign && /MicroMessenger/i.test(navigator.userAgent)) {
  const script = document.createElement("script");
  script.src = "https://res.wx.qq.com/open/js/jweixin-1.6.0.js";
  script.onload = () => {
    const wx = /** @type {{ wx?: Messenger }} */ (window).wx;
    if (!wx) return;
    const { app, time, nonce, sign, title, text, link } = card.dataset;
    const jsApiList = ["updateAppMessageShareData", "updateTimelineShareData"];
    wx.config({ appId: app, timestamp: Number(time), nonceStr: nonce, signature: sign, jsApiList });
    wx.ready(() => {
      wx.updateAppMessageShareData({ title, desc: text, link });
      wx.updateTimelineShareData({ title, link });
    });
  };
  document.head.append(script);
}
