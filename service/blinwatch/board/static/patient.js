// One patient's page: everything the tile says and why each alert stands, down to the citation.

import { mayDo } from "./me.js";
import { age, codeWords, h, mark, moment, plain, table } from "./words.js";
import { drawAsOf, drawDrugs, drawGrades, drawInfusion, drawSignals, timeOf } from "./tile.js";

/** The page of a tile and its alerts with all that they rest on; `course` is the place where the course is drawn. */
export function drawPatient({ tile, alerts }, wardNow, pending, open, course) {
  const now = timeOf(tile, wardNow);
  return h("div", { class: "page" },
    h("p", {}, h("a", { href: "/" }, "← all patients")),
    h("section", {},
      h("h2", {}, tile.id, tile.ward && ` · ${tile.ward}`),
      h("p", {}, drawAsOf(tile, wardNow)),
      drawGrades(tile, now), drawInfusion(tile, now), drawDrugs(tile.drugs), drawSignals(tile, now),
      h("div", { class: "row" },
        mayDo("assess") && h("button", { type: "button", onclick: () => open("assess", tile, null) }, "Chart ICE or CAPD"),
        mayDo("attribute") && h("button", { type: "button", onclick: () => open("attribute", tile, null) }, "This sign has another cause")),
      pending.get(tile.id) && h("p", { class: `pending ${pending.get(tile.id).failed ? "failed" : ""}` }, pending.get(tile.id).text)),
    h("section", {}, h("h2", {}, "Course"), course),
    h("section", {}, h("h2", {}, "Why these grades"),
      because("CRS (ASTCT)", tile.crs), because("ICANS (ASTCT)", tile.icans),
      [...tile.crs.other, ...tile.icans.other].map((one) => because(codeWords(one.code), one)),
      tile.icans.domains.length > 0 && table(["domain", "grade", "because"], tile.icans.domains.map((one) => [codeWords(one.domain), one.grade ?? "?", one.because]))),
    tile.advice && h("section", {}, h("h2", {}, `Label advice: ${tile.advice.words}`),
      h("p", {}, `Rests on ${tile.advice.reaction ?? "the infusion"}, ${tile.advice.scale}${tile.advice.grade == null ? "" : ` grade ${tile.advice.grade}`} (${tile.advice.rule}). Advice for qualified staff, never an order.`),
      tile.advice.dose_mcg_day != null && h("p", {}, `Dose ${plain(tile.advice.dose_mcg_day)} mcg/day${tile.advice.rate_ml_h == null ? "" : ` at ${plain(tile.advice.rate_ml_h)} mL/h`}`),
      list([...tile.advice.because, ...tile.advice.supportive]), h("p", { class: "soft" }, tile.advice.label)),
    tile.attributions.length > 0 && h("section", {}, h("h2", {}, "Signs with another cause"),
      table(["sign", "cause", "by", "why", "until"], tile.attributions.map((one) => [one.sign, one.cause, one.by, one.reason, one.until ? moment(one.until) : "withdrawn"]))),
    h("section", {}, h("h2", {}, alerts.length ? "Alerts and why" : "No alert stands"), alerts.map((one) => drawWhy(tile, one, now, pending, open))));
}

function drawWhy(tile, alert, now, pending, open) {
  const since = Date.parse(alert.since);
  const seen = alert.state !== "active";
  const waiting = pending.get(alert.alert_id);
  return h("article", { class: "alert", "data-alert": alert.alert_id },
    h("span", { class: `mark ${alert.priority}` }, mark(alert.priority)),
    h("div", {},
      h("h3", {}, codeWords(alert.code)),
      h("p", {}, alert.summary),
      h("p", { class: "soft" }, `rule ${alert.rule_id} · ${alert.scale}${alert.threshold ? ` · limit ${alert.threshold}` : ""} · since ${moment(since)} · `, age(since, now)),
      alert.evidence.length > 0 && table(["what", "value", "observed"], alert.evidence.map((one) => [
        codeWords(one.name), `${valueWords(one.value)}${unitWords(one.unit)}`, one.observed_at ? moment(Date.parse(one.observed_at)) : ""])),
      h("p", { class: "soft" }, `Source: ${alert.citation} · rulebook ${alert.rulebook_version} (${alert.rulebook_digest})`),
      alert.inhibited_by && h("p", { class: "soft" }, "Hidden on the ward's page by a graver alert of the same cause."),
      alert.acknowledged_by && h("p", {}, `Seen by ${alert.acknowledged_by}: ${alert.acknowledged_reason}`),
      alert.shelved_until && h("p", {}, `Put aside until ${moment(Date.parse(alert.shelved_until))}`)),
    h("span", { class: "deeds" },
      !seen && [mayDo("acknowledge") && h("button", { type: "button", onclick: () => open("acknowledge", tile, asTold(alert)) }, "Acknowledge"),
        alert.priority !== "high" && mayDo("shelve") && h("button", { type: "button", onclick: () => open("shelve", tile, asTold(alert)) }, "Put aside")],
      waiting && h("span", { class: `pending ${waiting.failed ? "failed" : ""}` }, waiting.text)));
}

// A word such as awakens_tactile is said with spaces, a number with two decimals; {score} is UCUM's way to name a count.
const valueWords = (value) => (typeof value === "number" ? plain(value) : String(value ?? "?").replaceAll("_", " "));
const unitWords = (unit) => (unit && !unit.startsWith("{") ? ` ${unit}` : "");
const asTold = (alert) => ({ id: alert.alert_id, summary: alert.summary, code: alert.code, priority: alert.priority });
const list = (lines) => h("ul", {}, lines.map((line) => h("li", {}, `– ${line}`)));
const because = (title, { because: lines, flags }) => h("div", {}, h("h3", {}, title), list(lines.length ? lines : ["nothing speaks for it"]),
  flags?.length > 0 && h("p", { class: "soft" }, flags.map(codeWords).join(", ")));
