// Asks the server part for tasks, sweeps, clips, and what the doctor says.

/**
 * @import { DoctorAnswer, KeeperStatus, ServerStatus, SweepDetails, SweepEntry, SweepGallery, TaskDetails, TaskEntry, Today } from "./server.d.ts"
 * @import { Page } from "./rows.js"
 * @typedef {"missing" | "denied" | "away" | "failed"} Kind
 * @typedef {{ baseUrl: string }} Settings as much as is used of JupyterLab's
 * @typedef {object} Connection JupyterLab's ServerConnection, which adds token and XSRF header
 * @property {(url: string, init: RequestInit, settings: any) => Promise<Response>} makeRequest
 */

const FILE = /^(?:clips|posters)\/[A-Za-z0-9_-]+\/\d+$/;
/** @type {Record<Kind, string>} */
const WORDS = {
  missing: "This Jupyter server has no part of cometact_nb that lists tasks. Install cometact_nb where the server runs, and restart it.",
  denied: "The server does not let this page in: its token may have expired. Sign in again in a new tab, then press Refresh.",
  away: "The server does not answer. This page asks again by itself.",
  failed: "The server could not answer.",
};

export class ServerError extends Error {
  /**
   * @param {Kind} kind
   * @param {string} [detail] the server's own words
   */
  constructor(kind, detail = "") {
    super(kind === "failed" && detail ? detail : WORDS[kind]);
    this.kind = kind;
  }
}

/**
 * Reads the meaning of an HTTP status.
 * @param {number} status
 * @param {string} detail the server's own words, which only our part has for what it does not find
 * @returns {Kind}
 */
export function kindOf(status, detail) {
  if (status === 401 || status === 403) return "denied";
  return status === 404 && !detail ? "missing" : "failed";
}

/**
 * The query of an address; what is empty is left out.
 * @param {Record<string, string | number | null | undefined>} values
 */
export function queryOf(values) {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (value !== null && value !== undefined && value !== "") query.set(name, String(value));
  const text = query.toString();
  return text && `?${text}`;
}

export class Api {
  /**
   * @param {Connection} connection
   * @param {Settings} settings
   */
  constructor(connection, settings) {
    this.connection = connection;
    this.settings = settings;
    this.root = `${settings.baseUrl.replace(/\/?$/, "/")}cometact-nb/api/`;
  }

  /** @param {(string | number)[]} parts of an address, each of them one segment */
  url(...parts) {
    return this.root + parts.map((part) => encodeURIComponent(part)).join("/");
  }

  /**
   * @param {string} url
   * @param {RequestInit} [init]
   * @throws {ServerError}
   */
  async ask(url, init = {}) {
    /** @type {Response} */
    let answer;
    try {
      answer = await this.connection.makeRequest(url, init, this.settings);
    } catch {
      throw new ServerError("away");
    }
    const body = await answer.json().catch(() => null);
    const detail = String(body?.message ?? "");
    if (!answer.ok) throw new ServerError(kindOf(answer.status, detail), detail);
    if (body === null) throw new ServerError("missing"); // such as the page of a login
    return body;
  }

  /** @returns {Promise<ServerStatus>} */
  status() {
    return this.ask(this.url("status"));
  }

  /**
   * @param {{ status?: string, text?: string, since?: string, limit: number, before: string | null }} query
   * @returns {Promise<Page<TaskEntry>>}
   */
  async tasks(query) {
    const { tasks, next } = await this.ask(this.url("tasks") + queryOf(query));
    return { rows: tasks, next };
  }

  /**
   * @param {string} key
   * @returns {Promise<TaskDetails>}
   */
  task(key) {
    return this.ask(this.url("tasks", key));
  }

  /**
   * The sweeps with this text in their names or grids; there are few, so the server sends them all.
   * @param {string} text
   * @param {number} limit
   * @returns {Promise<Page<SweepEntry>>}
   */
  async sweeps(text, limit) {
    /** @type {{ sweeps: SweepEntry[] }} */
    const { sweeps } = await this.ask(this.url("sweeps") + queryOf({ limit }));
    const words = text.toLowerCase().split(/\s+/);
    const has = (/** @type {SweepEntry} */ { name, grid, state }) =>
      words.every((word) => `${name} ${grid} ${state}`.toLowerCase().includes(word));
    return { rows: sweeps.filter(has), next: null };
  }

  /**
   * @param {string} key
   * @returns {Promise<SweepDetails>}
   */
  sweep(key) {
    return this.ask(this.url("sweeps", key));
  }

  /**
   * @param {string} key of a sweep
   * @returns {Promise<SweepGallery>}
   */
  gallery(key) {
    return this.ask(this.url("galleries", key));
  }

  /** @returns {Promise<Today>} */
  today() {
    return this.ask(this.url("today"));
  }

  /**
   * @param {string} path of a file, from the server's root
   * @returns {Promise<DoctorAnswer>}
   */
  doctor(path) {
    return this.ask(this.url("doctor") + queryOf({ path }));
  }

  /**
   * @param {boolean} on
   * @returns {Promise<KeeperStatus>}
   */
  async keep(on) {
    const { keeper } = await this.ask(this.url("keeper"), { method: "POST", body: JSON.stringify({ on }) });
    return keeper;
  }

  /**
   * The whole address of a clip or poster.
   * @param {string} address as an answer names it
   */
  file(address) {
    return FILE.test(address) ? this.root + address : "";
  }
}
