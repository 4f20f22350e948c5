// The model of a task's card that shows one cell of a sweep.

/**
 * @import { Buffer, CellToKernel, Listener, TaskState, TaskToKernel, TaskToPage, Source, Stamp } from "../base/wire.d.ts"
 * @implements {Source<TaskState, TaskToPage, TaskToKernel>}
 */
export class CellModel {
  /**
   * @param {(content: CellToKernel) => void} forward hands a message about the cell on to the kernel
   * @param {TaskState} state
   */
  constructor(forward, state) {
    this.forward = forward;
    this.state = state;
    /** @type {Map<string, Listener<TaskToPage>>} */
    this.listeners = new Map();
  }

  /**
   * @template {keyof TaskState} Name
   * @param {Name} name
   */
  get(name) {
    return this.state[name];
  }

  /**
   * @param {string} name
   * @param {Listener<TaskToPage>} listener
   */
  on(name, listener) {
    this.listeners.set(name, listener);
  }

  /** @param {string} name */
  off(name) {
    this.listeners.delete(name);
  }

  /** @param {TaskToKernel} content */
  send(content) {
    if (content.type === "hello") return; // the sweep told it when the cell was opened
    this.forward(content);
  }

  /** @param {TaskState} state */
  change(state) {
    const before = this.state;
    this.state = state;
    if (before.html !== state.html) this.call("change:html");
    this.call("change:live");
  }

  /**
   * @param {TaskToPage & Stamp} content
   * @param {Buffer[]} buffers
   */
  message(content, buffers) {
    this.call("msg:custom", content, buffers);
  }

  /**
   * @param {string} name
   * @param {TaskToPage} [content]
   * @param {Buffer[]} [buffers]
   */
  call(name, content, buffers) {
    this.listeners.get(name)?.(/** @type {TaskToPage} a change has none, and its listener takes none */ (content), buffers);
  }
}
