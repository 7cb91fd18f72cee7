// Lets the explanation of a claim be dismissed with Escape, and be read before a tap follows the link.
// Without it the explanations still show on focus and on hover.
document.addEventListener("DOMContentLoaded", () => {
  for (const claim of document.querySelectorAll(".claim")) {
    const link = claim.querySelector("a");
    let firstTap = false;
    link.addEventListener("pointerdown", (event) => {
      firstTap = event.pointerType !== "mouse" && !claim.matches(":focus-within");
    });
    link.addEventListener("click", (event) => {
      if (!firstTap) return;
      firstTap = false;
      event.preventDefault();
      link.focus();
    });
    for (const left of ["pointerleave", "focusout"]) {
      claim.addEventListener(left, () => claim.classList.remove("dismissed"));
    }
  }
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const claim of document.querySelectorAll(".claim:hover, .claim:focus-within")) claim.classList.add("dismissed");
  });
});
