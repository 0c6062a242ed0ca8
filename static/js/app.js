// The application's pages: each module enhances what the server rendered; nothing depends on it.

import * as attention from "./attention.js";
import * as bell from "./bell.js";
import * as failures from "./failures.js";
import * as live from "./live.js";
import * as page from "./page.js";
import * as scheduleForm from "./schedule-form.js";
import * as scheduleList from "./schedule-list.js";
import * as schedules from "./schedules.js";
import * as searchFields from "./search-fields.js";
import * as thread from "./thread.js";

for (const part of [page, failures, bell, attention, thread, schedules, scheduleList, scheduleForm, searchFields, live]) part.start();
