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

// `taking` is called with what takes it back, when that is asked for.
export function decisionRow(decision, decides, taking) {
  const back = make("button", { type: "button" }, "take back");
  back.addEventListener("click", () => {
    back.disabled = true;
    taking(() => takeBack(decision.number).catch((error) => {
      back.disabled = false;
      throw error;
    }));
  });
  const when = make("time", { dateTime: decision.at }, new Date(decision.at).toLocaleString());
  const state = make("span", { className: decision.pending ? "tag bad" : "tag good" }, decision.pending ? "not applied yet" : "holds");
  const places = decision.groups.flatMap((name, place) => [place ? ", " : "in ", make("a", { href: groupAddress(name) }, name)]);
  const gone = decision.gone ? `; ${decision.gone} in no group of the file` : "";
  return make("li", {}, make("div", {}, `${told(decision)} `, state, make("p", { className: "hint" }, `${decision.number}: ${decision.reviewer}, `, when, " ", ...places, gone)), decides ? back : null);
}

export function takeBack(number) {
  return send("/decisions/undo", { number });
}
