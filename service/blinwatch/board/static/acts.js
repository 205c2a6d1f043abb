// Forms: what somebody does becomes an event, and the page says what became of it.

import { myName } from "./me.js";
import { codeWords, h } from "./words.js";

const ANSWER_WITHIN_MS = 10_000;
const SIGNS = ["fever", "hypotension", "hypoxia", "cognition", "loc", "seizure", "motor"];
let choices = null;

/** Opens the form of an act; `done(key, answer)` is told where it stands: key is the alert's or the patient's id. */
export async function openAct(kind, tile, alert, done) {
  if (kind === "assess" && choices === null) choices = await (await fetch("/api/choices")).json();
  const dialog = document.getElementById("act");
  const wrong = h("p", { class: "wrong", role: "alert" });
  const form = h("form", { method: "dialog" },
    h("h2", {}, TITLES[kind], " – ", tile.id),
    alert && h("p", {}, alert.summary),
    FIELDS[kind](tile),
    myName() !== null && h("p", { class: "soft" }, `Kept in the audit under the name ${myName()}.`),
    kind !== "assess" && [
      myName() === null && field("Who", h("input", { name: "by", required: true, maxlength: 80, value: localStorage.getItem("by") ?? "", autocomplete: "off" })),
      field(kind === "attribute" ? "Why do you think so" : "What was seen or is being done", h("input", { name: "reason", required: true, maxlength: 200, autocomplete: "off" })),
    ],
    wrong,
    h("div", { class: "row" },
      h("button", { class: "first", type: "submit" }, "Write it"),
      h("button", { type: "button", onclick: () => dialog.close() }, "Cancel")));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const said = READERS[kind](new FormData(form));
    if (said.by) localStorage.setItem("by", said.by);
    const failed = await write({ kind, patient_id: tile.id, alert_id: alert?.id, ...said }, alert?.id ?? tile.id, done);
    if (failed) wrong.textContent = failed;
    else dialog.close();
  });
  dialog.replaceChildren(form);
  dialog.showModal();
  form.querySelector("input, select")?.focus();
}

const TITLES = {
  acknowledge: "Acknowledge: I have seen it", shelve: "Put aside for a while", attribute: "This sign has another cause",
  assess: "Chart ICE or CAPD",
};

const FIELDS = {
  acknowledge: () => null,
  shelve: () => field("For how many minutes (at most 30)", h("input", { name: "shelve_min", type: "number", min: 1, max: 30, value: 15, required: true })),
  attribute: () => [
    field("Sign", select("sign", SIGNS)),
    field("Its cause", h("input", { name: "cause", required: true, maxlength: 200 })),
    field("For how many hours (at most 168), then it counts again", h("input", { name: "until_h", type: "number", min: 1, max: 168, value: 24, required: true })),
  ],
  assess: () => [
    h("p", { class: "soft" }, "What is left out counts as not examined, never as normal. ICE from 12 years of age, CAPD below."),
    h("fieldset", {}, h("legend", {}, "ICE"), Object.entries(choices.ice).map(([item, most]) => field(`${item} (0–${most})`, numbers(`ice:${item}`, most)))),
    h("fieldset", {}, h("legend", {}, `CAPD, items 1 to ${choices.capd.items} (0–${choices.capd.most})`),
      Array.from({ length: choices.capd.items }, (_, at) => field(`item ${at + 1}`, numbers(`capd:${at}`, choices.capd.most)))),
    h("fieldset", {}, h("legend", {}, "The rest of the examination"),
      Object.entries(choices.lists).map(([name, values]) => field(codeWords(name), select(name, values, true))),
      choices.yes_no.map((name) => field(codeWords(name), select(name, ["no", "yes"], true))),
      field("seizure lasted, in seconds", h("input", { name: "seizure_duration_s", type: "number", min: 0, max: 1000000 })),
      field("age in years, where no order tells it", h("input", { name: "age_years", type: "number", min: 0, max: 130, step: "any" }))),
  ],
};

const READERS = {
  acknowledge: (data) => strings(data, ["by", "reason"]),
  shelve: (data) => ({ ...strings(data, ["by", "reason"]), shelve_min: Number(data.get("shelve_min")) }),
  attribute: (data) => ({ ...strings(data, ["by", "reason", "sign", "cause"]), until_h: Number(data.get("until_h")), active: true }),
  assess: (data) => ({ findings: readFindings(data) }),
};

function readFindings(data) {
  const findings = {};
  const ice = Object.fromEntries(Object.keys(choices.ice).map((item) => [item, numberOf(data.get(`ice:${item}`))]));
  if (Object.values(ice).some((value) => value !== null)) findings.ice_items = ice;
  const capd = Array.from({ length: choices.capd.items }, (_, at) => numberOf(data.get(`capd:${at}`)));
  if (capd.some((value) => value !== null)) findings.capd_items = capd;
  for (const name of Object.keys(choices.lists)) if (data.get(name)) findings[name] = data.get(name);
  for (const name of choices.yes_no) if (data.get(name)) findings[name] = data.get(name) === "yes";
  for (const name of ["seizure_duration_s", "age_years"]) {
    const value = numberOf(data.get(name));
    if (value !== null) findings[name] = value;
  }
  return findings;
}

const awaited = new Map();

async function write(form, key, done) {
  let response;
  try {
    response = await fetch("/api/acts", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(form) });
  } catch {
    return "not written: the board does not answer";
  }
  const answer = await response.json();
  if (!response.ok) return answer.error;
  done(key, { text: "sent, not yet confirmed by the monitor" });
  const timer = setTimeout(() => done(key, { text: "NOT CONFIRMED by the monitor: call, do not rely on it", failed: true }), ANSWER_WITHIN_MS);
  awaited.set(answer.event_id, { key, timer, done });
  return null;
}

/** What the judgement made of an act; acts of other browsers are not ours to tell. */
export function takeAnswer({ event_id: id, done: accepted, detail }) {
  const waiting = awaited.get(id);
  if (!waiting) return;
  clearTimeout(waiting.timer);
  awaited.delete(id);
  waiting.done(waiting.key, accepted ? null : { text: `REFUSED: ${detail}`, failed: true });
}

const field = (words, input) => h("label", {}, words, input);
const numberOf = (text) => (text === "" || text === null ? null : Number(text));
const strings = (data, names) => Object.fromEntries(names.map((name) => [name, String(data.get(name) ?? "").trim()]));
const select = (name, values, optional = false) => h("select", { name },
  optional && h("option", { value: "" }, "not examined"), values.map((value) => h("option", { value }, codeWords(value))));
const numbers = (name, most) => h("select", { name }, h("option", { value: "" }, "not scored"),
  Array.from({ length: most + 1 }, (_, number) => h("option", { value: number }, number)));
