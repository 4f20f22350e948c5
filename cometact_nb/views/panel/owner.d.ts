import type { Choice, FormValues, PanelState, PanelToKernel, Role } from "../base/wire.d.ts";
import type { OwnFiles } from "./own_files.js";
import type { Recorder } from "./recorder.js";

/** The part of a panel that its parts use. */
export interface Owner {
  /** Begins every id of this view: a panel may have several on a page. */
  readonly id: string;
  readonly values: FormValues;
  readonly choices: PanelState["choices"];
  /** A control was changed; of text that is being typed, its field. */
  edited(typing?: string): void;
  /** The form holds these values now. */
  set(values: FormValues): void;
  /** Show what the form holds. */
  fill(): void;
  ask(content: PanelToKernel): void;
  upload(role: Role, file: File | undefined): void;
  /** Records a reference from the camera. */
  readonly recorder: Recorder;
  /** The reader's own files. */
  readonly own: OwnFiles;
  submit(agreed?: boolean): void;
}

/** A value that may be chosen, and how it looks. */
export type Option = [Choice, ...(string | Node)[]];

/** The control of a knob. */
export interface Control {
  readonly root: HTMLElement;
  /** Its value, or all of a sweep's, as text for a text field. */
  read(sweep: boolean): Choice | Choice[];
  /** Shows what the form holds of the knob. */
  fill(held: unknown, sweep: boolean): void;
  /** Values of the form beside the knob's own. */
  beside?(): Partial<FormValues>;
  touch?(): void;
  draw?(): void;
}
