// Light or dark: the reader's system decides until the reader does. Runs before the page is drawn.

(() => {
  const root = document.documentElement;
  try {
    const kept = localStorage.getItem("motiflens-theme");
    if (kept === "light" || kept === "dark") root.dataset.theme = kept;
    root.dataset.letters = localStorage.getItem("motiflens-letters") ?? "";
  } catch {
    // storage is closed to this page: the system decides
  }
  root.dataset.scripts = "on";
})();
