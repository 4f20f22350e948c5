// The files beside a notebook: a clip with its poster and the JSON that says how it was made.

import { h } from "../../views/base/dom.js";
import { duration } from "../../views/task/card.js";

/**
 * @import { Facts } from "./facts.js"
 * @typedef {{ resolveUrl: (url: string) => Promise<string>, getDownloadUrl: (path: string) => Promise<string> }} Resolver
 * @typedef {{ task: any, request: any, clip: any, clipUrl: string, posterUrl: string }} ClipFiles
 */

/**
 * The address of a file beside the notebook.
 * @param {Resolver} resolver
 * @param {string} path
 */
async function addressOf(resolver, path) {
  const encoded = path.split("/").map(encodeURIComponent).join("/");
  return resolver.getDownloadUrl(await resolver.resolveUrl(encoded));
}

/**
 * The files of a task's first clip; null while there are none, or if they are another task's.
 * @param {Facts} facts
 * @param {Resolver | null} resolver
 * @returns {Promise<ClipFiles | null>}
 */
export async function clipFiles(facts, resolver) {
  if (!facts.files || !resolver) return null;
  try {
    const answer = await fetch(await addressOf(resolver, `${facts.files}.json`), { cache: "no-cache" });
    if (!answer.ok) return null;
    const { made_by, task, request, clip } = await answer.json();
    if (!String(made_by).startsWith("cometact_nb ") || task?.key !== facts.key || !clip) return null;
    const clipUrl = await addressOf(resolver, `${facts.files}.mp4`);
    const posterUrl = clip.poster ? await addressOf(resolver, `${facts.files}.jpg`) : "";
    return { task, request, clip, clipUrl, posterUrl };
  } catch {
    return null; // nothing there that can be read
  }
}

/** @param {any} value */
const isNumber = (value) => typeof value === "number" && Number.isFinite(value);

/** @param {any} clip */
function clipWords(clip) {
  const words = [];
  if (isNumber(clip.width) && isNumber(clip.height)) words.push(`${clip.width} × ${clip.height}`);
  if (isNumber(clip.fps)) words.push(`${Number(clip.fps.toPrecision(4))} fps`);
  if (isNumber(clip.duration_s)) words.push(`${clip.duration_s.toFixed(1)} s`);
  if (isNumber(clip.bytes)) words.push(clip.bytes >= 1e6 ? `${(clip.bytes / 1e6).toFixed(1)} MB` : `${Math.round(clip.bytes / 1e3)} kB`);
  return words.join(" · ");
}

/**
 * The video in its room, with its name and facts.
 * @param {ClipFiles} files
 */
function videoOf({ clip, clipUrl, posterUrl }) {
  const poster = posterUrl || undefined;
  const video = h("video", { src: clipUrl, poster, controls: true, loop: true, playsinline: true, preload: "auto", class: "file" });
  const name = h("a", { href: clipUrl, download: true }, String(clip.path));
  return [video, h("div", { class: "where" }, name), h("div", {}, clipWords(clip))];
}

/**
 * Makes the line above the record of a task that has ended since, with its clip.
 * @param {ClipFiles} files
 */
export function endedSince(files) {
  const { task } = files;
  const known = isNumber(task.ended_at) && isNumber(task.submitted_at);
  const took = known ? ` after ${duration(task.ended_at - task.submitted_at)}` : "";
  const when = isNumber(task.ended_at) ? `, ${new Date(1000 * task.ended_at).toISOString().slice(0, 16).replace("T", " ")} UTC` : "";
  return h(
    "section",
    { class: "cometact-ended", "aria-label": "How the task ended" },
    h("strong", {}, "SUCCEEDED"),
    task.sandbox === true ? h("strong", { class: "sandbox" }, "SANDBOX") : null,
    `Act-Two ${String(task.id ?? task.key).slice(0, 8)}${took}${when}. Its clip lies beside this notebook.`,
    ...videoOf(files),
  );
}
