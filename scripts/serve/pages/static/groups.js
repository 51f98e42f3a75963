// Groups, the largest or the one with the weakest link first, and what was decided last.
import { ask } from "./api.js";
import { picture } from "./cards.js";
import { askGroups, decisionRow, groupAddress, nameOf } from "./decisions.js";
import { find, make, number, turnToSay } from "./dom.js";

const PAGE = 24;
const given = new URLSearchParams(location.search);
const order = given.get("order") === "weakest" ? "weakest" : "largest";
let asked = 0; // how many lists: the last one is shown
const offset = Math.max(0, Number.parseInt(given.get("offset") ?? "0", 10) || 0);

function card(group, place, linked) {
  const facts = [`${group.size} products`];
  if (linked) facts.push(group.weakest === null ? "no link" : `weakest link ${number(group.weakest)}`);
  if (linked && group.parts > 1) facts.push(`${group.parts} parts that no match ties`);
  if (group.disagreements) facts.push(group.disagreements === 1 ? "1 link is no match" : `${group.disagreements} links are no match`);
  if (group.decisions) facts.push(group.decisions === 1 ? "1 decision" : `${group.decisions} decisions`);
  const shown = group.members.find((member) => member.title) ?? group.members[0];
  return make("li", { className: "group" },
    make("div", { className: "strip" }, ...group.members.map((member) => picture(member, 96))),
    make("a", { className: "title", href: groupAddress(group.group, { order, at: place }) }, shown.title || "no title"),
    make("ul", { className: "chips", ariaLabel: "facts" }, ...facts.map((fact) => make("li", {}, fact))),
    make("p", { className: "id" }, group.group));
}

function lead(link, to) {
  find(link).href = `/groups?${new URLSearchParams({ order, offset: to })}`;
  find(link).hidden = false;
}

async function show(say) {
  const own = (asked += 1);
  for (const link of document.querySelectorAll("[data-order]")) if (link.dataset.order === order) link.ariaCurrent = "page";
  const found = await askGroups(`/groups?${new URLSearchParams({ order, offset, limit: PAGE })}`, () => say("The groups are being read…"));
  if (own !== asked) return;
  find("found").replaceChildren(...found.found.map((group, place) => card(group, offset + place, found.linked)));
  find("found").start = offset + 1;
  const many = found.groups.toLocaleString("en");
  say(found.found.length
    ? `${offset + 1} to ${offset + found.found.length} of ${many} groups of two and more, among ${found.products.toLocaleString("en")} products`
    : `There are ${many} groups of two and more products${offset ? ", none from here on" : ""}.`);
  if (offset > 0) lead("before", Math.max(0, offset - PAGE));
  if (offset + PAGE < found.groups) lead("after", offset + PAGE);
  if (found.decides) await showDecided();
}

async function showDecided() {
  const found = await ask("/decisions?limit=10");
  find("decided").hidden = false;
  const rows = found.decisions.map((one) => decisionRow(one, found.index, true, (work, said) => telling((say) => work().then(() => show(say)).then(() => say(said)))));
  const rest = found.total - rows.length;
  if (rest > 0) rows.push(make("li", { className: "hint" }, `and ${rest.toLocaleString("en")} before them`));
  find("decisions").replaceChildren(...(rows.length ? rows : [make("li", { className: "hint" }, "nothing yet")]));
}

function telling(work) {
  const say = turnToSay();
  return work(say).catch((error) => say(error.message, true));
}

find("jump").addEventListener("submit", (event) => {
  event.preventDefault();
  telling(() => nameOf(find("wanted").value.trim()).then((name) => location.assign(groupAddress(name))));
});
telling(show);
