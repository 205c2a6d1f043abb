// One patient's tile.

import { mayDo } from "./me.js";
import { PRIORITIES, age, codeWords, due, h, mark, plain, signalWords, span, stateWords } from "./words.js";

const STALE_MS = 180_000;
// A status comes within a minute of a patient's events, so three minutes without one is no longer "now".
const AHEAD_MS = 120_000;
// Clocks of senders differ by seconds; minutes are worth a word, for ages and due times rest on them.
let staleAfter = {};
let simulated = false;

/** What the board's server says of time: after how many milliseconds the value of a signal no longer counts, by the rulebook;
 * and whether the ward is simulated. */
export function setTime(pulse) {
  staleAfter = pulse.stale_after;
  simulated = pulse.simulated;
}

export function compareNeed(a, b) {
  for (let at = 0; at < a.need.length; at += 1) if (a.need[at] !== b.need[at]) return a.need[at] - b.need[at];
  return a.ward.localeCompare(b.ward) || a.id.localeCompare(b.id);
}

/** Whether nothing has been said of a patient for too long. A simulated ward runs at its own speed: there it counts when
 * this page last heard of him. */
export const isStale = (tile, now) => (simulated ? Date.now() - tile.heard : now - tile.as_of) > STALE_MS;

/** What time it is for a patient: the ward's, or later where his events are ahead of it (a sender's clock). A simulated ward
 * is judged partition by partition, each at its own pace: there it is the time of his newest status. */
export const timeOf = (tile, now) => (simulated ? tile.as_of : Math.max(now, tile.as_of));

/** The tile's element; `open` is called with a kind of act and an alert (or nothing). */
export function drawTile(tile, wardNow, pending, open) {
  const now = timeOf(tile, wardNow);
  const worst = tile.alerts.filter((one) => !one.hidden).map((one) => PRIORITIES.indexOf(one.priority));
  const standing = worst.length ? PRIORITIES[Math.min(...worst)] : "";
  const stale = isStale(tile, now);
  const shown = tile.alerts.filter((one) => !one.hidden);
  return h("article", {
    class: ["tile", tile.calls ?? standing, tile.calls && "unseen", stale && "stale"].filter(Boolean).join(" "),
    "aria-labelledby": `n-${tile.id}`, "data-patient": tile.id,
  },
    h("header", {},
      h("h2", { id: `n-${tile.id}` }, h("a", { href: `/patient?id=${encodeURIComponent(tile.id)}` }, tile.id)),
      h("span", { class: "soft" }, cycleWords(tile.cycle)),
      drawAsOf(tile, wardNow)),
    drawGrades(tile, now),
    drawInfusion(tile, now),
    tile.advice && h("p", { class: "note" }, h("b", {}, `Label: ${tile.advice.words}`),
      ` (${tile.advice.scale}${tile.advice.grade == null ? "" : ` grade ${tile.advice.grade}`})`,
      tile.advice.restart_earliest && [" · restart ", due(tile.advice.restart_earliest, now)]),
    drawDrugs(tile.drugs),
    shown.length > 0 && h("ul", { "aria-label": "alerts" }, shown.map((one) => drawAlert(tile, one, now, pending, open))),
    drawSignals(tile, now));
}

/** How old what is shown is; and that a patient's events are ahead of the clock. */
export function drawAsOf(tile, wardNow) {
  const now = timeOf(tile, wardNow);
  const ahead = simulated ? 0 : tile.as_of - wardNow;
  if (ahead > AHEAD_MS) return h("span", { class: "stop" }, `events AHEAD of the clock by ${span(ahead)}`);
  const stale = isStale(tile, now);
  return h("span", { class: stale ? "stop" : "soft" }, age(tile.as_of, now, stale ? "NOT UPDATED for " : "updated "),
    stale ? "" : " ago");
}

function cycleWords({ cycle, day, hour }) {
  if (cycle == null) return "no order";
  return `cycle ${cycle}${day == null ? "" : ` day ${day}`}${hour == null ? "" : ` · ${plain(hour)} h`}`;
}

export function drawGrades(tile, now) {
  const { crs, icans } = tile;
  const parts = [["hypotension", crs.hypotension], ["hypoxia", crs.hypoxia]].filter(([, grade]) => grade)
    .map(([name, grade]) => `${name} ${grade}`);
  const domains = icans.domains.filter((one) => one.grade).map((one) => `${one.domain} ${one.grade}`);
  return h("div", { class: "grades" },
    drawGrade("CRS", crs, [...parts, crs.would_be != null && `would be ${crs.would_be}`]),
    drawGrade("ICANS", icans, [...domains, icans.due && ["check ", due(icans.due, now)]]));
}

function drawGrade(name, grade, parts) {
  const said = grade.graded
    ? h("b", { "aria-label": `${name} grade ${grade.now}` }, grade.now)
    : h("b", { class: "unknown", "aria-label": grade.now === "?" ? `${name} cannot be graded` : `${name} may be masked` }, grade.now);
  return h("div", { class: `grade g${grade.graded ? grade.now : ""}` },
    h("span", {}, `${name} `), said,
    h("div", { class: "parts" }, h("span", {}, `24 h: ${grade.worst}`), h("span", {}, ` · episode: ${grade.episode}`)),
    !grade.graded && h("div", { class: "parts" }, grade.now === "?" ? "cannot be graded" : "a drug may hide fever"),
    parts.filter(Boolean).map((part) => h("div", { class: "parts" }, part)));
}

export function drawInfusion(tile, now) {
  const { infusion } = tile;
  const halted = infusion.state === "interrupted";
  return h("p", {},
    h("span", { class: halted || infusion.state === "unknown" ? "stop" : "" }, stateWords(infusion.state)),
    infusion.dose_mcg_day != null && ` ${plain(infusion.dose_mcg_day)} mcg/day`,
    infusion.dose_due_mcg_day != null && h("span", { class: "soft" }, ` (due ${plain(infusion.dose_due_mcg_day)})`),
    infusion.rate_ml_h != null && ` · ${plain(infusion.rate_ml_h)} mL/h`,
    infusion.gap_min ? ` · gap ${span(infusion.gap_min * 60_000)}` : "",
    h("span", { class: "soft" },
      infusion.bag_due && [" · bag ", due(infusion.bag_due, now)],
      infusion.step_due && [" · step ", due(infusion.step_due, now)],
      infusion.end_due && [" · end ", due(infusion.end_due, now)]));
}

export function drawDrugs(drugs) {
  const said = [
    drugs.masking.length && `hides fever or heart rate: ${drugs.masking.join(", ")}`,
    drugs.sedating.length && `sedating: ${drugs.sedating.join(", ")}`,
    drugs.unknown.length && `not in the table, never to be read as safe: ${drugs.unknown.join(", ")}`,
  ].filter(Boolean);
  return said.length > 0 && h("p", { class: "note" }, said.join(" · "));
}

export function drawAlert(tile, one, now, pending, open) {
  const seen = one.state !== "active";
  const waiting = pending.get(one.id);
  return h("li", { class: `alert ${seen ? "seen" : ""}`, "data-alert": one.id },
    h("span", { class: `mark ${one.priority}` }, mark(one.priority)),
    h("span", { class: "text", title: one.summary }, one.summary),
    h("span", { class: "soft" }, age(one.since, now)),
    h("span", { class: "deeds" },
      seen ? h("span", { class: "soft" }, one.state === "shelved" ? "put aside" : "seen")
        : [mayDo("acknowledge") && h("button", { type: "button", onclick: () => open("acknowledge", tile, one), "aria-label": `Acknowledge ${codeWords(one.code)} of ${tile.id}` }, "Acknowledge"),
          one.priority !== "high" && mayDo("shelve") && h("button", { type: "button", onclick: () => open("shelve", tile, one), "aria-label": `Put aside ${codeWords(one.code)} of ${tile.id}` }, "Put aside")],
      waiting && h("span", { class: `pending ${waiting.failed ? "failed" : ""}` }, waiting.text)));
}

export function drawSignals(tile, now) {
  const signals = Object.entries(tile.signals);
  return h("div", { class: "signals" },
    signals.length === 0 && h("span", { class: "old" }, "no vital sign yet"),
    signals.map(([name, at]) => {
      const old = tile.silent.includes(`sensor:${name}`) || now - at > (staleAfter[name] ?? Infinity);
      return h("span", { class: old ? "old" : "" }, age(at, now, `${signalWords(name)} `));
    }),
    tile.silent.filter((name) => !name.startsWith("sensor:"))
      .map((name) => h("span", { class: "old" }, name.startsWith("feed:") ? "monitor SILENT" : "pump SILENT")));
}
