// The application's pages: each module enhances what the server rendered; nothing depends on it.

import * as bell from "./bell.js";
import * as calendar from "./calendar.js";
import * as failures from "./failures.js";
import * as live from "./live.js";
import * as page from "./page.js";
import * as scheduleForm from "./schedule-form.js";
import * as scheduleList from "./schedule-list.js";
import * as schedules from "./schedules.js";
import * as thread from "./thread.js";

for (const part of [page, failures, bell, thread, schedules, scheduleList, calendar, scheduleForm, live]) part.start();
