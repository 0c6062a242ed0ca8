// Runs before the first paint: marks that scripts work, and applies the theme that was chosen or,
// without a choice, the one that the system prefers.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("js");
  if (!root.hasAttribute("data-bs-theme")) {
    var chosen = /(?:^|; )theme=(dark|light)(?:;|$)/.exec(document.cookie);
    var dark = chosen ? chosen[1] === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.setAttribute("data-bs-theme", dark ? "dark" : "light");
  }
}());
