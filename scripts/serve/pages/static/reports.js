// Reports: those of a folder, one as numbers, and what moved from one to another. The address says which is looked at.
import { ask } from "./api.js";
import { find, make, number, say } from "./dom.js";

const AGAIN_MS = 1500;
const asked = new URLSearchParams(location.search);
const count = (value) => value.toLocaleString("en");
const address = (name, rest = "") => `/reports/${encodeURIComponent(name)}${rest}`;
const signed = (value) => (value === null ? "–" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(4)}`);
const date = (text) => new Date(text).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
const range = (span, told = number) => (span === null ? "–" : `${told(span.low)} to ${told(span.high)}`);

function row(head, ...cells) {
  return make("tr", {}, make("th", { scope: "row" }, ...[head].flat()), ...cells.map((cell) => (cell instanceof Node ? cell : make("td", { className: "n" }, cell))));
}

function heads(...names) {
  find("heads").replaceChildren(make("tr", {}, ...names.map((name, place) => make("th", { scope: "col", className: place ? "n" : "" }, name))));
}

function figures(...told) {
  find("figures").replaceChildren(...told.map(([name, value, more]) => make("div", {}, make("dt", {}, name), make("dd", {}, make("b", {}, value), more ? make("span", { className: "hint" }, ` ${more}`) : ""))));
}

function opened(name, remarks, rows) {
  find("name").textContent = name;
  find("name").className = "";
  document.title = `${name} · ${document.title}`;
  find("remarks").textContent = remarks.filter(Boolean).join(" ");
  find("rows").replaceChildren(...rows);
  find("opened").hidden = false;
  say("");
}

const few = (one) => (one.small ? [" ", make("span", { className: "tag", title: "too few matches for a measurement" }, "few matches")] : []);

function measured(entry, found) {
  const { decisions, intervals } = found;
  const spans = intervals?.decisions?.precision ?? {};
  const calls = decisions.precision ?? { precision: null, recall: null, f1: null };
  const between = (span) => (span ? range(span) : "");
  figures(["weighted area", number(found.weighted, 4), between(intervals?.weighted)], ["precision", number(calls.precision), between(spans.precision)],
    ["recall", number(calls.recall), between(spans.recall)], ["F1", number(calls.f1), between(spans.f1)], ["pairs", count(found.pairs), `${count(found.positives)} matches`]);
  heads("category", "weighted", "interval", "precision held", "recall held", "called", "pairs", "matches", "threshold");
  opened(entry.name, [about(entry), intervals ? `Intervals: ${100 * intervals.confidence} % of ${count(intervals.rounds)} draws of product groups.` : ""],
    found.categories.map((one) => row([one.category, ...few(one)], number(one.weighted, 4), range(one.interval), number(one.held_precision), number(one.held_recall),
      count(one.called), count(one.pairs), count(one.positives), number(one.model_threshold ?? one.threshold, 4))));
}

function estimated(entry, found) {
  const told = (name, value, digits = 3) => [`${name}, estimated`, value.value === null ? "–" : value.value.toFixed(digits), value.interval === null ? "" : range(value.interval, (end) => end.toFixed(digits))];
  figures(told("weighted area", found.weighted, 4), told("precision", found.precision), told("recall", found.recall), told("matches", found.matches, 0), ["judged", count(found.judged), `of ${count(found.pairs)} pairs`]);
  heads("category", "weighted", "precision", "recall", "matches", "judged", "pairs");
  opened(entry.name, [about(entry), "All of it is estimated from a sample; recall is of the matches among scored pairs."],
    found.categories.map((one) => row(one.category, number(one.weighted.value, 4), number(one.precision.value), number(one.recall.value), one.matches.value === null ? "–" : one.matches.value.toFixed(0), count(one.judged), count(one.pairs))));
}

function about(entry) {
  return `${entry.scores} judged by ${entry.truth} at precision ≥ ${entry.target_precision}, made ${date(entry.created)}.`;
}

async function one(name) {
  const { entry, document: found } = await ask(address(name));
  const whole = find("whole");
  whole.href = `/api/v1${address(name, "/page")}`;
  whole.hidden = false;
  (entry.estimated ? estimated : measured)(entry, found);
}

function moved(one) {
  if (one.real === null) return make("td", { className: "n" }, "no interval");
  if (!one.real) return make("td", { className: "n hint" }, "not told apart");
  return make("td", { className: "n" }, make("span", { className: one.change > 0 ? "tag good" : "tag bad" }, one.change > 0 ? "better" : "worse"));
}

function changeRow(name, one, ...more) {
  return row(name, signed(one.change), moved(one), one.interval === null ? "–" : range(one.interval, signed), number(one.first, 4), number(one.second, 4), ...more);
}

async function changes(before, after) {
  say("Comparing…");
  const { changes: found } = await patiently(address(after, `/changes?since=${encodeURIComponent(before)}`));
  const sides = found.changed_sides;
  figures(["weighted area", signed(found.weighted.change), found.weighted.interval === null ? "" : range(found.weighted.interval, signed)],
    ["matches gained", count(sides.matches_gained)], ["matches lost", count(sides.matches_lost)], ["wrong calls added", count(sides.wrong_added)], ["wrong calls dropped", count(sides.wrong_dropped)]);
  heads("value", "change", "is it real?", "interval", before, after, "pairs", "matches");
  const left = found.only_first || found.only_second ? `${count(found.only_first)} pairs are only in ${before}, ${count(found.only_second)} only in ${after}: they are left out, so that values here are not those of the reports.` : "";
  const other = found.relabelled || found.recategorised ? `${count(found.relabelled)} pairs have another label in ${before}, ${count(found.recategorised)} another category: both are judged by those of ${after}.` : "";
  const rows = [changeRow("weighted", found.weighted, count(found.pairs), ""), ...Object.entries(found.decisions).map(([name, change]) => changeRow(name, change, "", "")),
    ...found.categories.map((change) => changeRow(change.category, change, count(change.pairs), count(change.positives)))];
  opened(`${before} to ${after}`, [`${count(found.pairs)} pairs that both judge, at precision ≥ ${found.target_precision}. A change is real where the interval of ${found.rounds} paired draws excludes 0.`, left, other], rows);
}

async function patiently(place) {
  for (;;) {
    try {
      return await ask(place);
    } catch (error) {
      if (error.status !== 503) throw error;
      say(`${error.message}…`);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

function choice(name, entry) {
  const radio = make("input", { type: "radio", name, value: entry.name, ariaLabel: `${name}: ${entry.name}`, disabled: entry.estimated });
  return make("td", {}, radio);
}

function entryRow(entry) {
  const name = make("a", { href: `/reports?${new URLSearchParams({ name: entry.name })}` }, entry.name);
  const kind = entry.estimated ? [" ", make("span", { className: "tag" }, "estimated")] : [];
  const text = (value) => make("td", { className: "made" }, value);
  return make("tr", {}, choice("before", entry), choice("after", entry), make("th", { scope: "row" }, name, ...kind),
    ...[number(entry.weighted, 4), range(entry.interval), number(entry.precision), number(entry.recall), number(entry.f1), count(entry.pairs)].map((value) => make("td", { className: "n" }, value)),
    make("td", { className: "n" }, date(entry.created)), text(`${entry.scores}, ${entry.truth}`), text([entry.model && `model ${entry.model}`, entry.index && `index ${entry.index}`].filter(Boolean).join(", ") || "–"));
}

async function list() {
  const found = await ask("/reports");
  find("reports").replaceChildren(...found.reports.map(entryRow));
  find("unread").replaceChildren(...found.unread.map((one) => make("li", { className: "hint" }, `${one.name} cannot be read: ${one.reason}`)));
  find("list").hidden = found.reports.length === 0;
  const older = found.older ? ` ${count(found.older)} older ones are left out.` : "";
  say(found.reports.length ? older : `There is no report in ${found.folder} yet: heroic evaluate SCORES --truth PAIRS --out ${found.folder}/NAME writes one.`);
}

find("list").addEventListener("change", () => {
  const { before, after } = find("list").elements;
  find("compare").disabled = !before.value || !after.value || before.value === after.value;
});
find("list").addEventListener("submit", (event) => {
  event.preventDefault();
  const { before, after } = find("list").elements;
  location.assign(`/reports?${new URLSearchParams({ before: before.value, after: after.value })}`);
});

const [name, before, after] = ["name", "before", "after"].map((key) => asked.get(key));
(name ? one(name) : before && after ? changes(before, after) : list()).catch((error) => say(error.message, true));
