// Review: pairs of a scores file with their score and the model's reasons; a key says what they are, a note says why.
import { ask, pairAddress, send } from "./api.js";
import { find, make, number, say } from "./dom.js";
import { limit, showReasons, showSides, verdict } from "./shown_pair.js";
import { inTurn } from "./turns.js";

const KEYS = { y: "match", n: "no match", u: "unsure" };
const SAID = { match: "the same", "no match": "not the same", unsure: "cannot tell" };
const AGAIN_MS = 1500;
const IDLE_MS = 15000; // after which it is looked again whether newer scores have something
const form = find("wanted");
let shown = null;
let lastNote = "";
let beyond = -1; // the row up to which pairs were passed over
let version; // of the scores that are shown

function wanted() {
  const { part, category, fresh } = form.elements;
  return { part: part.value, fresh: fresh.checked, ...(category.value && { category: category.value }) };
}

function from(after) {
  return { ...wanted(), after, ...(version && { version }) };
}

function told(progress) {
  const count = (value) => value.toLocaleString("en");
  const dispute = progress.disputed ? `, ${count(progress.disputed)} in dispute` : "";
  return `${count(progress.own)} by you, ${count(progress.decided)} of ${count(progress.queue)} decided by anybody${dispute}; ${count(progress.remaining)} to look at here`;
}

// Newer scores may have taken the place of those that were shown: the place in them is told with them.
function show(found) {
  const { pair, progress } = found;
  const newer = version !== undefined && found.version !== version;
  [version, beyond] = [found.version, found.after];
  if (newer) filters().catch((error) => say(error.message, true));
  shown = pair;
  find("progress").textContent = told(progress);
  find("done").max = Math.max(1, progress.queue);
  find("done").value = progress.decided;
  find("question").hidden = pair === null;
  find("again").hidden = pair !== null || progress.remaining === 0;
  for (const button of find("keys").querySelectorAll("[data-verdict], #pass")) button.disabled = pair === null;
  if (pair === null) return say(progress.remaining ? "That is the end; what you passed over is left." : "There is nothing more to look at here.");
  say(newer ? "Newer scores are looked at from here on." : "");
  filed(pair.filed, pair.shown.explanation);
  find("said").replaceChildren(...pair.said.map(saidRow));
  showSides(pair.shown);
  verdict(pair.shown);
  showReasons(pair.shown.explanation);
  scrollTo(0, 0);
}

function filed(one, explained) {
  const called = one.threshold !== null && one.score >= one.threshold;
  const alike = explained !== null && explained.score.toFixed(3) === one.score.toFixed(3);
  const probability = alike ? `, probability ${number(explained.probability)}` : "";
  const otherwise = explained !== null && !alike ? "; the model that is served scores it otherwise, below" : "";
  const parts = [
    make("span", { className: called ? "tag good" : "tag bad" }, called ? "a match" : "no match"),
    make("b", {}, number(one.score)), " score",
    make("span", { className: "hint" }, `${limit(one.threshold)} (${one.category})${probability}, in ${one.file}${otherwise}`)];
  if (one.fresh) parts.push(make("span", { className: "tag" }, "new"));
  find("filed").replaceChildren(...parts);
}

function saidRow(one) {
  const note = one.note ? [": ", make("q", {}, one.note)] : [];
  const pair = one.left === undefined ? [] : [" ", make("a", { href: pairAddress(one.left, one.right) }, `${one.left} and ${one.right}`)];
  return make("li", {}, make("b", {}, one.reviewer), ` ${SAID[one.verdict]}`, ...pair, ...note, " ", make("time", { className: "hint", dateTime: one.at }, new Date(one.at).toLocaleString()));
}

const { once, next } = inTurn((error) => say(error.message, true));

// What is asked while the scores are being read is asked again until they are.
async function patiently(address) {
  for (;;) {
    try {
      return await ask(address);
    } catch (error) {
      if (error.status !== 503 && error.status !== 504) throw error;
      say(error.message);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

// Without a place one begins anew, with what was passed over.
async function look(after) {
  const place = after === undefined ? { ...wanted(), after: -1 } : from(after);
  show(await patiently(`/review/next?${new URLSearchParams(place)}`));
}

async function answer(said) {
  if (shown === null) return;
  const { left, right } = shown.shown;
  const note = find("note").value;
  const after = form.elements.part.value === "disputes" ? shown.row : beyond; // a verdict need not end a dispute
  show(await send("/review", { left: left.id, right: right.id, verdict: said, note, then: from(after) }));
  lastNote = note;
  find("note").value = "";
}

async function undo() {
  show(await send("/review/undo", from(beyond)));
  find("note").value = lastNote;
  lastNote = "";
  say("Taken back: this is its pair.");
}

async function passOver() {
  if (shown === null) return;
  await look(shown.row);
  find("note").value = "";
}

async function facts() {
  const counts = await patiently("/review/counts");
  const parts = [[counts.missing, "without a product in the index"], [counts.odd, "of a product with itself or there already"], [counts.rows - counts.missing - counts.odd - counts.queue, "farther from a threshold than what is kept"]];
  const left = parts.filter(([count]) => count > 0).map(([count, why]) => `${count.toLocaleString("en")} ${why}`);
  find("file").textContent = `${counts.file}: ${counts.rows.toLocaleString("en")} pairs${left.length ? `, of which are not in the queue: ${left.join(", ")}` : ""}`;
  find("reviewers").replaceChildren(...counts.reviewers.map((one) => make("tr", {}, make("th", { scope: "row" }, one.reviewer),
    ...[one.match, one.no_match, one.unsure].map((count) => make("td", { className: "n" }, count.toLocaleString("en"))))));
  const notes = (await ask("/review/notes")).notes;
  find("notes").replaceChildren(...(notes.length ? notes.map(saidRow) : [make("li", { className: "hint" }, "no notes yet")]));
  return counts;
}

async function filters() {
  const counts = await facts();
  const { category, fresh } = form.elements;
  find("fresh").hidden = !counts.compared;
  fresh.checked &&= counts.compared; // else nothing would be shown, and nobody could ask for more
  const chosen = category.value;
  const options = counts.categories.map((one) => make("option", { value: one.category }, `${one.category} (${one.open.toLocaleString("en")} open)`));
  category.replaceChildren(category.options[0], ...options);
  if (counts.categories.some((one) => one.category === chosen)) category.value = chosen;
  return counts;
}

// Filters stand in the address, so that a reload looks at the same.
async function begin() {
  const counts = await filters();
  const asked = new URLSearchParams(location.search);
  for (const name of ["part", "category"]) {
    const known = [...form.elements[name].options].some((one) => one.value === asked.get(name));
    if (known) form.elements[name].value = asked.get(name);
  }
  form.elements.fresh.checked = counts.compared && asked.get("fresh") === "true";
  await look();
  setInterval(() => shown === null && !document.hidden && once(() => look(beyond)), IDLE_MS);
}

form.addEventListener("change", () => {
  history.replaceState(null, "", `?${new URLSearchParams(wanted())}`);
  document.activeElement.blur();
  next(() => look());
});
form.addEventListener("submit", (event) => event.preventDefault());
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
  if (event.target === find("note")) {
    if (event.key === "Enter" || event.key === "Escape") find("note").blur();
    return;
  }
  if (event.target.matches("input, select")) return;
  const key = event.key.toLowerCase();
  if (key in KEYS) once(() => answer(KEYS[key]));
  else if (key === "s") once(passOver);
  else if (key === "z") once(undo);
  else if (key === "m") {
    event.preventDefault();
    find("note").focus();
  }
});
for (const button of find("keys").querySelectorAll("[data-verdict]")) button.addEventListener("click", () => once(() => answer(button.dataset.verdict)));
find("pass").addEventListener("click", () => once(passOver));
find("undo").addEventListener("click", () => once(undo));
find("begin").addEventListener("click", () => once(() => look()));
find("facts").addEventListener("toggle", () => find("facts").open && facts().catch((error) => say(error.message, true)));
once(begin);
