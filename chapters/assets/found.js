// A page that the search found by a word of its text opens at the word. Sphinx would mark the words, but not where the
// theme brings the search to every page.
if (!document.querySelector("#search-results")) {
  SphinxHighlight.highlightSearchWords();
  setTimeout(() => {
    const words = [...document.querySelectorAll("article .highlighted")];
    const first = words.find((word) => word.checkVisibility());
    if (first && !location.hash) first.scrollIntoView({ block: "center" });
  }, 100);
}
