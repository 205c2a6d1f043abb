// Put into the board's page before its own script: when messages came, how long they were worked on, what was drawn and when.
// Moments are ms since 1970, by the clock of this machine, which the sender of the events shares.

(() => {
  const now = () => performance.timeOrigin + performance.now();
  const told = { alerts: [], handled: [], longTasks: [], frames: { gaps: [], last: null }, full: null };
  window.told = told;
  const known = new Set();

  // The end of the frame in which something is drawn: a task that is queued from within the frame comes after it.
  const afterFrame = (then) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then(now());
    channel.port2.postMessage(null);
  });

  const isSeen = (element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return element.isConnected && bottom > 0 && top < innerHeight;
  };

  function takeTiles(tiles, came) {
    for (const tile of tiles) {
      for (const one of tile?.alerts ?? []) {
        const key = `${one.id} ${one.summary}`;
        if (one.hidden || known.has(key)) continue;
        known.add(key);
        afterFrame((painted) => {
          const element = document.querySelector(`[data-alert="${CSS.escape(one.id)}"]`);
          told.alerts.push({ id: one.id, summary: one.summary, came, painted, seen: element !== null && isSeen(element) });
        });
      }
    }
  }

  const listen = EventSource.prototype.addEventListener;
  EventSource.prototype.addEventListener = function (name, take, ...more) {
    return listen.call(this, name, (event) => {
      const came = now();
      take(event);
      told.handled.push({ name, ms: now() - came, bytes: event.data?.length ?? 0 });
      if (name === "ward") {
        afterFrame((painted) => {
          told.full ??= { tiles: document.querySelectorAll("[data-patient]").length, ms: painted - performance.timeOrigin, cameMs: came - performance.timeOrigin };
        });
      } else if (name === "tiles") {
        takeTiles(JSON.parse(event.data).map(([, tile]) => tile), came);
      }
    }, ...more);
  };

  new PerformanceObserver((list) => {
    for (const one of list.getEntries()) told.longTasks.push(one.duration);
  }).observe({ type: "longtask", buffered: true });
  const frame = (at) => {
    if (told.frames.last !== null) told.frames.gaps.push(at - told.frames.last);
    told.frames.last = at;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
})();
