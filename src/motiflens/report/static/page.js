// The report: theme, navigation, and the start of its sections.

import { SequenceSection } from "./browse.js";
import { showMotif, startMotifs } from "./cards.js";
import { all, data, one, read } from "./context.js";
import { startTaking } from "./take.js";
import { explainTerms } from "./terms.js";
import { startTrying } from "./live_page.js";

function startTheme() {
  const root = document.documentElement;
  const button = one("#theme");
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const name = () => button.setAttribute("aria-label", dark() ? "Switch to the light theme" : "Switch to the dark theme");
  button.addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    try {
      localStorage.setItem("motiflens-theme", root.dataset.theme);
    } catch {
      // not kept, then
    }
    name();
  });
  name();
}

/** Letters in colours that readers with red-green blindness tell apart, or in the classic ones. */
function startLetters() {
  const root = document.documentElement;
  const button = one("#letters");
  const show = () => button.setAttribute("aria-pressed", String(root.dataset.letters === "classic"));
  button.addEventListener("click", () => {
    root.dataset.letters = root.dataset.letters === "classic" ? "" : "classic";
    try {
      localStorage.setItem("motiflens-letters", root.dataset.letters);
    } catch {
      // not kept, then
    }
    show();
  });
  show();
}

function startNavigation() {
  const links = new Map(all("nav.sections a").map((link) => [one(link.getAttribute("href")), link]));
  const visible = new Set();
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) visible[isIntersecting ? "add" : "delete"](target);
      const current = [...links.keys()].find((section) => visible.has(section));
      for (const [section, link] of links) {
        if (section === current) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    },
    { rootMargin: "-20% 0px -60% 0px" },
  );
  for (const section of links.keys()) observer.observe(section);
}

/** What the address points at: edits to try ("#try=..."), a motif ("#motif_3"), a sequence ("#sequence=NAME"), or what a folded part holds. */
function follow(cards, section, trying) {
  if (trying?.follow(location.hash.slice(1))) return;
  const name = decodeURIComponent(location.hash.slice(1));
  if (name.startsWith("sequence=")) section?.showNamed(name.slice("sequence=".length));
  else if (cards.some(({ motif }) => motif.name === name)) showMotif(cards, name);
  else {
    const target = name && document.getElementById(name);
    const folded = target && (target.closest("details") ?? null);
    if (!folded) return;
    folded.open = true;
    target.scrollIntoView({ block: "start" });
  }
}

startTheme();
startLetters();
startNavigation();
startTaking();
const cards = startMotifs();
let section = null;
if (data.browser) {
  section = new SequenceSection((name) => {
    if (!cards.some(({ motif }) => motif.name === name)) location.hash = encodeURIComponent(name); // one that is set aside
    else showMotif(cards, name);
  });
  for (const card of cards) card.onfind = (name) => section.find(name);
}
const trying = startTrying(section);
explainTerms(all("button.term"), read("meanings"));
addEventListener("hashchange", () => follow(cards, section, trying));
if (location.hash) follow(cards, section, trying);
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']"); // a second press on the same address goes there again
  if (link && link.hash && link.hash === location.hash) follow(cards, section, trying);
});
addEventListener("beforeprint", () => {
  cards.forEach((card) => card.open(true));
  for (const details of all("details")) details.open = true;
});
