// Decisions about groups: how one is told, how it is taken back, and how a name or an id leads to a group.
import { ask, Refused, send } from "./api.js";
import { make } from "./dom.js";

const AGAIN_MS = 1500;

export function groupAddress(name, more = {}) {
  return `/group?${new URLSearchParams({ name, ...more })}`;
}

// The groups are read when the server starts: until then it says so, and is asked again.
export async function askGroups(address, waiting) {
  for (;;) {
    try {
      return await ask(address);
    } catch (error) {
      if (error.status !== 503) throw error;
      waiting();
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

// Words are a group's name, or else the id of a product.
export async function nameOf(words) {
  const found = await ask(`/grouped?${new URLSearchParams({ words })}`);
  if (found === null) throw new Refused(404, `There is no group of this name, and no product of this id: ${words}`);
  return found.group;
}

function told(decision) {
  const [one, other] = decision.sizes;
  if (decision.kind === "lock") return `locked: ${one} products stay together`;
  if (decision.kind === "merge") return `merged: ${one} and ${other} products are one group`;
  return `split: ${one} of ${one + other} products are kept apart from the others`;
}

function button(words, work, doing) {
  const made = make("button", { type: "button" }, words);
  made.addEventListener("click", () => {
    made.disabled = true;
    doing(() => work().catch((error) => {
      made.disabled = false;
      throw error;
    }));
  });
  return made;
}

function read(title) {
  return title ? `“${title}”` : "without a title";
}

// A shop may give an id to another product, of which nobody decided.
function retitled(decision) {
  if (!decision.retitled) return null;
  const { id, seen, now } = decision.example;
  const many = decision.retitled === 1 ? "1 product reads" : `${decision.retitled} products read`;
  return make("p", { className: "warning" }, `${many} otherwise than when this was decided: ${id} was ${read(seen)}, and is ${read(now)} now.`);
}

// `doing` is called with what takes it back or confirms it, when that is asked for, and what is to be said of it then; `index` is the one
// that its products were told from.
export function decisionRow(decision, index, decides, doing) {
  const back = button("take back", () => takeBack(decision.number), (work) => doing(work, `Decision ${decision.number} is taken back.`));
  const still = decision.retitled ? button("still holds", () => send("/decisions/confirm", { number: decision.number, index }), (work) => doing(work, `Decision ${decision.number} still holds.`)) : null;
  const when = make("time", { dateTime: decision.at }, new Date(decision.at).toLocaleString());
  const state = make("span", { className: decision.pending ? "tag bad" : "tag good" }, decision.pending ? "not applied yet" : "holds");
  const places = decision.groups.flatMap((name, place) => [place ? ", " : "in ", make("a", { href: groupAddress(name) }, name)]);
  const gone = decision.gone ? `; ${decision.gone} in no group of the file` : "";
  return make("li", {}, make("div", {}, `${told(decision)} `, state, make("p", { className: "hint" }, `${decision.number}: ${decision.reviewer}, `, when, " ", ...places, gone), retitled(decision)), decides ? still : null, decides ? back : null);
}

export function takeBack(number) {
  return send("/decisions/undo", { number });
}
