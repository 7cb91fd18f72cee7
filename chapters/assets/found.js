// A page that the search found by a word of its text opens at the word.
window.addEventListener("load", () => setTimeout(() => {
  const words = [...document.querySelectorAll("article .highlighted")];
  const first = words.find((word) => word.checkVisibility());
  if (first && !location.hash) first.scrollIntoView({ block: "center" });
}, 100));
