// What every front end here needs.

// Elements from nested arrays: everything is set as text or attribute, never parsed as HTML.
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

// Only what changed is written: a screen reader announces a text that is set again.
export function put(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

// Copies a node's text, and says so on the button that was pressed for it.
export async function copyText(node, button, name = "Copy") {
  let done = true;
  try {
    await navigator.clipboard.writeText(node.textContent);
  } catch {
    // Not a secure page, or not allowed: select the text and copy the selection.
    getSelection().selectAllChildren(node);
    done = document.execCommand("copy");
  }
  put(button, done ? "Copied" : "Press Ctrl+C");
  setTimeout(() => put(button, name), 1500);
}

// JupyterLab takes arrows, Enter and letters for its cells, except where text is typed; Ctrl+S stays its own.
// Returns what ends it.
export function keepKeys(root) {
  const own = ({ target, ctrlKey, metaKey }) =>
    root.contains(target) && target.toggleAttribute("data-lm-suppress-shortcuts", !ctrlKey && !metaKey);
  addEventListener("keydown", own, { capture: true });
  return () => removeEventListener("keydown", own, { capture: true });
}

// What a button that pays listens to. The second click of a double click and a key held down mean the first again,
// also where a fast service has answered in between.
export function paying(act) {
  return {
    onclick: ({ detail }) => detail < 2 && act(),
    onkeydown: (event) => event.repeat && ["Enter", " "].includes(event.key) && event.preventDefault(),
  };
}

// Hears of a model's changes and messages; returns what ends it.
export function subscribe(model, handlers) {
  for (const [name, handler] of Object.entries(handlers)) model.on(name, handler);
  return () => {
    for (const [name, handler] of Object.entries(handlers)) model.off(name, handler);
  };
}
