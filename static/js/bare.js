// Pages without the application's frame, such as the sign-in.

import { start } from "./page.js";

start();
