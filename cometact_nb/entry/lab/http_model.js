// The model of a card or a sweep whose facts come from the server's history, in the place of a kernel's.

/**
 * @import { Buffer, Listener, SweepToKernel, SweepToPage, TaskState, TaskToKernel, TaskToPage, SweepState } from "../../views/base/wire.d.ts"
 */

/**
 * A model that a view reads as if a kernel had it.
 * @template {object} State
 * @template In
 * @template {{ type: string }} Out
 */
export class HttpModel {
  /**
   * @param {State} state
   * @param {(content: Out & { view?: string, cell?: number }, model: HttpModel<State, In, Out>) => unknown} answer to what the view asks
   */
  constructor(state, answer = () => {}) {
    this.state = state;
    this.answer = answer;
    /** @type {Map<string, Set<Listener<In>>>} */
    this.listeners = new Map();
  }

  /**
   * @template {keyof State} Name
   * @param {Name} name
   */
  get(name) {
    return this.state[name];
  }

  set() {}

  save_changes() {}

  /**
   * @param {string} name
   * @param {Listener<In>} listener
   */
  on(name, listener) {
    this.listeners.set(name, (this.listeners.get(name) ?? new Set()).add(listener));
  }

  /**
   * @param {string} name
   * @param {Listener<In>} listener
   */
  off(name, listener) {
    this.listeners.get(name)?.delete(listener);
  }

  /** @param {Out & { view?: string, cell?: number }} content */
  send(content) {
    this.answer(content, this);
  }

  /**
   * New facts; a view draws what has changed.
   * @param {State} state
   */
  change(state) {
    const before = this.state;
    this.state = state;
    for (const name of /** @type {(keyof State & string)[]} */ (Object.keys(state)))
      if (JSON.stringify(before[name]) !== JSON.stringify(state[name])) this.call(`change:${name}`);
  }

  /**
   * @param {string} name
   * @param {any} [content]
   * @param {Buffer[]} [buffers]
   */
  call(name, content, buffers) {
    for (const listener of this.listeners.get(name) ?? []) listener(content, buffers);
  }
}

/**
 * The clip of a task that a view asked for in pieces.
 * @param {string} address
 * @param {any} asked
 * @param {HttpModel<any, any, any>} model
 */
export async function sendPiece(address, asked, model) {
  const { offset, size } = asked;
  try {
    const answer = await fetch(address, { headers: { Range: `bytes=${offset}-${offset + size - 1}` } });
    if (answer.status !== 206) throw new Error("The server has no such clip.");
    const total = Number(answer.headers.get("Content-Range")?.split("/")[1]);
    const mime = answer.headers.get("Content-Type") ?? "video/mp4";
    const buffer = new DataView(await answer.arrayBuffer());
    model.call("msg:custom", { ...asked, total, mime, name: `${asked.name ?? "clip"}.mp4` }, [buffer]);
  } catch (error) {
    model.call("msg:custom", { ...asked, error: error instanceof Error ? error.message : String(error) }, []);
  }
}
