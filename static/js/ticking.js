// `<span data-since="2026-01-01T00:00:00Z">0:12</span>` counts on while it is on the page.
setInterval(() => {
  for (const clock of document.querySelectorAll("[data-since]")) {
    const passed = Math.max(0, Math.floor((Date.now() - Date.parse(clock.dataset.since)) / 1000));
    const hours = Math.floor(passed / 3600);
    const minutes = Math.floor(passed / 60) % 60;
    const seconds = String(passed % 60).padStart(2, "0");
    clock.textContent = hours ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
  }
}, 1000);
