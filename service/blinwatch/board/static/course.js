// A patient's course: vital signs, grades, infusion, drugs and alerts over the same hours, and the same as a table.

import { codeWords, h, mark as priorityMark, moment, plain, span, stateWords, table } from "./words.js";

const HOUR_MS = 3_600_000;
const SPANS = [[6, "6 h"], [24, "24 h"], [72, "3 days"], [168, "7 days"], [672, "28 days"]];
const LANES = [
  ["Temperature, °C", ["temperature_c"]],
  ["Heart rate, /min", ["heart_rate_bpm", "pulse_rate_bpm"]],
  ["Respiratory rate, /min", ["respiratory_rate_per_min"]],
  ["SpO2, %", ["spo2_pct"]],
  ["Blood pressure, mmHg", ["sbp_mmhg", "map_mmhg", "dbp_mmhg"]],
  ["Pump rate, mL/h", ["rate_ml_per_h"]],
];
const WIDTH = 1000;
const NUMBERS_HIGH = 64;
const ROW_HIGH = 22;
const ROWS_MOST = 24;
// A page of this many bars is still read at a glance; what is older is in the table below.

/** Fills `place` with the course of a patient and keeps to the span that somebody chose. */
export class Course {
  constructor(place, patientId) {
    this.place = place;
    this.patientId = patientId;
    this.hours = 24;
    this.asked = 0;
  }

  async refresh() {
    const asked = ++this.asked;
    const answer = await fetch(`/api/patients/${encodeURIComponent(this.patientId)}/course?hours=${this.hours}`).catch(() => null);
    if (answer === null || asked !== this.asked) return;
    const told = await answer.json();
    const open = this.place.querySelector("details")?.open;
    this.place.replaceChildren(this.buttons(), ...(answer.ok ? drawCourse(told) : [h("p", { class: "note" }, told.error)]));
    if (open) this.place.querySelector("details").open = true;
  }

  buttons() {
    return h("div", { class: "row", role: "group", "aria-label": "hours shown" }, SPANS.map(([hours, words]) => h("button", {
      type: "button", "aria-pressed": String(hours === this.hours),
      onclick: () => {
        this.hours = hours;
        this.refresh().then(() => this.place.querySelector('[aria-pressed="true"]')?.focus());
      },
    }, words)));
  }
}

function drawCourse(told) {
  const axis = { since: told.since, until: told.until, x: (ms) => (WIDTH * (ms - told.since)) / (told.until - told.since) };
  const lanes = [
    ...["crs", "icans"].map((series) => gradeLane(told, axis, series)),
    ...LANES.map(([title, names]) => numberLane(title, names.map((name) => [name, told.signals[name]]).filter(([, one]) => one), axis)),
    barLane("Infusion stands", told.gaps, axis, (one) => codeWords(one.reason), () => "gap"),
    barLane("Drugs", told.marks.filter((one) => one.kind === "drug"), axis, (one) => one.code, () => "drug"),
    barLane("Alerts", told.marks.filter((one) => one.kind === "alert"), axis,
      (one) => `${priorityMark(one.priority)} ${codeWords(one.code)}`, (one) => one.priority),
  ].filter(Boolean);
  const some = lanes.length > 0 ? h("div", { class: "lanes" }, lanes, timeLane(axis)) : h("p", {}, "Nothing is known of these hours.");
  return [some, told.left_out > 0 && h("p", { class: "note" }, `${told.left_out} older entries are left out.`), drawTable(told)].filter(Boolean);
}

function numberLane(title, signals, axis) {
  const points = signals.flatMap(([, one]) => one.points);
  const doubted = signals.flatMap(([, one]) => one.doubted);
  if (points.length === 0 && doubted.length === 0) return null;
  const low = Math.min(...points.map(([, lowest]) => lowest), ...(points.length ? [] : doubted.map(([, lowest]) => lowest)));
  const high = Math.max(...points.map(([, , highest]) => highest), ...(points.length ? [] : doubted.map(([, , highest]) => highest)));
  const room = Math.max(high - low, 1e-9);
  const y = (value) => 4 + (NUMBERS_HIGH - 8) * (1 - Math.min(1, Math.max(0, (value - low) / room)));
  const runs = signals.map(([, one]) => courses(one));
  const newest = signals.map(([name, one]) => one.points.length && `${codeWords(name.split("_")[0])} ${plain(one.points.at(-1)[3])}`).filter(Boolean);
  const shapes = signals.flatMap(([name, one], at) => [
    ...runs[at].filter((run) => run.length > 1).map((run) => svg("polyline", { class: `line l${at}`, points: run.map(([ms, , , last]) => `${axis.x(ms)},${y(last)}`).join(" ") })),
    ...one.points.filter(([, lowest, highest]) => highest > lowest).map(([ms, lowest, highest]) => svg("line", {
      class: "reach", x1: axis.x(ms), x2: axis.x(ms), y1: y(highest), y2: y(lowest) })),
    ...runs[at].filter((run) => run.length === 1).map(([[ms, , , last]]) => point("dot", axis.x(ms), y(last), `${name} ${plain(last)}`)),
    ...one.doubted.map(([ms, lowest]) => point("doubt", axis.x(ms), y(lowest), `not believed: ${plain(lowest)}`)),
  ]);
  const words = `${plain(low)} to ${plain(high)}${newest.length ? `, last ${newest.join(", ")}` : ""}${doubted.length ? `, ${doubted.length} readings not believed` : ""}`;
  return h("div", { class: "lane" },
    h("span", { class: "soft" }, title, h("br"), h("b", {}, `${plain(low)}–${plain(high)}`), doubted.length > 0 && ` · ▪ ${doubted.length} not believed`),
    svg("svg", { viewBox: `0 0 ${WIDTH} ${NUMBERS_HIGH}`, preserveAspectRatio: "none", role: "img", "aria-label": `${title}: ${words}`, height: NUMBERS_HIGH }, ...shapes));
}

/** A line ends where nothing was told for a while: half an hour, or four buckets where they are wider. */
function courses({ points, bucket }) {
  const most = Math.max(HOUR_MS / 2, 4 * bucket);
  const runs = [];
  for (const point of points) {
    if (runs.length && point[0] - runs.at(-1).at(-1)[0] <= most) runs.at(-1).push(point);
    else runs.push([point]);
  }
  return runs;
}

function gradeLane(told, axis, series) {
  const grades = told.marks.filter((one) => one.kind === "grade" && one.series === series && one.scale === "ASTCT");
  if (grades.length === 0) return null;
  const blocks = grades.map((one, at) => ({
    from: one.at, to: grades[at + 1]?.at ?? axis.until, row: 0, kind: one.value === null ? "unknown" : `g${one.value}`,
    words: one.value === null ? "?" : String(one.value), title: `${codeWords(one.code)}, ${moment(one.at)}`,
  }));
  return bars(series.toUpperCase(), blocks, 1, axis);
}

function barLane(title, marks, axis, words, kind) {
  if (marks.length === 0) return null;
  const shown = marks.slice(-ROWS_MOST);
  const rows = [...new Set(shown.map(words))];
  const blocks = shown.map((one) => ({
    from: one.at, to: one.until ?? (one.kind === "drug" ? one.at : axis.until), row: rows.indexOf(words(one)), kind: kind(one),
    words: words(one), title: `${words(one)}: ${one.text ?? ""} ${moment(one.at)}${one.until ? ` to ${moment(one.until)}` : ""}`,
  }));
  return bars(`${title}${marks.length > shown.length ? `, newest ${shown.length} of ${marks.length}` : ""}`, blocks, rows.length, axis);
}

/** Bars over time; the table below says the same, so nothing of this is read aloud. */
function bars(title, blocks, rows, axis) {
  const percent = (ms) => Math.min(100, Math.max(0, (100 * (ms - axis.since)) / (axis.until - axis.since)));
  const place = h("div", { class: "bars", "aria-hidden": "true" }, blocks.map((one) => {
    const late = percent(one.from) > 70;
    const bar = h("span", { class: `bar ${one.kind} ${late ? "late" : ""}`, title: one.title }, h("span", {}, one.words));
    bar.style.setProperty("left", `${percent(one.from)}%`);
    bar.style.setProperty("width", `${percent(one.to) - percent(one.from)}%`);
    bar.style.setProperty("top", `${one.row * ROW_HIGH}px`);
    return bar;
  }));
  place.style.setProperty("height", `${rows * ROW_HIGH}px`);
  return h("div", { class: "lane" }, h("span", { class: "soft" }, title), place);
}

function timeLane(axis) {
  const hours = (axis.until - axis.since) / HOUR_MS;
  const most = matchMedia("(max-width: 700px)").matches ? 2 : 7; // labels that fit beside one another
  const every = [1, 4, 12, 24, 96, 336].find((step) => hours / step <= most) * HOUR_MS;
  const marks = [];
  for (let at = Math.ceil(axis.since / every) * every; at < axis.until; at += every) marks.push(at);
  return h("div", { class: "lane times", "aria-hidden": "true" }, h("span"), h("span", { class: "scale" }, marks.map((at) => {
    const tick = h("span", {}, moment(at));
    tick.style.setProperty("left", `${(100 * (at - axis.since)) / (axis.until - axis.since)}%`);
    return tick;
  })));
}

function drawTable(told) {
  const rows = told.marks.toReversed().map((one) => [
    moment(one.at), one.kind, whatWords(one), one.value === null || one.kind === "alert" ? "" : plain(one.value),
    one.until ? span(one.until - one.at) : "", one.text]);
  return h("details", {}, h("summary", {}, `The same as a table, newest first (${told.marks.length} entries)`),
    table(["when", "kind", "what", "value", "lasted", "words"], rows));
}

function whatWords({ kind, priority, series, code }) {
  const words = kind === "flow" ? stateWords(code) : codeWords(code);
  const of = series === null ? "" : codeWords(series);
  return [priority && priorityMark(priority), !words.startsWith(of) && !of.startsWith(words) && of, words].filter(Boolean).join(" ");
}

/** A point of no length: its round or square end is drawn in pixels, however the lane is stretched. */
const point = (kind, x, y, title) => svg("line", { class: kind, x1: x, x2: x, y1: y, y2: y }, svg("title", {}, title));

function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
