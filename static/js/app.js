// The application's pages: each module enhances what the server rendered; nothing depends on it.

import * as bell from "./bell.js";
import * as live from "./live.js";
import * as page from "./page.js";
import * as scheduleForm from "./schedule-form.js";
import * as thread from "./thread.js";

for (const part of [page, bell, thread, scheduleForm, live]) part.start();
