// The language of samples that is chosen in one place is chosen in all, and on the next page.
document.addEventListener("change", (event) => {
  const chosen = event.target;
  if (!chosen.matches("[data-docs-tab]")) return;
  const before = chosen.getBoundingClientRect().top;
  for (const each of document.querySelectorAll("[data-docs-tab]")) each.checked = each.value === chosen.value;
  // Samples above have another height now: what was clicked stays where it is.
  scrollBy({ top: chosen.getBoundingClientRect().top - before, behavior: "instant" });
  document.cookie = `docs_language=${chosen.value}; path=/docs; max-age=31536000; samesite=lax`;
});
