// The report: theme, navigation, and the start of its sections.

import { SequenceSection } from "./browse.js";
import { showMotif, startMotifs, startUnsupported } from "./cards.js";
import { all, data, one, read } from "./context.js";
import { explainTerms } from "./terms.js";

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

startTheme();
startNavigation();
const cards = startMotifs();
startUnsupported();
if (data.browser) {
  const section = new SequenceSection((name) => showMotif(cards, name));
  for (const card of cards) card.onfind = (name) => section.find(name);
}
explainTerms(all("button.term"), read("meanings"));
addEventListener("beforeprint", () => {
  cards.forEach((card) => card.open(true));
  for (const details of all("details")) details.open = true;
});
