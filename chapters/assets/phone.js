// On a phone visible code is folded, as other code is everywhere. Without scripts it stays open.
if (matchMedia("(max-width: 480px)").matches) {
  for (const code of document.querySelectorAll("div.cell > .cell_input")) {
    const fold = Object.assign(document.createElement("details"), { className: "admonition hide above-input" });
    const words = document.createElement("summary");
    words.innerHTML = '<p class="collapsed admonition-title">Show the code</p><p class="expanded admonition-title">Hide the code</p>';
    code.replaceWith(fold);
    fold.append(words, code);
  }
}
