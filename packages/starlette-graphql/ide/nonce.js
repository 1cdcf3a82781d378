// Gives the nonce of the page to every <style> that a library makes, so that the
// policy of the page allows these and no others.
//
// The editor and the dialogs make theirs while they run, and the editor has no
// setting for it.

const { nonce } = document.currentScript;
const { createElement } = Document.prototype;

Document.prototype.createElement = function (...names) {
  const element = createElement.apply(this, names);
  if (element instanceof HTMLStyleElement) element.nonce = nonce;
  return element;
};
