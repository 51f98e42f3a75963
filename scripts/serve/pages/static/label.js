// Labelling: a pair is shown without score or reason, a key answers it, and only then is said what the model makes of it. What is in
// dispute is asked with what reviewers said of it.
import { ask, pairAddress, send } from "./api.js";
import { picture } from "./cards.js";
import { find, make, number, say } from "./dom.js";
import { fieldRows } from "./fields.js";
import { trend } from "./trend.js";
import { inTurn } from "./turns.js";

const KEYS = { y: "match", n: "no match", u: "unsure" };
const SAID = { match: "the same", "no match": "not the same", unsure: "cannot tell" };
const AGAIN_MS = 1500;
const MOST_PICTURES = 6;
const part = find("wanted").elements.part;
let asked = null;
let place = 0; // so many disputes were passed over

function side(product, name) {
  const pictures = Array.from({ length: Math.max(1, Math.min(MOST_PICTURES, product.pictures)) }, (_, place) => picture(product, place === 0 ? 384 : 192, place));
  return make("section", { className: "side", ariaLabel: name }, make("div", { className: "pictures" }, ...pictures));
}

const disputing = () => part.value === "disputes";

function show(found) {
  const { pair, progress, verdicts } = found;
  asked = pair;
  place = found.place ?? 0;
  const disputes = disputing() ? `; ${found.disputes} in dispute` : "";
  find("progress").textContent = `${progress.asked} of ${progress.total} labelled, ${progress.own} by you, ${progress.matches} matches; ${progress.note}${disputes}`;
  find("trend").replaceChildren(...trend(progress.estimates));
  find("said").replaceChildren(...Object.entries(verdicts ?? {}).map(([name, verdict]) => make("li", {}, make("b", {}, name), ` ${SAID[verdict]}`)));
  find("pass").hidden = !disputing();
  find("done").max = Math.max(1, progress.total);
  find("done").value = progress.asked;
  find("question").hidden = pair === null;
  for (const button of find("keys").querySelectorAll("[data-verdict], #pass")) button.disabled = pair === null;
  if (pair === null) return say(disputing() && found.disputes ? "That is the end; what you passed over is still in dispute." : disputing() ? "Nothing is in dispute." : "There is nothing more to ask.");
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

const turn = inTurn((error) => say(error.message, true));

// Where what is shown is not what is asked any more, it is asked anew.
function once(work) {
  turn.once(async () => {
    try {
      await work();
    } catch (error) {
      if (error.status === 409 && asked !== null) await refresh();
      throw error;
    }
  });
}

async function refresh() {
  for (;;) {
    try {
      return show(await ask(disputing() ? `/labels/disputes?after=${place}` : "/labels/next"));
    } catch (error) {
      if (error.status !== 503 && error.status !== 504) throw error;
      say("The questions are being prepared…");
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

async function answer(verdict) {
  if (asked === null) return;
  const told = { left: asked.left.id, right: asked.right.id, verdict };
  const found = disputing() ? await send("/labels/disputes", { ...told, after: place }) : await send("/labels", told);
  show(found);
  reveal(verdict, found.answered);
}

async function undo() {
  show(await send(disputing() ? "/labels/disputes/undo" : "/labels/undo", {}));
  find("revealed").hidden = true;
  say("Taken back: this pair is asked again.");
}

async function passOver() {
  if (!disputing() || asked === null) return;
  show(await ask(`/labels/disputes?after=${place + 1}`));
}

async function agreement() {
  const found = await ask("/labels/agreement");
  const alpha = found.alpha === null ? "undefined" : number(found.alpha);
  find("agreement").textContent = `${found.pairs} pairs are judged by two or more who are sure, ${found.disputes.length} of them are in dispute; Krippendorff's alpha ${alpha}`;
  find("kappas").hidden = found.kappas.length === 0;
  find("kappas").tBodies[0].replaceChildren(...found.kappas.map((one) => make("tr", {}, make("th", { scope: "row" }, `${one.first} and ${one.second}`),
    ...[String(one.pairs), number(one.agreed), number(one.kappa)].map((value) => make("td", { className: "n" }, value)))));
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.target.matches("select")) return;
  const key = event.key.toLowerCase();
  if (key in KEYS) once(() => answer(KEYS[key]));
  else if (key === "s") once(passOver);
  else if (key === "z") once(undo);
});
for (const button of find("keys").querySelectorAll("[data-verdict]")) button.addEventListener("click", () => once(() => answer(button.dataset.verdict)));
find("undo").addEventListener("click", () => once(undo));
find("pass").addEventListener("click", () => once(passOver));
find("facts").addEventListener("toggle", () => find("facts").open && agreement().catch((error) => say(error.message, true)));
find("wanted").addEventListener("submit", (event) => event.preventDefault());
part.addEventListener("change", () => {
  part.blur();
  turn.next(() => {
    find("revealed").hidden = true;
    place = 0;
    return refresh();
  });
});
once(refresh);
