// Runs before the first paint. Marks that scripts work, and applies the chosen theme or, without a
// choice, the system's preference.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");
  if (!root.hasAttribute("data-bs-theme")) {
    var chosen = /(?:^|; )theme=(dark|light)(?:;|$)/.exec(document.cookie);
    var dark = chosen ? chosen[1] === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.setAttribute("data-bs-theme", dark ? "dark" : "light");
  }
})();
