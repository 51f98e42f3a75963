// A pair: both products side by side, what differs, why the model scores it so, and what else the left one is near to.
import { ask, productAddress, send } from "./api.js";
import { neighbourCard } from "./cards.js";
import { find, say } from "./dom.js";
import { showReasons, showSides, verdict } from "./shown_pair.js";

const asked = new URLSearchParams(location.search);

async function rivals(left, right) {
  const found = await ask(productAddress(left, "/neighbours", { k: 7 }));
  const others = found.neighbours.filter((one) => String(one.id) !== String(right)).slice(0, 6);
  find("rivalled").hidden = others.length === 0;
  find("rivals").replaceChildren(...others.map((one) => neighbourCard(one, left)));
}

async function show() {
  const [left, right] = [asked.get("left"), asked.get("right")];
  if (!left || !right) return say("The address names no pair: ?left=ID&right=ID", true);
  const pair = await send("/pairs/explain", { left, right });
  showSides(pair);
  verdict(pair);
  showReasons(pair.explanation);
  say("");
  await rivals(left, right);
}

show().catch((error) => say(error.message, true));
