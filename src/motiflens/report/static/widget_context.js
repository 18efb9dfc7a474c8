// What the live view's parts share in a notebook: as context.js in a report, but given instead of read from the page.

const given = $given;

export const one = (selector, within = given.root) => within.querySelector(selector);
export const all = (selector, within = given.root) => [...within.querySelectorAll(selector)];
export const data = given.data;
export const classColour = (name) => `class-${(Math.max(0, data.classes.indexOf(name)) % 6) + 1}`;
export const fileName = (...parts) => [data.run, ...parts].join(".").replace(/[^\w.-]+/g, "_");
