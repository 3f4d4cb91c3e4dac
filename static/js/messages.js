// Messages: `data-dismiss` closes the one it is in. `say` shows one, for other modules.

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dismiss]");
  button?.closest("[data-toast]")?.remove();
});

export function say(text, tone = "") {
  const toast = document.createElement("div");
  toast.className = tone ? `note toast note-${tone}` : "note toast";
  toast.dataset.toast = "";
  const words = document.createElement("span");
  words.textContent = text;
  toast.append(words);
  document.getElementById("messages")?.append(toast);
  setTimeout(() => toast.remove(), 8000);
}

// A part that could not be loaded says so; htmx itself would leave the page as it is.
document.addEventListener("htmx:responseError", (event) => {
  const title = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html").querySelector("h1 ~ p, p");
  say(title?.textContent?.trim() || `${event.detail.xhr.status} ${event.detail.xhr.statusText}`, "bad");
});
document.addEventListener("htmx:sendError", () => say(document.documentElement.dataset.offline || "The server cannot be reached.", "bad"));
