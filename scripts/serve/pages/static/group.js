// A group: its members, the link that it hangs on, and what is decided of it, by mouse or by keyboard.
import { ask, groupRoute, pairAddress, send } from "./api.js";
import { chips, picture } from "./cards.js";
import { askGroups, decisionRow, groupAddress, nameOf, takeBack } from "./decisions.js";
import { find, make, number, say } from "./dom.js";
import { inTurn } from "./turns.js";

const PAGE = 100;
const given = new URLSearchParams(location.search);
const asked = given.get("name");
const selected = new Map(); // by id as text
let group = null;

function titleOf(id) {
  const member = group.members.find((one) => String(one.id) === String(id));
  return member?.title || String(id);
}

function member(product, weak) {
  const id = String(product.id);
  const box = make("input", { type: "checkbox", checked: selected.has(id), "data-id": id, disabled: !group.decides });
  box.addEventListener("change", () => {
    if (box.checked) selected.set(id, product.id);
    else selected.delete(id);
    count();
  });
  const tags = [weak ? make("span", { className: "tag bad" }, "weakest link") : null, product.locked ? make("span", { className: "tag good" }, "locked") : null];
  const name = product.known ? product.title || "no title" : "not in the index";
  const links = product.known ? make("a", { href: `/?${new URLSearchParams({ id })}` }, "its neighbours") : null;
  const body = make("div", {}, make("label", { className: "title" }, box, " ", name), " ", ...tags, chips(product), make("p", { className: "links" }, links, make("span", { className: "id" }, id)));
  return make("li", { className: weak ? "card weak" : "card" }, picture(product, 192), body);
}

function showMembers() {
  const weak = group.weakest === null ? [] : [String(group.weakest.left), String(group.weakest.right)];
  const parts = new Map();
  for (const one of group.members) parts.set(one.part, [...(parts.get(one.part) ?? []), one]);
  const sections = [...parts.values()].map((members, place) => {
    const cards = members.map((one) => member(one, weak.includes(String(one.id))));
    const list = make("ul", { className: "cards", ariaLabel: parts.size > 1 ? `Part ${place + 1}` : "Members" }, ...cards);
    return make("section", {}, parts.size > 1 ? make("h2", {}, `Part ${place + 1}, as decided`) : null, list);
  });
  find("members").replaceChildren(...sections);
  find("more").hidden = group.members.length >= group.size;
  count();
}

function count() {
  find("selected").textContent = selected.size ? `${selected.size} selected` : "selected";
  find("split").disabled = selected.size === 0 || selected.size >= group.size;
}

function showWeakest() {
  const weak = group.weakest;
  find("weakest").hidden = weak === null;
  find("weaker").hidden = weak === null;
  if (weak === null) return;
  const falls = group.parts === 1 ? ` Without it the group falls into ${weak.sizes[0]} and ${weak.sizes[1]}.` : "";
  find("weakest").replaceChildren(
    make("p", { className: "decision" }, make("span", { className: "tag bad" }, "weakest link"), make("b", {}, number(weak.probability)), " probability"),
    make("p", {}, titleOf(weak.left), " – ", titleOf(weak.right), ".", falls, " ", make("a", { href: pairAddress(weak.left, weak.right) }, "side by side")));
}

function showLinks() {
  find("linked").hidden = !group.linked;
  const cut = group.links_total > group.links.length ? `, of which the weakest ${group.links.length} are shown` : "";
  find("links-told").textContent = `${group.links_total} scored pairs${cut}.`;
  find("links").replaceChildren(...group.links.map((link) => make("li", { className: link.weakest ? "weak" : "" },
    make("span", {}, titleOf(link.left)), make("span", {}, titleOf(link.right)),
    make("a", { className: "n", href: pairAddress(link.left, link.right), title: "side by side" }, number(link.probability)),
    make("span", {}, link.match ? "match" : "no match", link.weakest ? make("span", { className: "tag bad" }, "weakest") : null))));
}

function showNear() {
  find("nearby").hidden = group.near.length === 0;
  find("near").replaceChildren(...group.near.map((near) => {
    const merge = make("button", { type: "button" }, "merge with it…");
    merge.hidden = !group.decides;
    merge.addEventListener("click", () => once(() => openMerge(near.group)));
    const link = make("a", { href: groupAddress(near.group) }, near.group);
    const pair = make("a", { href: pairAddress(near.left, near.right) }, titleOf(near.left), ` – ${near.right}`);
    return make("li", {}, make("div", {}, link, `, ${near.size === 1 ? "1 product" : `${near.size} products`}: probability ${number(near.probability)} `, make("p", { className: "hint" }, pair)), merge);
  }));
}

function showDecided() {
  find("decided").hidden = group.decisions.length === 0;
  find("pending").hidden = !group.decisions.some((one) => one.pending);
  find("decisions").replaceChildren(...group.decisions.map((one) => decisionRow(one, group.index, group.decides, (work, said) => work().then(() => again(said)).catch(failed))));
}

function showAbout() {
  find("name").textContent = titleOf(group.members[0]?.id ?? asked);
  document.title = `${find("name").textContent} · heroic`;
  const facts = [`group ${group.group}`, group.size === 1 ? "1 product" : `${group.size} products`];
  if (group.locked) facts.push("locked");
  if (group.linked && group.parts > 1) facts.push(`${group.parts} parts that no match ties`);
  if (group.disagreements) facts.push(group.disagreements === 1 ? "1 link is no match" : `${group.disagreements} links are no match`);
  find("about").textContent = facts.join(" · ");
  find("keys").hidden = !group.decides;
  find("lock").disabled = group.locked || group.size < 2;
}

// Whoever reads with the keyboard stays where he was.
async function show() {
  const focused = document.activeElement?.dataset?.id;
  const limit = Math.max(PAGE, group?.members.length ?? 0);
  const found = await askGroups(groupRoute(asked, { limit: Math.min(500, limit) }), () => say("The groups are being read…"));
  const whole = [found];
  for (let offset = found.members.length; offset < limit && offset < found.size; offset += 500) {
    whole.push(await ask(groupRoute(asked, { limit: 500, offset })));
  }
  group = { ...found, members: whole.flatMap((one) => one.members) };
  for (const part of [showAbout, showWeakest, showMembers, showDecided, showNear, showLinks]) part();
  if (focused !== undefined) boxes().find((box) => box.dataset.id === focused)?.focus();
  say("");
}

async function again(message) {
  await show();
  say(message);
}

function boxes() {
  return [...find("members").querySelectorAll("input[type=checkbox]")];
}

function failed(error) {
  say(error.message, true);
}

const turn = inTurn(failed);

function once(work) {
  if (group !== null) turn.once(work);
}

async function decide(kind, more, message) {
  if (!group.decides) return;
  await send("/decisions", { kind, group: group.group, version: group.version, index: group.index, ...more });
  selected.clear();
  closeMerge();
  await again(message);
}

function split() {
  if (find("split").disabled) return say("Select the products to split off, some but not all.", true);
  const message = selected.size === 1 ? "1 product is split off." : `${selected.size} products are split off.`;
  return decide("split", { apart: [...selected.values()] }, message);
}

function weaker() {
  if (group.weakest === null) return say("There is no link in this group.", true);
  selected.clear();
  for (const id of group.weakest.smaller) selected.set(String(id), id);
  for (const box of boxes()) box.checked = selected.has(box.dataset.id);
  count();
  const most = group.weakest.smaller.length < group.weakest.sizes[0] ? ` of ${group.weakest.sizes[0]}` : "";
  say(`${selected.size}${most} products of the smaller side are selected.`);
}

function lock() {
  if (find("lock").disabled) return say("This group is locked already, or has one product.", true);
  return decide("lock", {}, "Locked: these products stay together.");
}

async function undo() {
  const own = group.decisions.find((one) => one.reviewer === find("name").dataset.visitor);
  if (own === undefined) return say("There is no decision of yours about this group.", true);
  await takeBack(own.number);
  await again(`Decision ${own.number} is taken back.`);
}

async function openMerge(words = "") {
  if (!group.decides) return;
  find("merging").hidden = false;
  find("other").value = words;
  find("other").focus();
  if (words) await preview();
}

function closeMerge() {
  find("merging").hidden = true;
  find("preview").replaceChildren();
}

async function preview() {
  const other = await ask(groupRoute(await nameOf(find("other").value.trim()), { limit: 8 }));
  if (other.group === group.group) return say("This is the group itself: name another one.", true);
  const cards = other.members.map((one) => make("li", { className: "card" }, picture(one, 192), make("div", {}, make("p", { className: "title" }, one.title || "no title"), chips(one), make("p", { className: "id" }, String(one.id)))));
  const sure = make("button", { type: "button", className: "primary" }, `Merge these ${other.size} with the ${group.size}`);
  sure.addEventListener("click", () => once(() => merge(other)));
  const rest = other.size > cards.length ? make("p", { className: "hint" }, `and ${other.size - cards.length} more`) : null;
  find("preview").replaceChildren(...[make("ul", { className: "cards", ariaLabel: "Members of the other group" }, ...cards), rest, make("p", {}, sure)].filter((one) => one !== null));
  say("");
  sure.focus();
}

// The two were asked for one after the other.
function merge(other) {
  if (other.version !== group.version || other.index !== group.index) return say("The groups or the index were replaced since one of these was shown: load the page again.", true);
  return decide("merge", { other: other.group }, "Merged: these groups will be one.");
}

function step(by) {
  const all = boxes();
  const at = all.indexOf(document.activeElement);
  all.at(at < 0 ? (by > 0 ? 0 : -1) : Math.max(0, Math.min(all.length - 1, at + by)))?.focus();
}

// The list that led here goes on from here.
async function neighbours() {
  const [order, at] = [given.get("order"), Number(given.get("at"))];
  if (order === null || !Number.isSafeInteger(at)) return;
  find("all").href = `/groups?${new URLSearchParams({ order, offset: at - (at % 24) })}`;
  for (const [link, place] of [["previous", at - 1], ["next", at + 1]]) {
    if (place < 0) continue;
    const [other] = (await ask(`/groups?${new URLSearchParams({ order, offset: place, limit: 1 })}`)).found;
    if (other === undefined) continue;
    find(link).href = groupAddress(other.group, { order, at: place });
    find(link).hidden = false;
  }
}

const KEYS = { s: split, w: weaker, l: lock, z: undo, m: () => openMerge() };
const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const LINKS = { n: "next", p: "previous" };

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || (event.repeat && !(event.key in STEPS))) return;
  if (event.key === "Escape") return closeMerge();
  if (event.target === find("other") || group === null) return;
  const key = event.key.toLowerCase();
  if (event.key in STEPS && (event.target.type === "checkbox" || (event.target === document.body && !event.key.endsWith("Down") && !event.key.endsWith("Up")))) {
    event.preventDefault();
    step(STEPS[event.key]);
  } else if (key in KEYS && group.decides) {
    event.preventDefault();
    once(KEYS[key]);
  } else if (key in LINKS && !find(LINKS[key]).hidden) {
    location.assign(find(LINKS[key]).href);
  }
});
for (const [name, work] of [["split", split], ["weaker", weaker], ["lock", lock], ["undo", undo], ["merge", () => openMerge()]]) {
  find(name).addEventListener("click", () => once(work));
}
find("more").addEventListener("click", () => once(async () => {
  const found = await ask(groupRoute(asked, { limit: PAGE, offset: group.members.length }));
  group.members.push(...found.members);
  showMembers();
}));
find("merging").addEventListener("submit", (event) => {
  event.preventDefault();
  once(preview);
});
if (asked) show().then(neighbours).catch(failed);
else say("The address names no group: ?name=NAME", true);
