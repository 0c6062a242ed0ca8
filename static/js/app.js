// The application's pages: each module enhances what the server rendered; nothing depends on it.

import * as attention from "./attention.js";
import * as bell from "./bell.js";
import * as contacts from "./contacts.js";
import * as calendar from "./calendar.js";
import * as failures from "./failures.js";
import * as live from "./live.js";
import * as page from "./page.js";
import * as scheduleForm from "./schedule-form.js";
import * as scheduleList from "./schedule-list.js";
import * as schedules from "./schedules.js";
import * as searchFields from "./search-fields.js";
import * as thread from "./thread.js";
import * as uploads from "./uploads.js";
import * as unseen from "./unseen.js";

for (const part of [page, failures, bell, attention, thread, unseen, schedules, scheduleForm, live]) part.start();
for (const part of [page, failures, bell, thread, schedules, scheduleForm, searchFields, live]) part.start();
for (const part of [page, failures, bell, attention, thread, schedules, scheduleForm, live]) part.start();
for (const part of [page, failures, bell, thread, schedules, scheduleForm, contacts, live]) part.start();
for (const part of [page, failures, bell, thread, schedules, scheduleList, scheduleForm, live]) part.start();
for (const part of [page, failures, bell, thread, schedules, scheduleForm, uploads, live]) part.start();
for (const part of [page, failures, bell, thread, schedules, scheduleList, calendar, scheduleForm, live]) part.start();
