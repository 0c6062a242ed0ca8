// Chooses the leading tab if the browser has no Web Locks: on plain HTTP from a host other than
// localhost. The leader writes the time into the storage that all tabs share, and leads as long as it
// does so.

const BEAT = 1_000;
/**
 * Visible tabs replace a silent leader after this time. Timers of hidden tabs run only once a minute, so they wait for
 * GONE.
 */
const SILENT = 15_000;
const GONE = 90_000;

/** Calls `lead` and `stepDown` in turn. Returns `false` if there is no storage. */
export function lease(name, self, lead, stepDown) {
  const key = `${name}-leader`;
  let leads = false;
  /** A page that is being left still gets a visibilitychange event, and must not lead then. */
  let isLeft = false;

  const held = () => {
    try {
      return JSON.parse(localStorage.getItem(key));
    } catch {
      return null;
    }
  };
  const write = () => localStorage.setItem(key, JSON.stringify({ id: self, at: Date.now() }));

  function look() {
    if (isLeft) return;
    const leader = held();
    const age = leader ? Date.now() - leader.at : Infinity;
    const isLed = leader?.id !== self && age >= 0 && age < (document.hidden ? GONE : SILENT);
    if (!isLed) write();
    if (isLed === !leads) return;
    leads = !isLed;
    if (leads) lead();
    else stepDown();
  }

  function leave() {
    isLeft = true;
    if (!leads) return;
    leads = false;
    stepDown();
    localStorage.removeItem(key);
  }

  try {
    localStorage.setItem(`${key}-try`, "");
    localStorage.removeItem(`${key}-try`);
  } catch {
    return false;
  }
  setInterval(look, BEAT);
  addEventListener("storage", (event) => event.key === key && event.newValue === null && look());
  addEventListener("pagehide", leave);
  addEventListener("pageshow", () => {
    isLeft = false;
    look();
  });
  document.addEventListener("visibilitychange", look);
  look();
  return true;
}
