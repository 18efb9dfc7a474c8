// What the report's own parts share: its data, its elements, its colours.

export const one = (selector, within = document) => within.querySelector(selector);
export const all = (selector, within = document) => [...within.querySelectorAll(selector)];
export const read = (id) => JSON.parse(document.getElementById(id).textContent);

export const data = read("data");
export const classColour = (name) => `class-${(Math.max(0, data.classes.indexOf(name)) % 6) + 1}`;
export const numbers = data.kind === "numbers";
export const fileName = (...parts) => [data.run, ...parts].join(".").replace(/[^\w.-]+/g, "_");

/** Turns a toggle button over; returns whether it is pressed now. */
export function toggle(button) {
  const pressed = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(pressed));
  return pressed;
}
