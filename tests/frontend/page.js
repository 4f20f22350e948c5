// As little of a page as the controls of a form ask for.

class Element {
  constructor(tag) {
    this.tag = tag;
    this.children = [];
    this.listeners = {};
    this.dataset = {};
    this.style = { setProperty: () => {} };
    this.classList = { toggle: () => {} };
    this.value = "";
    this.checked = false;
  }

  get id() {
    return this.attributes?.id;
  }

  get firstChild() {
    return this.children[0];
  }

  get textContent() {
    return this.children.map((child) => child.textContent ?? child).join("");
  }

  set textContent(text) {
    this.children = [text];
  }

  setAttribute(name, value) {
    this.attributes = { ...this.attributes, [name]: value };
    if (name === "value" || name === "type") this[name] = value;
  }

  hasAttribute(name) {
    return name in (this.attributes ?? {});
  }

  addEventListener(kind, listener) {
    this.listeners[kind] = listener;
  }

  append(...children) {
    this.children.push(...children);
  }

  fire(kind) {
    this.listeners[kind]();
  }

  /** Every element in it of a tag. */
  all(tag) {
    const inside = this.children.flatMap((child) => child.all?.(tag) ?? []);
    return this.tag === tag ? [this, ...inside] : inside;
  }
}

globalThis.document = { createElement: (tag) => new Element(tag) };
