// A pair: both products side by side, what differs, why the model scores it so, and what else either is near to, and why not that.
import { ask, productAddress, send } from "./api.js";
import { neighbourCard } from "./cards.js";
import { find, make, number, say } from "./dom.js";
import { showReasons, showSides, signed, verdict } from "./shown_pair.js";

const MOST_RIVALS = 6;
const MOST_REASONS = 3; // for a rival, and as many against it
const asked = new URLSearchParams(location.search);

// Why a rival is not the one, or might be: asked of the model when somebody wants to know.
function why(own, rival) {
  const told = make("div", { ariaLive: "polite" }, "Looking…");
  const details = make("details", { className: "why" }, make("summary", {}, "why not this one?"), told);
  details.addEventListener("toggle", () => {
    send("/pairs/explain", { left: own, right: rival }).then(
      ({ explanation }) => told.replaceChildren(...reasons(explanation)),
      (error) => told.replaceChildren(error.message));
  }, { once: true });
  return details;
}

function reasons(found) {
  const list = (all) => all.slice(0, MOST_REASONS).map((one) => make("li", {}, make("b", { className: "n" }, signed(one.added)), " ", one.words));
  const verdict = make("p", {}, make("span", { className: found.match ? "tag good" : "tag bad" }, found.match ? "a match" : "no match"), ` probability ${number(found.probability)}`);
  const sides = [["Against", found.against], ["For", found.for]].filter(([, all]) => all.length);
  return [verdict, ...sides.flatMap(([name, all]) => [make("h3", {}, name), make("ul", {}, ...list(all))])];
}

async function rivals(own, other, name, explained) {
  const found = await ask(productAddress(own, "/neighbours", { k: MOST_RIVALS + 1 }));
  const others = found.neighbours.filter((one) => String(one.id) !== String(other)).slice(0, MOST_RIVALS);
  find(`${name}-rivalled`).hidden = others.length === 0;
  find(`${name}-rivals`).replaceChildren(...others.map((one) => {
    const card = neighbourCard(one, own);
    if (explained) card.append(why(own, one.id));
    return card;
  }));
}

async function show() {
  const [left, right] = [asked.get("left"), asked.get("right")];
  if (!left || !right) return say("The address names no pair: ?left=ID&right=ID", true);
  const pair = await send("/pairs/explain", { left, right });
  showSides(pair);
  verdict(pair);
  showReasons(pair.explanation);
  say("");
  await Promise.all([rivals(left, right, "left", pair.explanation !== null), rivals(right, left, "right", pair.explanation !== null)]);
}

show().catch((error) => say(error.message, true));
