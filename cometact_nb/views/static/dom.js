// What every front end here builds its elements with. Put above the module that uses it: there is no bundler,
// and a module of a widget cannot import its neighbour.

// Elements from nested arrays: everything is set as text or attribute, never parsed as HTML.
function h(tag, attributes = {}, ...children) {
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
function put(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}
