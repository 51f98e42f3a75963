// The search: a text, an id or a picture goes out, neighbours come back. What is asked stands in the address, but for a picture.
import { ask, productAddress, send } from "./api.js";
import { chips, neighbourCard, picture } from "./cards.js";
import { find, make, say } from "./dom.js";

const form = find("search");
let file = null;
let running = new AbortController();

function filters() {
  const given = [...new FormData(form)].filter(([name, value]) => name !== "q" && typeof value === "string" && value.trim());
  return new URLSearchParams(given);
}

// What was asked before is given up, so that its answer does not come after this one's.
function instead() {
  running.abort();
  running = new AbortController();
  return running.signal;
}

async function search(words, isId, filtered) {
  const signal = instead();
  if (!words && file === null) return clear("");
  say("Searching…");
  try {
    await show(await (isId && file === null ? byId(words, filtered, signal) : byContent(words, filtered, signal)), signal);
  } catch (error) {
    if (error.name !== "AbortError") clear(error.message, true);
  }
}

function byId(id, filtered, signal) {
  return ask(productAddress(id, "/neighbours", filtered), { signal });
}

function byContent(words, filtered, signal) {
  const content = new FormData();
  if (words) content.append("text", words);
  if (file !== null) content.append("picture", file);
  for (const [name, value] of filtered) content.append(name, value);
  return send("/search", content, { signal });
}

function clear(message, wrong = false) {
  find("results").replaceChildren();
  find("results").ariaBusy = "false";
  find("asked").hidden = true;
  say(message, wrong);
}

async function show(found, signal) {
  const id = found.query.id ?? null;
  find("results").replaceChildren(...found.neighbours.map((one) => neighbourCard(one, id)));
  say([`${found.neighbours.length} neighbours in the ${found.view} view`, ...found.notes].join(". "));
  await showAsked(id, signal);
  find("results").ariaBusy = "false";
}

async function showAsked(id, signal) {
  const place = find("asked");
  place.hidden = id === null;
  if (id === null) return;
  const product = await ask(productAddress(id), { signal });
  place.replaceChildren(make("div", { className: "card" }, picture(product, 192), make("div", {}, make("h2", {}, product.title || "no title"), chips(product), make("p", { className: "id" }, String(product.id)))));
}

// Words that are an id ask for that product; any others are a text.
async function submit() {
  find("results").ariaBusy = "true";
  const words = form.elements.q.value.trim();
  const filtered = filters();
  const isId = words !== "" && file === null && (await known(words, instead()));
  const address = new URLSearchParams(filtered);
  if (words) address.set(isId ? "id" : "text", words);
  history.pushState(null, "", `/?${address}`);
  await search(words, isId, filtered);
}

async function known(id, signal) {
  if (id.length > 1000) return false;
  return (await ask(`/known?${new URLSearchParams({ id })}`, { signal })).known;
}

function fromAddress() {
  const given = new URLSearchParams(location.search);
  form.elements.q.value = given.get("id") ?? given.get("text") ?? "";
  for (const name of ["category", "source", "not_source", "view", "k"]) {
    if (given.has(name)) form.elements[name].value = given.get(name);
  }
  find("filters").open = ["category", "source", "not_source", "view"].some((name) => given.has(name));
  return search(form.elements.q.value.trim(), given.has("id"), filters());
}

async function take(chosen) {
  file = chosen;
  find("forget").hidden = find("preview").hidden = file === null;
  if (file === null) {
    find("picture").value = "";
    return;
  }
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(96 / bitmap.width, 96 / bitmap.height);
    const pen = find("preview").getContext("2d");
    pen.clearRect(0, 0, 96, 96);
    pen.drawImage(bitmap, (96 - bitmap.width * scale) / 2, (96 - bitmap.height * scale) / 2, bitmap.width * scale, bitmap.height * scale);
  } catch {
    find("preview").hidden = true; // the server will say what is wrong with it
  }
  await submit();
}

async function offerNames() {
  const names = await ask("/names");
  for (const kind of ["categories", "sources"]) find(kind).replaceChildren(...names[kind].map((name) => make("option", { value: name })));
}

function guard(work) {
  return work.catch((error) => error.name === "AbortError" || say(error.message, true));
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  guard(submit());
});
find("picture").addEventListener("change", (event) => guard(take(event.target.files[0] ?? null)));
find("forget").addEventListener("click", () => guard(take(null).then(submit)));
for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    find("drop").classList.add("over");
  });
}
document.addEventListener("dragleave", () => find("drop").classList.remove("over"));
document.addEventListener("drop", (event) => {
  event.preventDefault();
  find("drop").classList.remove("over");
  const dropped = event.dataTransfer.files[0];
  if (dropped) guard(take(dropped));
});
addEventListener("popstate", () => guard(fromAddress()));
find("filters").addEventListener("toggle", () => guard(offerNames()), { once: true });
guard(fromAddress());
