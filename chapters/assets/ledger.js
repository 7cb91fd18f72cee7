// Filters the ledger's rows by words and by verdict. Without it the page is complete.
document.addEventListener("DOMContentLoaded", () => {
  const table = document.querySelector("table.ledger");
  if (!table) return;
  const rows = [...table.tBodies[0].rows];
  const verdictOf = (row) => row.querySelector(".verdict")?.textContent.trim() ?? "";
  // Without the headings that cells show on a phone.
  const textOf = (row) =>
    [...row.querySelectorAll("p")]
      .flatMap((words) => [...words.childNodes].filter((part) => part.className !== "cell-head"))
      .map((part) => part.textContent)
      .join(" ")
      .toLowerCase();
  const occurring = new Set(rows.map(verdictOf));
  // In the order in which the page explains them.
  const named = [...document.querySelectorAll("article .verdict")].map((verdict) => verdict.textContent.trim());
  const verdicts = [...new Set(named)].filter((verdict) => occurring.has(verdict));
  const shown = new Set(verdicts);

  const controls = document.createElement("div");
  controls.className = "ledger-filter";
  const words = Object.assign(document.createElement("input"), { type: "search", placeholder: "Filter by words" });
  words.setAttribute("aria-label", "Filter the ledger by words");
  const count = document.createElement("output");

  const update = () => {
    const wanted = words.value.toLowerCase().split(/\s+/);
    for (const row of rows) {
      const text = textOf(row);
      const verdict = verdictOf(row);
      row.hidden = (verdict && !shown.has(verdict)) || !wanted.every((word) => text.includes(word));
    }
    count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length} claims`;
  };

  controls.append(words);
  for (const verdict of verdicts) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `verdict verdict-${verdict}`;
    button.textContent = verdict;
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      shown.has(verdict) ? shown.delete(verdict) : shown.add(verdict);
      button.setAttribute("aria-pressed", String(shown.has(verdict)));
      update();
    });
    controls.append(button);
  }
  controls.append(count);
  table.closest(".scroll-region").before(controls);
  words.addEventListener("input", update);
  update();
});
