// Explanations of technical words: shown while their button is pointed at, focused or pressed.

import { html } from "./dom.js";

/** Buttons carry data-term; `meanings` maps it to a sentence. */
export function explainTerms(buttons, meanings) {
  const tip = html("div", { class: "tip", role: "tooltip", id: "term-tip", hidden: true });
  document.body.append(tip);
  const hide = () => {
    tip.hidden = true;
  };
  const show = (button) => {
    tip.textContent = meanings[button.dataset.term] ?? "";
    tip.hidden = false;
    const box = button.getBoundingClientRect();
    const left = Math.max(8, Math.min(box.left, document.documentElement.clientWidth - tip.offsetWidth - 8));
    const above = box.bottom + tip.offsetHeight + 12 > window.innerHeight;
    tip.style.left = `${left}px`;
    tip.style.top = `${above ? box.top - tip.offsetHeight - 6 : box.bottom + 6}px`;
  };
  for (const button of buttons) {
    button.setAttribute("aria-describedby", tip.id);
    for (const event of ["pointerenter", "focus", "click"]) button.addEventListener(event, () => show(button));
    for (const event of ["pointerleave", "blur"]) button.addEventListener(event, hide);
  }
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
  window.addEventListener("scroll", hide, { passive: true });
}
