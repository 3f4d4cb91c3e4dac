// A button that opens a talk with an agent: <script src="https://…/widget.js" data-agent="…" defer></script>
(() => {
  const script = document.currentScript;
  const slug = script?.dataset.agent;
  if (!slug) {
    return;
  }
  const label = script.dataset.label || "Talk to us";
  const server = new URL(script.src).origin;
  const STYLE = `
    :host { all: initial; }
    button, .box { position: fixed; right: 20px; z-index: 2147483000; font: 600 15px/1.2 system-ui, sans-serif; }
    button { bottom: 20px; display: flex; align-items: center; gap: 8px; min-height: 48px; padding: 0 20px; border: 0;
      border-radius: 24px; background: #0b6461; color: #fff; cursor: pointer; box-shadow: 0 4px 16px rgb(0 0 0 / 22%); }
    button:hover { background: #084e4b; }
    button:focus-visible { outline: 3px solid #62c9bf; outline-offset: 2px; }
    svg { width: 20px; height: 20px; fill: none; stroke: currentColor; stroke-width: 1.75; stroke-linecap: round; }
    .box { bottom: 80px; width: min(380px, calc(100vw - 40px)); height: min(600px, calc(100vh - 110px));
      border-radius: 16px; overflow: hidden; background: #faf8f4; box-shadow: 0 12px 40px rgb(0 0 0 / 28%); }
    iframe { width: 100%; height: 100%; border: 0; }`;
  const MICROPHONE =
    "M12 3.5a2.8 2.8 0 0 0-2.8 2.8v5a2.8 2.8 0 0 0 5.6 0v-5A2.8 2.8 0 0 0 12 3.5zM6 11a6 6 0 0 0 12 0M12 17v3.5";

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  root.adoptedStyleSheets = [sheet];

  const button = document.createElement("button");
  button.type = "button";
  button.setAttribute("aria-expanded", "false");
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", MICROPHONE);
  icon.append(shape);
  button.append(icon, label);
  root.append(button);

  let box = null;
  let frame = null;
  function open() {
    box = document.createElement("div");
    box.className = "box";
    frame = document.createElement("iframe");
    frame.title = label;
    frame.allow = "microphone; autoplay; speaker-selection";
    frame.src = `${server}/talk/${encodeURIComponent(slug)}?frame=1`;
    box.append(frame);
    root.append(box);
    button.setAttribute("aria-expanded", "true");
    frame.focus();
  }

  // Taking the frame away closes its socket: that hangs up.
  function close() {
    box?.remove();
    box = null;
    button.setAttribute("aria-expanded", "false");
  }

  button.addEventListener("click", () => (box ? close() : open()));
  function leave() {
    if (box) {
      close();
      button.focus();
    }
  }
  document.addEventListener("keydown", ({ key }) => key === "Escape" && leave());
  window.addEventListener("message", ({ data, origin, source }) => {
    if (data === "talk:close" && origin === server && source === frame?.contentWindow) {
      leave();
    }
  });
  const show = () => document.body.append(host);
  document.body ? show() : document.addEventListener("DOMContentLoaded", show);
})();
