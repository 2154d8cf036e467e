// A classic script in the head: the chosen theme is there before anything is drawn.
(() => {
  const KEY = "catscan-theme";
  const chosen = (() => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is forbidden: the system's theme it is
    }
  })();
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
  const dark = matchMedia("(prefers-color-scheme: dark)");

  function shown() {
    return document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
  }

  function label(button) {
    const other = shown() === "dark" ? "light" : "dark";
    button.textContent = other === "light" ? "Light" : "Dark";
    button.setAttribute("aria-label", `Change to the ${other} theme`);
  }

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    label(button);
    dark.addEventListener("change", () => label(button));
    button.addEventListener("click", () => {
      const wanted = shown() === "dark" ? "light" : "dark";
      document.documentElement.dataset.theme = wanted;
      try {
        localStorage.setItem(KEY, wanted);
      } catch {
        // it holds for this visit
      }
      label(button);
    });
  });
})();
