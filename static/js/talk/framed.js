// In another page's frame the keyboard is ours: tell that page when its visitor wants out.
document.addEventListener("keydown", ({ key }) => {
  if (key === "Escape") {
    window.parent.postMessage("talk:close", "*");
  }
});
