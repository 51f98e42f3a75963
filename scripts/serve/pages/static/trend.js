// A trend is drawn as a line over the labels, with its first and last value in words.
import { make, number } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, EDGE] = [320, 64, 4];

function drawn(name, properties) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(properties)) element.setAttribute(key, value);
  return element;
}

// `estimates` are couples of labels and F1, the oldest first.
export function trend(estimates) {
  if (estimates.length < 2) return [make("p", { className: "hint" }, "The trend of the estimated F1 is drawn after the second batch.")];
  const [first, last] = [estimates[0], estimates.at(-1)];
  const values = estimates.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const along = (labels) => EDGE + ((labels - first[0]) / (last[0] - first[0] || 1)) * (WIDTH - 2 * EDGE);
  const up = (value) => HEIGHT - EDGE - ((value - low) / (high - low || 1)) * (HEIGHT - 2 * EDGE);
  const told = `F1 by its own estimate: ${number(first[1], 2)} at ${first[0]} labels, ${number(last[1], 2)} at ${last[0]}; between ${number(low, 2)} and ${number(high, 2)}`;
  const line = drawn("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "trend", role: "img", "aria-label": told });
  line.append(drawn("polyline", { points: estimates.map(([labels, value]) => `${along(labels).toFixed(1)},${up(value).toFixed(1)}`).join(" ") }));
  line.append(drawn("circle", { cx: along(last[0]).toFixed(1), cy: up(last[1]).toFixed(1), r: 3 }));
  return [line, make("p", { className: "hint" }, told)];
}
