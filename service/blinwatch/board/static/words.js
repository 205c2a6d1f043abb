// How moments, grades and codes are said. Everything becomes text nodes: no word of a record is ever markup.

export const PRIORITIES = ["high", "medium", "low"];
const MARKS = { high: "▲ HIGH", medium: "◆ medium", low: "● low" };
const STATES = {
  unknown: "infusion unknown", not_started: "not started", running: "running", interrupted: "STOPPED",
  bag_change: "bag change", ended: "ended",
};
const SIGNALS = {
  temperature: "temp", heart_rate: "heart", respiratory_rate: "resp", spo2: "SpO2", blood_pressure: "pressure", oxygen: "O2",
};

/** An element with attributes and children; a falsy child is left out. */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false && child !== ""));
  return element;
}

export const mark = (priority) => MARKS[priority] ?? priority;
export const stateWords = (state) => STATES[state] ?? state;
export const signalWords = (name) => SIGNALS[name] ?? name.replaceAll("_", " ");
export const plain = (number) => (number == null ? "?" : String(Math.round(number * 100) / 100));

const SAID_AS_WRITTEN = new Set(["CRS", "ICANS", "CTCAE", "NEWS2", "PEWS", "TLS", "DIC", "DDI", "IECHS", "DOAC", "ALT", "AST", "SPO2", "ICP", "CAPD", "ICE", "CN6"]);

/** A code as words: CRS_G3 is "CRS grade 3", INF_OCCLUSION "inf occlusion". */
export const codeWords = (code) => code.split("_").map((word) => {
  const grade = /^G(\d)$/.exec(word);
  if (grade) return `grade ${grade[1]}`;
  return SAID_AS_WRITTEN.has(word.toUpperCase()) ? word.toUpperCase() : word.toLowerCase();
}).join(" ");

/** A length of time: "12 s", "4 min", "3 h 05", "2 d". */
export function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 48 * 3600) return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")}`;
  return `${Math.floor(s / 86400)} d`;
}

/** Time until something that is due; overdue ones say so. */
export const until = (ms, now) => (ms >= now ? `in ${span(ms - now)}` : `OVERDUE ${span(now - ms)}`);

export function moment(ms) {
  return new Date(ms).toLocaleString([], { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" });
}

export function clockTime(ms) {
  return new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
}

/** A text that gets older by itself: `refreshAges` rewrites it. */
export const age = (ms, now, before = "") => h("span", { "data-since": ms, "data-before": before }, before + span(now - ms));
export const due = (ms, now, before = "") => h("span", { "data-due": ms, "data-before": before }, before + until(ms, now));

export function refreshAges(root, now) {
  for (const one of root.querySelectorAll("[data-since], [data-due]")) {
    const { since, due: at, before } = one.dataset;
    const text = before + (since ? span(now - Number(since)) : until(Number(at), now));
    if (one.textContent !== text) one.textContent = text;
  }
}

/** A table that scrolls within its own place where it is wider than the screen: words are never broken in their middle. */
export const table = (heads, rows) => h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": heads.filter(Boolean).join(", ") },
  h("table", {}, h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head || h("span", { class: "skip" }, "which"))))),
    h("tbody", {}, rows.map((cells) => h("tr", {}, cells.map((cell) => h("td", {}, String(cell))))))));
