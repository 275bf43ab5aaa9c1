// Where does the focus go when what had it is gone?

/** Give it to the page's heading, so that the keyboard goes on from the top of the page. */
export function focusHeading(): void {
  document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
}
