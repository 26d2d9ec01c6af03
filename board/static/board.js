// The page's front door: each module minds one thing.
import { listen } from "./stream.js";
import { startTicking } from "./ticking.js";
import { watch } from "./watch.js";
import { panel } from "./panel.js";
import { keys } from "./keys.js";
import { kiosk } from "./kiosk.js";

startTicking();
const guard = watch();
listen(guard);
panel();
keys();
if ("kiosk" in document.documentElement.dataset) kiosk();
