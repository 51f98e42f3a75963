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
  const content = await answer.text().then(parse).catch(() => ({ error: { message: `the server answered ${answer.status}` } }));
  if (answer.status === 401) location.assign("/enter");
  if (!answer.ok) throw new Refused(answer.status, content.error.message);
  return content;
}

export function send(address, content, options = {}) {
  const form = content instanceof FormData;
  const headers = form ? {} : { "Content-Type": "application/json" };
  return ask(address, { method: "POST", headers, body: form ? content : JSON.stringify(content), ...options });
}

export function productAddress(id) {
  return `/products/${encodeURIComponent(id)}`;
}

export function pictureAddress(id, size, number = 0) {
  return `/api/v1${productAddress(id)}/picture?size=${size}&number=${number}`;
}

export function pairAddress(left, right) {
  return `/pair?${new URLSearchParams({ left, right })}`;
}
