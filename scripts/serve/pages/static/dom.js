// Elements are made of text alone: whatever a catalogue says stays text.

export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (key in element && key !== "list") element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

export function find(id) {
  return document.getElementById(id);
}

export function say(text, wrong = false) {
  const status = find("status");
  status.textContent = text;
  status.className = wrong ? "warning" : "";
}

let turn = 0;

// What was asked last is told: an answer to what was asked before it, which comes later, says nothing any more.
export function turnToSay() {
  turn += 1;
  const own = turn;
  return (text, wrong = false) => own === turn && say(text, wrong);
}

export function number(value, digits = 3) {
  return value === null || value === undefined ? "–" : value.toFixed(digits);
}
