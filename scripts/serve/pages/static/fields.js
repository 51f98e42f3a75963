// Fields of two products, row by row; pieces that the other one lacks are marked.
import { make } from "./dom.js";

function pieces(given) {
  return given.map((piece) => (piece.mark ? make("mark", { className: piece.mark }, piece.text) : piece.text));
}

function cell(given, name) {
  return make("td", { className: "told", "data-side": name }, ...(given.length ? pieces(given) : [make("span", { className: "hint" }, "–")]));
}

export function fieldRows(fields) {
  return fields.map((field) => {
    const head = make("th", { scope: "row" }, field.name, field.equal ? make("span", { className: "equal", title: "equal" }, " =") : null);
    return make("tr", {}, head, cell(field.left, "left"), cell(field.right, "right"));
  });
}
