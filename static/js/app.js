// The application's pages. Each module enhances what the server rendered; every page also works without it.

import * as attention from "./attention.js";
import * as bell from "./bell.js";
import * as calendar from "./calendar.js";
import * as dates from "./dates.js";
import * as failures from "./failures.js";
import * as live from "./live.js";
import * as page from "./page.js";
import * as scheduleForm from "./schedule-form.js";
import * as scheduleList from "./schedule-list.js";
import * as schedules from "./schedules.js";
import * as searchFields from "./search-fields.js";
import * as thread from "./thread.js";
import * as unseen from "./unseen.js";
import * as uploads from "./uploads.js";
import * as writing from "./writing.js";

// `live` opens the stream, so it starts last: all other modules listen by then.
const parts = [
  writing,
  page,
  failures,
  bell,
  attention,
  thread,
  unseen,
  schedules,
  scheduleList,
  calendar,
  scheduleForm,
  searchFields,
  dates,
  uploads,
  live,
];
for (const part of parts) part.start();
