// Tells whether a browser lets a page record, and why not: logic without a page.

import { LONGEST, SHORTEST } from "./trim.js";

/** The camera counts frames, not seconds, and may have begun late: a recording that is stopped sooner may be too short. */
export const STOPPABLE = SHORTEST + 0.3; // seconds
const FORMATS = ["video/mp4;codecs=avc1.640028,mp4a.40.2", "video/webm;codecs=vp8,opus", "video/webm", "video/mp4"];
/** @type {Record<string, string>} */
const CAUSES = {
  NotAllowedError: "The browser did not allow the camera. Allow it for this page (beside its address), or choose a file.",
  SecurityError: "The browser did not allow the camera. Allow it for this page (beside its address), or choose a file.",
  NotFoundError: "The browser finds no camera. Connect one, or choose a file.",
  OverconstrainedError: "The browser finds no camera. Connect one, or choose a file.",
  NotReadableError: "The camera cannot be read; another program may use it. Close that, or choose a file.",
  NotSupportedError: "This browser cannot record. Choose a file.",
};

/**
 * Why a page cannot record at all, in a sentence; "" where it can.
 * @param {{ isSecureContext: boolean, navigator: { mediaDevices?: unknown }, MediaRecorder?: unknown }} page such as `window`
 */
export function whyNot({ isSecureContext, navigator, MediaRecorder }) {
  if (!isSecureContext) return "Browsers give a camera to secure pages only. Open Jupyter by https or as localhost, or choose a file.";
  return navigator.mediaDevices && MediaRecorder ? "" : CAUSES.NotSupportedError;
}

/**
 * Why no camera came, in a sentence.
 * @param {unknown} error of `getUserMedia`
 */
export function cause(error) {
  const name = error instanceof Error ? error.name : "";
  return CAUSES[name] ?? `The camera does not work here (${name || "unknown error"}). Choose a file.`;
}

/**
 * Ask for camera and microphone, and for the camera alone where there is no microphone.
 * @template Stream
 * @param {(wanted: MediaStreamConstraints) => Promise<Stream>} get
 * @returns {Promise<Stream>}
 */
export async function cameraOf(get) {
  const video = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 }, facingMode: "user" };
  try {
    return await get({ video, audio: true });
  } catch (error) {
    // A missing microphone is told like a missing camera. Who refused is not asked a second time.
    if (!(error instanceof Error) || !["NotFoundError", "NotReadableError"].includes(error.name)) throw error;
    return await get({ video });
  }
}

/**
 * The first of the formats that a browser records; "" is its own choice.
 * @param {(format: string) => boolean} isSupported
 */
export function format(isSupported) {
  return FORMATS.find((one) => isSupported(one)) ?? "";
}

/**
 * The ending of a recording's name.
 * @param {string} mime
 */
export function ending(mime) {
  return /^video\/(mp4|quicktime)/.test(mime) ? "mp4" : "webm";
}

/**
 * How long a recording is under way, in words.
 * @param {number} elapsed seconds
 */
export function clock(elapsed) {
  return `● ${Math.min(elapsed, LONGEST).toFixed(1)} s of ${LONGEST} s`;
}
