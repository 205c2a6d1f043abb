// The ward, live: one stream of events from the board, one set of tiles, and what the page knows about its own truth.

import { Course } from "./course.js";
import { AlarmLoad } from "./load.js";
import { openAct, takeAnswer } from "./acts.js";
import { mayDo, mayWatch, readMe } from "./me.js";
import { drawPatient } from "./patient.js";
import { call, showSound, toggleSound } from "./sound.js";
import { compareNeed, drawTile, isStale, setTime, timeOf } from "./tile.js";
import { PRIORITIES, clockTime, h, refreshAges, span } from "./words.js";

const LOST_AFTER_MS = 5_000; // two and a half heartbeats
const shownPatient = new URLSearchParams(location.search).get("id");
const byId = (id) => document.getElementById(id);
const tiles = new Map();
const elements = new Map();
const undrawn = new Set();
const TURN_MS = 10; // of a frame's 16: the browser needs the rest; whoever needs somebody comes first
const pending = new Map();
let called = new Set(); // what calls now; what is over is forgotten, and calls when it comes back
const course = shownPatient === null ? null : new Course(h("div", { id: "course" }), shownPatient);
const alarmLoad = location.pathname === "/alarms" ? new AlarmLoad(byId("view")) : null;
const COURSE_EVERY_MS = 30_000; // charts are read by the minute
let pulse = null;
let pulseAt = 0;
let heardAt = Date.now();
let first = true;
let nextTurn;
const readyForMe = readMe();

const wardNow = () => (pulse === null ? Date.now() : pulse.now + (pulse.simulated ? 0 : Date.now() - pulseAt));

function listen() {
  const stream = new EventSource("/events");
  const on = (name, take) => stream.addEventListener(name, (event) => {
    heardAt = Date.now();
    take(JSON.parse(event.data));
  });
  on("pulse", (told) => {
    pulse = told;
    pulseAt = Date.now();
    setTime(told);
    showTruth();
  });
  on("ward", (all) => {
    tiles.clear();
    for (const tile of all) tiles.set(tile.id, { ...tile, heard: Date.now() });
    changed(null);
    first = false;
  });
  on("tiles", (some) => {
    for (const [id, tile] of some) {
      if (tile === null) tiles.delete(id);
      else tiles.set(id, { ...tile, heard: Date.now() });
    }
    changed(new Set(some.map(([id]) => id)));
  });
  on("answer", takeAnswer);
  // The browser connects again by itself; a server that answers with an error ends that, so it is begun anew.
  stream.addEventListener("error", () => {
    if (stream.readyState !== EventSource.CLOSED) return;
    readMe(); // the session may have ended: then this leads to the door
    setTimeout(listen, 1000);
  });
}

function changed(ids) {
  ring(ids);
  if (alarmLoad !== null) {
    if (ids === null) showAlarmLoad();
  } else if (shownPatient !== null) {
    if (ids === null || ids.has(shownPatient)) showPatient();
  } else {
    showWard(ids);
  }
}

function ring(ids) {
  const loudest = { at: PRIORITIES.length, fresh: false };
  const calling = new Set();
  for (const tile of tiles.values()) {
    for (const one of tile.alerts) {
      if (one.state !== "active" || one.hidden) continue;
      const at = PRIORITIES.indexOf(one.priority);
      const fresh = !called.has(`${one.id}:${one.priority}`);
      calling.add(`${one.id}:${one.priority}`);
      const isFresh = fresh && !first && (ids === null || ids.has(tile.id));
      if (at < loudest.at || (at === loudest.at && isFresh)) Object.assign(loudest, { at, fresh: isFresh });
      if (isFresh && at === 0) byId("said").textContent = `High priority: ${tile.id}: ${one.summary}`;
    }
  }
  called = calling;
  if (loudest.at < PRIORITIES.length) call(PRIORITIES[loudest.at], loudest.fresh);
}

/** Draws the tiles of these patients (null: of all), some now and the rest in turns between which the browser shows and listens. */
function showWard(ids) {
  for (const id of ids ?? tiles.keys()) undrawn.add(id);
  drawTurn();
}

function drawTurn() {
  clearTimeout(nextTurn);
  const now = wardNow();
  const ward = byId("ward").value;
  const shown = [...tiles.values()].filter((tile) => !ward || tile.ward === ward).sort(compareNeed);
  const grid = tileGrid();
  const shownIds = new Set(shown.map((tile) => tile.id));
  for (const id of undrawn) if (!shownIds.has(id)) undrawn.delete(id);
  for (const [id, element] of elements) {
    if (!shownIds.has(id)) {
      element.remove();
      elements.delete(id);
    }
  }
  const focused = document.activeElement?.closest?.("[data-alert]")?.dataset.alert;
  const endsAt = performance.now() + TURN_MS;
  let before = null;
  for (const tile of shown) {
    let element = elements.get(tile.id);
    if (undrawn.has(tile.id) && performance.now() < endsAt) {
      const fresh = drawTile(tile, now, pending, open);
      element?.replaceWith(fresh);
      element = fresh;
      elements.set(tile.id, fresh);
      undrawn.delete(tile.id);
    }
    if (element === undefined) continue;
    const place = before === null ? grid.firstElementChild : before.nextElementSibling;
    if (place !== element) grid.insertBefore(element, place);
    before = element;
  }
  if (focused && document.activeElement === document.body) {
    grid.querySelector(`[data-alert="${CSS.escape(focused)}"] button`)?.focus();
  }
  showCounts(shown, now);
  showWards();
  if (undrawn.size > 0) nextTurn = setTimeout(drawTurn);
}

function tileGrid() {
  let grid = byId("tiles");
  if (grid === null) {
    grid = h("div", { class: "tiles", id: "tiles" });
    byId("view").replaceChildren(grid);
    byId("view").className = "";
    elements.clear();
  }
  return grid;
}

function showWards() {
  const names = [...new Set([...tiles.values()].map((tile) => tile.ward).filter(Boolean))].sort();
  const list = byId("ward");
  if (names.join() === [...list.options].slice(1).map((one) => one.value).join()) return;
  const chosen = list.value;
  list.replaceChildren(h("option", { value: "" }, "all"), ...names.map((name) => h("option", { value: name }, name)));
  list.value = names.includes(chosen) ? chosen : "";
}

function showCounts(shown, now) {
  const unseen = PRIORITIES.map((priority) => shown.flatMap((tile) => tile.alerts)
    .filter((one) => one.priority === priority && one.state === "active" && !one.hidden).length);
  const stale = shown.filter((tile) => isStale(tile, now)).length;
  byId("counts").textContent = `${shown.length} patients · unseen alerts: ${unseen[0]} high, ${unseen[1]} medium, ${unseen[2]} low`
    + (stale ? ` · ${stale} not updated` : "");
  showTitle(unseen[0]);
}

function showAlarmLoad() {
  byId("view").className = "";
  showWards();
  byId("counts").textContent = "";
  alarmLoad.refresh(byId("ward").value);
}

function showTitle(high) {
  const truth = document.body.classList.contains("untrue") ? "✕ NOT LIVE · " : "";
  document.title = `${truth}${high ? `(${high} HIGH) ` : ""}blinwatch ${shownPatient ?? "ward board"}`;
}

async function showPatient() {
  const response = await fetch(`/api/patients/${encodeURIComponent(shownPatient)}`).catch(() => null);
  if (response === null) return;
  const view = byId("view");
  view.className = "";
  if (!response.ok) {
    view.replaceChildren(h("p", {}, "This patient is not on the board. ", h("a", { href: "/" }, "All patients")));
    return;
  }
  const told = await response.json();
  told.tile.heard = tiles.get(shownPatient)?.heard ?? Date.now();
  view.replaceChildren(drawPatient(told, wardNow(), pending, open, course.place));
  byId("counts").textContent = "";
  showTitle(tiles.get(shownPatient)?.calls === "high" ? 1 : 0);
}

function open(kind, tile, alert) {
  if (!mayDo(kind)) return;
  openAct(kind, tile, alert, (key, state) => {
    if (state === null) pending.delete(key);
    else pending.set(key, state);
    byId("said").textContent = state === null ? "confirmed" : state.text;
    changed(new Set([tile.id]));
  });
}

function showTruth() {
  if (!mayWatch()) return; // whoever runs the service sees no patients, and hears nothing of them
  const lostMs = Date.now() - heardAt;
  const lost = lostMs > LOST_AFTER_MS;
  const untrue = lost || (pulse !== null && ["blind", "no_broker"].includes(pulse.state));
  const banner = byId("banner");
  const text = lost ? `CONNECTION LOST since ${clockTime(heardAt)}: nothing here is up to date.`
    : untrue ? `${pulse.text}${pulse.since_s == null ? "" : ` (for ${span(pulse.since_s * 1000)})`}` : "";
  if (banner.textContent !== text) banner.textContent = text;
  banner.hidden = !untrue;
  const turned = document.body.classList.toggle("untrue", untrue) !== wasUntrue;
  wasUntrue = untrue;
  if (turned && shownPatient === null && alarmLoad === null && tiles.size) showCounts([...tiles.values()], wardNow());
  else if (turned) showTitle(0);
  if (pulse !== null) {
    const monitor = byId("monitor");
    const words = [pulse.simulated && "SIMULATED WARD, its time runs at its own speed", !untrue && pulse.text,
      pulse.trends, pulse.unreadable && `${pulse.unreadable} records could not be read`]
      .filter(Boolean).map((one) => one.replace(/\.$/, "")).join(" · ");
    monitor.className = pulse.simulated ? "simulated" : "";
    if (monitor.textContent !== words) monitor.textContent = words;
    byId("clock").textContent = clockTime(wardNow());
  }
}
let wasUntrue = false;

/** Rewrites the ages of these tiles, in turns as well. */
function refreshSome(ids) {
  const endsAt = performance.now() + TURN_MS;
  while (ids.length > 0 && performance.now() < endsAt) {
    const id = ids.pop();
    if (elements.has(id)) refreshAges(elements.get(id), timeOf(tiles.get(id), wardNow()));
  }
  if (ids.length > 0) setTimeout(refreshSome, 0, ids);
}

byId("sound").addEventListener("click", () => toggleSound(byId("sound")));
byId("ward").addEventListener("change", () => (alarmLoad === null ? showWard(null) : showAlarmLoad()));
setInterval(() => {
  showTruth();
  showSound(byId("sound"));
  refreshSome([...elements.keys()]);
  if (tiles.has(shownPatient)) refreshAges(byId("view"), timeOf(tiles.get(shownPatient), wardNow()));
  ring(new Set());
}, 1000);
setInterval(() => shownPatient === null && alarmLoad === null && tiles.size && showWard(new Set([...tiles.values()].filter((one) => isStale(one, wardNow())).map((one) => one.id))), 15_000);
if (course !== null) {
  readyForMe.then(() => course.refresh());
  setInterval(() => course.refresh(), COURSE_EVERY_MS);
}
readyForMe.then(() => {
  if (mayWatch()) listen();
  else if (alarmLoad === null) location.assign("/alarms");
  else showAlarmLoad();
});
