// The reference: every route of the OpenAPI document, with a form that asks it and shows what comes back, as it came.
import { find, make, say } from "./dom.js";
import { Schemas } from "./schemas.js";

const JSON_TYPE = "application/json";
const FORM_TYPE = "multipart/form-data";
const DOCUMENT = "/api/v1/openapi.json";

// Text of JSON on lines of its own, token by token: parsed, numbers above 2^53 would be others.
export function indented(text) {
  let depth = 0;
  const line = (by) => `\n${" ".repeat(Math.max(0, (depth += by)))}`;
  const shown = (token) => {
    if (token === "{" || token === "[") return token + line(1);
    if (token === "}" || token === "]") return line(-1) + token;
    if (token === ",") return token + line(0);
    return token === ":" ? ": " : token;
  };
  return text.replace(/"(?:[^"\\]|\\.)*"|\{\s*\}|\[\s*\]|[{}[\],:]/g, shown);
}

function fields(operation, schemas) {
  return (operation.parameters ?? []).map((parameter) => {
    const many = parameter.schema.type === "array";
    const value = parameter.required || many ? "" : (parameter.schema.default ?? "");
    const input = make("input", { name: parameter.name, value: String(value), required: parameter.required ?? false, autocomplete: "off" });
    input.dataset.place = parameter.in;
    return make("label", {}, make("span", {}, parameter.name, make("span", { className: "hint" }, " ", ...schemas.words(parameter.schema))), input);
  });
}

function bodyFields(operation, schemas) {
  const content = operation.requestBody?.content;
  if (content === undefined) return [];
  const value = JSON.stringify(schemas.begin(content[JSON_TYPE].schema), null, 1);
  const rows = Math.min(16, value.split("\n").length + 1);
  const words = make("span", {}, "body ", make("span", { className: "hint" }, ...schemas.words(content[JSON_TYPE].schema)));
  const area = make("label", { className: "wide" }, words, make("textarea", { name: "body", rows, value, spellcheck: false }));
  if (content[FORM_TYPE] === undefined) return [area];
  return [area, make("label", { className: "wide" }, "picture", make("input", { name: "file", type: "file" }))];
}

// The form of several parts that stands for a body of JSON with a file: one part that holds the JSON, or a part a field.
function parts(schema, body, file, schemas) {
  const form = new FormData();
  const [whole] = schema.required ?? [];
  if (whole !== undefined) form.append(whole, body);
  else for (const [name, value] of Object.entries(JSON.parse(body))) for (const one of [value].flat()) if (one !== null) form.append(name, one);
  const binary = Object.entries(schemas.whole(schema).properties).find(([, part]) => part.format === "binary");
  form.append(binary[0], file);
  return form;
}

function request(path, method, operation, form, schemas) {
  const inputs = [...form.querySelectorAll("input[data-place]")];
  const filled = inputs.filter((input) => input.dataset.place === "path").reduce((address, input) => address.replace(`{${input.name}}`, encodeURIComponent(input.value)), path);
  const many = (input) => operation.parameters.find((one) => one.name === input.name).schema.type === "array";
  const query = inputs.filter((input) => input.dataset.place === "query" && input.value !== "");
  const pairs = query.flatMap((input) => (many(input) ? input.value.split(",").map((one) => [input.name, one.trim()]) : [[input.name, input.value]]));
  const address = pairs.length ? `${filled}?${new URLSearchParams(pairs)}` : filled;
  const body = form.elements.body?.value;
  const file = form.elements.file?.files[0];
  if (body === undefined) return { address, options: { method, cache: "no-store" } };
  if (file) return { address, options: { method, body: parts(operation.requestBody.content[FORM_TYPE].schema, body, file, schemas) } };
  return { address, options: { method, body, headers: { "Content-Type": JSON_TYPE } } };
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function curl({ address, options }) {
  const words = ["curl", "-H", quoted("Authorization: Bearer TOKEN")];
  if (options.method !== "GET") words.push("-X", options.method);
  if (options.body instanceof FormData) {
    for (const [name, value] of options.body) words.push("-F", quoted(`${name}=${value instanceof File ? `@${value.name}` : value}`));
  } else if (options.body !== undefined) words.push("-H", quoted(`Content-Type: ${JSON_TYPE}`), "-d", quoted(options.body));
  return [...words, quoted(location.origin + address)].join(" ");
}

async function send(asked, place) {
  const begun = performance.now();
  const answer = await fetch(asked.address, asked.options);
  const kind = answer.headers.get("content-type") ?? "";
  const text = kind.startsWith("image/") ? "" : await answer.text();
  const told = `${answer.status} ${answer.statusText}, ${kind || "no content"}, ${(performance.now() - begun).toFixed(0)} ms`;
  const shown = kind.startsWith("image/") && answer.ok ? make("img", { src: asked.address, alt: "The picture that was sent back" }) : make("pre", { tabIndex: 0, ariaLabel: "answer", role: "region" }, kind.startsWith(JSON_TYPE) ? indented(text) : text);
  place.replaceChildren(make("p", {}, make("b", { className: "answered" }, told)), make("pre", { tabIndex: 0, ariaLabel: "the same by curl", role: "region" }, curl(asked)), shown);
}

function responses(operation, schemas) {
  const rows = Object.entries(operation.responses).map(([status, response]) => {
    const kinds = Object.entries(response.content ?? {}).flatMap(([kind, content]) => [kind, " ", ...(content.schema ? schemas.words(content.schema) : [])]);
    return make("li", {}, `${status} `, ...kinds);
  });
  return make("ul", { className: "hint" }, ...rows);
}

function shownOperation(path, method, operation, schemas) {
  const place = make("div", { role: "status" });
  const form = make("form", { className: "filters" }, ...fields(operation, schemas), ...bodyFields(operation, schemas), make("button", { type: "submit", className: "primary" }, "Send"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const sent = (async () => send(request(path, method.toUpperCase(), operation, form, schemas), place))();
    sent.catch((error) => place.replaceChildren(make("p", { className: "warning" }, error.message)));
  });
  return make("details", { className: "route", "data-route": `${method.toUpperCase()} ${path}` },
    make("summary", {}, make("b", {}, method.toUpperCase()), " ", make("code", {}, path)),
    make("p", {}, operation.description ?? operation.summary ?? ""), form, place, make("h3", {}, "Answers"), responses(operation, schemas));
}

function shownForm(name, schema, schemas) {
  const rows = Object.entries(schema.properties ?? {}).map(([field, part]) =>
    make("tr", {}, make("th", { scope: "row" }, field, (schema.required ?? []).includes(field) ? "" : " (may be left out)"), make("td", {}, ...schemas.words(part))));
  return make("details", { className: "route", id: `form-${name}` }, make("summary", {}, make("code", {}, name)), make("p", {}, schema.description ?? ""), make("table", { className: "fields" }, make("tbody", {}, ...rows)));
}

function openNamed() {
  const named = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (named?.tagName === "DETAILS") named.open = true;
}

async function show() {
  const answer = await fetch(DOCUMENT, { cache: "no-store" });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  const content = await answer.json();
  const schemas = new Schemas(content);
  const operations = Object.entries(content.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
  const tags = [...new Set(operations.map(({ operation }) => operation.tags?.[0] ?? "others"))];
  const sections = tags.map((tag) => {
    const own = operations.filter(({ operation }) => (operation.tags?.[0] ?? "others") === tag);
    return make("section", {}, make("h2", {}, tag), ...own.map(({ path, method, operation }) => shownOperation(path, method, operation, schemas)));
  });
  find("routes").replaceChildren(...sections);
  find("forms").replaceChildren(...Object.entries(content.components.schemas).map(([name, schema]) => shownForm(name, schema, schemas)));
  find("formed").hidden = false;
  say(`${operations.length} routes.`);
  openNamed();
}

addEventListener("hashchange", openNamed);
show().catch((error) => say(error.message, true));
