// The API of this server: every call answers with JSON, or throws an error whose message is for people.

export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

// JSON.parse rounds whole numbers above 2^53, and an id may be one: they stay text here, which every route takes.
export function parse(text) {
  const kept = (token) => (/^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token);
  return JSON.parse(text.replace(TOKEN, kept));
}

export async function ask(address, options = {}) {
  let answer;
  try {
    answer = await fetch(`/api/v1${address}`, { ...options, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "the server cannot be reached");
  }
  if (answer.status === 401) location.assign("/enter");
  const content = await read(answer);
  if (!answer.ok) throw new Refused(answer.status, content.error.message);
  return content;
}

async function read(answer) {
  try {
    return parse(await answer.text());
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(answer.status, answer.ok ? "the server's answer broke off" : `the server answered ${answer.status}`);
  }
}

export function send(address, content, options = {}) {
  const form = content instanceof FormData;
  const headers = form ? {} : { "Content-Type": "application/json" };
  return ask(address, { method: "POST", headers, body: form ? content : JSON.stringify(content), ...options });
}

// Browsers take the dots of an address for folders, however they are encoded: such a name goes behind the question mark.
function named(kind, parameter, name, rest, asked) {
  const dots = /^\.{1,2}$/.test(String(name));
  const query = new URLSearchParams(asked);
  if (dots) query.set(parameter, name);
  const path = `/${kind}/${dots ? "-" : encodeURIComponent(name)}${rest}`;
  return query.size ? `${path}?${query}` : path;
}

export function productAddress(id, rest = "", asked = {}) {
  return named("products", "id", id, rest, asked);
}

export function groupRoute(name, asked) {
  return named("groups", "name", name, "", asked);
}

export function pictureAddress(id, size, number = 0) {
  return `/api/v1${productAddress(id, "/picture", { size, number })}`;
}

export function pairAddress(left, right) {
  return `/pair?${new URLSearchParams({ left, right })}`;
}
