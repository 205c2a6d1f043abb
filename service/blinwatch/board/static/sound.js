// Bursts that tell the priorities apart by number of pulses, in the manner of IEC 60601-1-8: high ten (3 + 2, twice), medium
// three, low two. A browser makes no sound before somebody has asked for it; until then the button says so.

const BURSTS = {
  high: { pulses: [0, 0.2, 0.4, 0.75, 0.95, 1.6, 1.8, 2.0, 2.35, 2.55], hz: 660, again_s: 10 },
  medium: { pulses: [0, 0.35, 0.7], hz: 520, again_s: 30 },
  low: { pulses: [0, 0.5], hz: 390, again_s: null },
};
const PULSE_S = 0.14;
const PAUSE_MS = 120_000;

let audio = null;
let pausedUntil = 0;
const last = {};

export function toggleSound(button) {
  if (audio === null) {
    audio = new AudioContext();
    burst("low");
  } else {
    pausedUntil = pausedUntil > Date.now() ? 0 : Date.now() + PAUSE_MS;
  }
  showSound(button);
}

export function showSound(button) {
  const paused = pausedUntil > Date.now();
  const on = audio !== null && audio.state === "running" && !paused;
  button.setAttribute("aria-pressed", String(on));
  button.textContent = audio === null ? "Sound is OFF – switch on"
    : paused ? `Sound paused, ${Math.ceil((pausedUntil - Date.now()) / 1000)} s – resume` : "Sound is on – pause 2 min";
}

/** Sounds for the highest priority that calls; `fresh`: something new of it has come. */
export function call(priority, fresh) {
  if (audio === null || !(priority in BURSTS) || pausedUntil > Date.now()) return;
  const { again_s: again } = BURSTS[priority];
  const due = again !== null && Date.now() - (last[priority] ?? 0) > again * 1000;
  if (fresh || due) burst(priority);
}

function burst(priority) {
  const { pulses, hz } = BURSTS[priority];
  last[priority] = Date.now();
  for (const after of pulses) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const start = audio.currentTime + after;
    tone.frequency.value = hz;
    tone.type = "triangle";
    volume.gain.setValueAtTime(0, start);
    volume.gain.linearRampToValueAtTime(0.35, start + 0.02);
    volume.gain.linearRampToValueAtTime(0, start + PULSE_S);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + PULSE_S + 0.02);
  }
}
