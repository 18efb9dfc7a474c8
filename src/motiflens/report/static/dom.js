// Small helpers to build HTML and SVG; text always enters as text, never as markup.

const SVG = "http://www.w3.org/2000/svg";

function build(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

export function svg(tag, attributes = {}, ...children) {
  return build(document.createElementNS(SVG, tag), attributes, children);
}

export function html(tag, attributes = {}, ...children) {
  return build(document.createElement(tag), attributes, children);
}

/** Round numbers between low and high, `count` of them or a few less. */
export function ticks(low, high, count) {
  const span = high - low;
  if (!(span > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(span / count));
  const step = [1, 2, 5, 10].map((unit) => unit * power).find((unit) => span / unit <= count);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

/** A number with a true minus sign. */
export function signed(value, digits) {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return (value < 0 ? "\u2212" : "+") + text;
}

/** "0.041", or "1.2 × 10⁻⁸" where small. */
export function pValue(value) {
  if (value === null || value === undefined) return "\u2013";
  if (value >= 0.001) return String(Number(value.toPrecision(2)));
  if (value === 0) return "< 10\u207B\u00B3\u2070\u2070";
  const [mantissa, exponent] = value.toExponential(1).split("e-");
  const raised = [...exponent].map((digit) => "\u2070\u00B9\u00B2\u00B3\u2074\u2075\u2076\u2077\u2078\u2079"[digit]).join("");
  return `${mantissa} \u00D7 10\u207B${raised}`;
}
