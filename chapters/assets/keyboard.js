// The theme takes the focus from its own buttons when they are used. With a mouse that hides their hints;
// with the keyboard the place on the page would be lost, and a dialog could not give it back.
for (const button of document.querySelectorAll(".theme-switch-button, .search-button, .sidebar-toggle")) {
  button.blur = () => button.matches(":focus-visible") || HTMLElement.prototype.blur.call(button);
}
