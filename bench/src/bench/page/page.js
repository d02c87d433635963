// Put into the page of the app to measure from inside of it. Times are those of `performance.now()`, in milliseconds.
//
// "Painted" is the first task after a frame's callbacks in which the change was there: in between, the page has worked
// out styles and layout, and has painted. What the compositor does with it afterwards is not in these times.
window.roostBench ??= (() => {
  const later = (then) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      then(performance.now());
    };
    port2.postMessage(null);
  };

  // Looks in every frame until `isShown`, and tells in which frame it was so, when that began and when it was painted.
  const shown = (isShown) =>
    new Promise((resolve) => {
      let frames = 0;
      const look = () => {
        frames += 1;
        if (isShown()) {
          const frame = performance.now();
          later((painted) => resolve({ frames, frame, painted }));
        } else {
          requestAnimationFrame(look);
        }
      };
      requestAnimationFrame(look);
    });

  // The first event of a kind from now on, and when something was shown because of it.
  const after = (kind, isShown) =>
    new Promise((resolve) => {
      const options = { capture: true, once: true };
      addEventListener(
        kind,
        (event) => {
          const began = performance.now();
          let handled = began;
          // Heard last, and after the microtasks of those who heard it before: they have drawn what they had to draw.
          addEventListener(kind, () => (handled = performance.now()), { once: true });
          shown(isShown).then(({ frames, frame, painted }) =>
            resolve({
              reach: began - event.timeStamp,
              work: handled - began,
              wait: frame - handled,
              paint: painted - frame,
              total: painted - event.timeStamp,
              frames,
            }),
          );
        },
        options,
      );
    });

  const middle = (rect, part) => ({ x: rect.left + rect.width / 2, y: rect.top + rect.height * part });
  const card = (id) => document.querySelector(`[data-testid="card"][data-card-id="${id}"]`);
  const inView = (element) => {
    const rect = element.getBoundingClientRect();
    return rect.left >= 0 && rect.right <= innerWidth && rect.top >= 0 && rect.bottom <= innerHeight;
  };
  // Not under a toast, nor scrolled out of its list.
  const inReach = (element) => {
    const { x, y } = middle(element.getBoundingClientRect(), 0.5);
    return inView(element) && element.contains(document.elementFromPoint(x, y));
  };

  let pending = null;
  let recording = null;

  return {
    // Which card to take where for the drag of that number, among the lists in view: to the upper half of another one.
    plan(number) {
      const lists = [...document.querySelectorAll('[data-testid="list"]')].filter(inView);
      const from = lists[number % lists.length];
      const to = lists[(number + 1) % lists.length];
      const cards = (list) => [...list.querySelectorAll('[data-testid="card"]')].filter(inReach);
      const [ours, theirs] = [cards(from), cards(to)];
      const it = ours[(number * 3) % ours.length];
      const onto = theirs[(number * 5) % theirs.length];
      return {
        card: it.dataset.cardId,
        list: to.dataset.listId,
        from: middle(it.getBoundingClientRect(), 0.5),
        to: middle(onto.getBoundingClientRect(), 0.25),
      };
    },

    // Watches a card being dropped on a list.
    watchDrop(id, list) {
      const isThere = () => {
        const it = card(id);
        return it !== null && !it.classList.contains("card--place") && it.closest(".list").dataset.listId === list;
      };
      pending = after("pointerup", isThere);
    },

    // Watches a board being opened by a click.
    watchOpening(board) {
      pending = after("click", () => document.querySelector(`[data-board-id="${board}"] [data-testid="card"]`) !== null);
    },

    // Waits until a list has a name; tells when, in milliseconds since 1970.
    watchListName(id, name) {
      const css = `[data-list-id="${id}"] [data-testid="list-name"]`;
      const isThere = () => document.querySelector(css)?.textContent === name;
      pending = shown(isThere).then(({ painted }) => performance.timeOrigin + painted);
    },

    // What is being watched.
    watched: () => pending,

    // Notes the time between frames from now on, and scrolls the first list by so many pixels in each.
    record(pixels) {
      const scroller = document.querySelector(".list-scroll");
      recording = { frames: [], isOn: true };
      const mine = recording;
      let last = null;
      const tick = (now) => {
        if (last !== null) mine.frames.push(now - last);
        last = now;
        if (pixels !== 0) scroller.scrollTop += pixels;
        if (mine.isOn) requestAnimationFrame(tick);
      };
      requestAnimationFrame(tick);
    },

    // The times between frames since `record`.
    recorded() {
      recording.isOn = false;
      return recording.frames;
    },
  };
})();
