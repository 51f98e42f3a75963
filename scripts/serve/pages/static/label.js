// Labelling: a pair is shown without score or reason, a key answers it, and only then is said what the model makes of it.
import { ask, pairAddress, send } from "./api.js";
import { picture } from "./cards.js";
import { find, make, number, say } from "./dom.js";
import { fieldRows } from "./fields.js";

const KEYS = { y: "match", n: "no match", u: "unsure" };
const SAID = { match: "the same", "no match": "not the same", unsure: "cannot tell" };
const AGAIN_MS = 1500;
const MOST_PICTURES = 6;
let asked = null;
let busy = false;

function side(product, name) {
  const pictures = Array.from({ length: Math.max(1, Math.min(MOST_PICTURES, product.pictures)) }, (_, place) => picture(product, place === 0 ? 384 : 192, place));
  return make("section", { className: "side", ariaLabel: name }, make("div", { className: "pictures" }, ...pictures));
}

function show(found) {
  const { pair, progress } = found;
  asked = pair;
  find("progress").textContent = `${progress.asked} of ${progress.total} labelled, ${progress.matches} matches; ${progress.note}`;
  find("done").max = Math.max(1, progress.total);
  find("done").value = progress.asked;
  find("question").hidden = pair === null;
  for (const button of find("keys").querySelectorAll("[data-verdict]")) button.disabled = pair === null;
  if (pair === null) return say("There is nothing more to ask.");
  say("");
  find("sides").replaceChildren(side(pair.left, "left"), side(pair.right, "right"));
  find("fields").replaceChildren(...fieldRows(pair.fields));
}

function reveal(verdict, found) {
  const place = find("revealed");
  place.hidden = found === null;
  if (found === null) return;
  const reasons = [...found.for, ...found.against].map((reason) => make("li", {}, `${reason.added > 0 ? "+" : "−"}${Math.abs(reason.added).toFixed(2)} ${reason.words}`));
  place.replaceChildren(
    make("h2", {}, "Your last pair"),
    make("p", {}, `You said: ${SAID[verdict]}. The model: ${found.match ? "a match" : "no match"}, probability ${number(found.probability)}. `, make("a", { href: pairAddress(found.left, found.right) }, "side by side")),
    make("ul", {}, ...reasons));
}

// One thing at a time: a key that is pressed while an answer is under way is not for the next pair.
async function once(work) {
  if (busy) return;
  busy = true;
  try {
    await work();
  } catch (error) {
    if (error.status === 409 && asked !== null) await refresh();
    say(error.message, true);
  } finally {
    busy = false;
  }
}

async function refresh() {
  for (;;) {
    try {
      return show(await ask("/labels/next"));
    } catch (error) {
      if (error.status !== 503 && error.status !== 504) throw error;
      say("The questions are being prepared…");
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

async function answer(verdict) {
  if (asked === null) return;
  const found = await send("/labels", { left: asked.left.id, right: asked.right.id, verdict });
  show(found);
  reveal(verdict, found.answered);
}

async function undo() {
  show(await send("/labels/undo", {}));
  find("revealed").hidden = true;
  say("Taken back: this pair is asked again.");
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const key = event.key.toLowerCase();
  if (key in KEYS) once(() => answer(KEYS[key]));
  else if (key === "z") once(undo);
});
for (const button of find("keys").querySelectorAll("[data-verdict]")) button.addEventListener("click", () => once(() => answer(button.dataset.verdict)));
find("undo").addEventListener("click", () => once(undo));
once(refresh);
