// Live events: one connection per browser, whatever the number of tabs.

const handlers = new Map();

/** Calls `handler(data)` for every event of that type: "notification", "bell", "conversation", "schedules", "sync". */
export function on(type, handler) {
  handlers.set(type, [...(handlers.get(type) ?? []), handler]);
}

export function start() {}
