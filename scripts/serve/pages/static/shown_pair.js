// Two products side by side, and why the model scores them so: what the pages of a pair and of reviews show alike.
import { bars, picture } from "./cards.js";
import { find, make, number } from "./dom.js";
import { fieldRows } from "./fields.js";

const MOST_PICTURES = 8;

export function side(product, name) {
  const pictures = Array.from({ length: Math.min(MOST_PICTURES, product.pictures) }, (_, place) => picture(product, place === 0 ? 384 : 192, place));
  if (pictures.length === 0) pictures.push(picture(product, 192));
  return make("section", { className: "side", ariaLabel: name },
    make("div", { className: "pictures" }, ...pictures),
    make("h2", {}, product.title || "no title"),
    make("p", { className: "id" }, make("a", { href: `/?${new URLSearchParams({ id: product.id })}` }, String(product.id))));
}

export function showSides(pair) {
  find("sides").replaceChildren(side(pair.left, "left"), side(pair.right, "right"));
  find("fields").replaceChildren(...fieldRows(pair.fields));
  find("compared").hidden = false;
}

export function verdict(pair) {
  const found = pair.explanation;
  const place = find("verdict");
  place.hidden = false;
  place.replaceChildren(bars(pair.cosines));
  if (found === null) return;
  place.prepend(make("p", { className: "decision" },
    make("span", { className: found.match ? "tag good" : "tag bad" }, found.match ? "a match" : "no match"),
    make("b", {}, number(found.probability)), " probability",
    make("span", { className: "hint" }, ` score ${number(found.score)}, ${limit(found.threshold)} (${found.category})`)));
}

export function limit(threshold) {
  return threshold === null ? "nothing is called a match there" : `threshold ${number(threshold)}`;
}

export function showReasons(found) {
  find("reasoned").hidden = found === null;
  if (found === null) return;
  for (const name of ["for", "against"]) {
    const told = found[name].map((reason) => make("li", {}, make("b", { className: "n" }, signed(reason.added)), " ", reason.words));
    find(name).replaceChildren(...(told.length ? told : [make("li", { className: "hint" }, "nothing")]));
  }
  find("waterfall").replaceChildren(...waterfall(found));
}

export function signed(value) {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

// Each row begins where the one before it ended: from where the log-odds start to where they end.
function waterfall(found) {
  const shown = found.families.filter((family) => Math.abs(family.added) >= 0.005);
  const steps = [{ name: "start", from: 0, to: found.base }];
  for (const family of shown) {
    const from = steps.at(-1).to;
    steps.push({ name: family.family, from, to: from + family.added });
  }
  const rest = found.families.reduce((sum, family) => sum + family.added, found.base) - steps.at(-1).to;
  if (Math.abs(rest) >= 0.005) steps.push({ name: "all others", from: steps.at(-1).to, to: steps.at(-1).to + rest });
  const end = steps.at(-1).to;
  steps.push({ name: "log-odds", from: 0, to: end });
  const low = Math.min(...steps.flatMap((step) => [step.from, step.to]));
  const width = Math.max(...steps.flatMap((step) => [step.from, step.to])) - low || 1;
  return steps.map((step) => {
    const whole = step.name === "start" || step.name === "log-odds";
    const bar = make("i", { className: whole ? "whole" : step.to >= step.from ? "up" : "down" });
    bar.style.marginInlineStart = `${((Math.min(step.from, step.to) - low) / width) * 100}%`;
    bar.style.width = `${Math.max(0.4, (Math.abs(step.to - step.from) / width) * 100)}%`;
    const drawn = make("td", { ariaHidden: "true", className: "drawn" }, bar);
    return make("tr", {}, make("th", { scope: "row" }, step.name), drawn, make("td", { className: "n" }, signed(step.to - (whole ? 0 : step.from))));
  });
}
