// The alarm load: how much the alerts ask of the ward, and which of them ask for nothing. For a safety committee.

import { PRIORITIES, codeWords, h, mark, moment, plain, span, table } from "./words.js";

const SPANS = [[1, "last day"], [7, "last 7 days"], [28, "last 28 days"]];

/** Fills `place` with the alarm load; keeps the span and ward that somebody chose. */
export class AlarmLoad {
  constructor(place) {
    this.place = place;
    this.days = 7;
  }

  async refresh(ward) {
    const words = new URLSearchParams({ days: this.days, ward });
    const answer = await fetch(`/api/alarm-load?${words}`).catch(() => null);
    if (answer === null) return;
    const told = await answer.json();
    this.place.replaceChildren(h("div", { class: "page" },
      h("p", {}, h("a", { href: "/" }, "← all patients")),
      h("section", {}, h("h2", {}, "Alarm load"),
        h("div", { class: "row", role: "group", "aria-label": "days shown" }, SPANS.map(([days, said]) => h("button", {
          type: "button", "aria-pressed": String(days === this.days),
          onclick: () => {
            this.days = days;
            this.refresh(ward).then(() => this.place.querySelector('[aria-pressed="true"]')?.focus());
          },
        }, said))),
        answer.ok ? drawTotals(told, words) : h("p", { class: "note" }, told.error)),
      answer.ok && told.codes.length > 0 && h("section", {}, h("h2", {}, "By rule, the most frequent first"), drawCodes(told.codes)),
      answer.ok && told.overridden.length > 0 && h("section", {}, h("h2", {}, "Most often put aside, or gone within a minute"),
        h("p", { class: "soft" }, "Candidates for a better rule or another limit in the site protocol."), drawCodes(told.overridden))));
  }
}

function drawTotals(told, words) {
  const { total, target } = told;
  const verdict = told.within_target === null ? "Nobody was watched in these days."
    : told.within_target ? "Within the target." : "ABOVE THE TARGET: alarms that are too many are not heeded.";
  return h("div", {},
    h("p", {}, `${moment(told.since)} to ${moment(told.until)} · ${plain(told.patient_days)} patient-days`),
    h("p", { class: told.within_target === false ? "stop" : "" }, verdict),
    table(["", "alerts", "a patient-day", "share", "acknowledged", "median to acknowledge", "9 of 10 within", "never acknowledged", "came back within 30 min"], [
      row("all", total, `target ${plain(target.per_patient_day)}`),
      ...PRIORITIES.map((priority) => row(mark(priority), told.priorities[priority], priority === "high" ? `target ${plain(100 * target.high_share)} %` : "")),
    ]),
    h("p", {}, h("a", { href: `/alarm-load.csv?${words}`, download: "alarm-load.csv" }, "Download all as CSV")));
}

const row = (name, load, note) => [`${name}${note && ` (${note})`}`, load.raised, rate(load.per_patient_day), `${plain(Math.round(1000 * load.share) / 10)}\u00a0%`,
  load.acknowledged, wait(load.acknowledge_median_s), wait(load.acknowledge_p90_s), load.never_acknowledged, load.chattering];
const drawCodes = (codes) => table(["alert", "rule", "alerts", "a patient-day", "put aside", "gone within a minute", "came back within 30 min", "never acknowledged", "reasons given"],
  codes.map(({ code, rule_id: rule, priority, load }) => [`${mark(priority)} ${codeWords(code)}`, rule, load.raised, rate(load.per_patient_day), load.shelved, load.brief,
    load.chattering, load.never_acknowledged, load.reasons.map(([reason, count]) => `${reason} (${count})`).join("; ")]));
const rate = (value) => (value === null ? "–" : plain(value));
const wait = (seconds) => (seconds === null ? "–" : span(1000 * seconds));
