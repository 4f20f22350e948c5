// What goes between the kernel and a page: for each view the state that both see (`…State`), the messages of the page
// (`…ToKernel`) and those of the kernel (`…ToPage`). The scripts are checked against it by tsc, Python's side by
// tests/unit/test_wire_kinds.py.

// --- the model that anywidget hands to a view --------------------------------------------------------

/** The parts of a message beside its content: its number, its view, its cell. */
export type Stamp = { number?: number; view?: string; cell?: number };
export type Buffer = DataView<ArrayBuffer>;
export type Listener<In> = (content: In, buffers?: Buffer[]) => void;
export type Listeners<State, In> = { [Name in keyof State & string as `change:${Name}`]?: () => void } & {
  "msg:custom"?: Listener<In>;
};

export interface Signal<Args> {
  connect(slot: (sender: unknown, args: Args) => void): void;
  disconnect(slot: (sender: unknown, args: Args) => void): void;
}

/** As much as is used of a page's connection to its kernel, as JupyterLab, Notebook 7 and Voilà have it. */
export interface KernelConnection {
  isDisposed: boolean;
  disposed: Signal<undefined>;
  statusChanged: Signal<string>;
  connectionStatusChanged?: Signal<string>;
  iopubMessage: Signal<{ header: { msg_type: string; session: string }; content: { execution_state?: string } }>;
}

/** Takes messages for the kernel; throws when there is none any more. Other front ends have no `kernel` there. */
export interface Sender<Out> {
  send(content: Out & Stamp, callbacks?: undefined, buffers?: ArrayBuffer[]): void;
  widget_manager?: { kernel?: KernelConnection | null };
}

/** The part of a model that a view reads and listens to. */
export interface Source<State, In, Out> extends Sender<Out> {
  get<Name extends keyof State>(name: Name): State[Name];
  on(name: string, listener: Listener<In>): void;
  off(name: string, listener: Listener<In>): void;
  /** Where a clip of the task is, in the place of its bytes by message; "" for nowhere. A kernel's model has none. */
  addressOf?(index: number): string;
}

/** The part of a model that a view also writes. */
export interface Model<State, In, Out> extends Source<State, In, Out> {
  set<Name extends keyof State>(name: Name, value: State[Name]): void;
  save_changes(): void;
}

/** The arguments of anywidget's call of a view. */
export type Rendering<State, In, Out> = { model: Model<State, In, Out>; el: HTMLElement };

// --- files in pieces ---------------------------------------------------------------------------------

/** Which file: the number of a task's clip, or a cell's clip or poster. */
export type FileName = { index: number; file?: "clip" | "poster" };
export type PieceAsked = FileName & { type: "clip"; view: string; offset: number; size: number };
export type Piece = FileName & { type: "clip"; view: string; offset: number } & (
    | { error: string }
    | { error?: undefined; total: number; mime: string; name: string }
  );

// --- task: the card ----------------------------------------------------------------------------------

export type Role = "character" | "reference";

/** The actions for a request that may have been paid for. */
export type Doubt = {
  log: string | null;
  place: string;
  cost: string;
  really: string;
  again: boolean;
  token: number;
};

/** The facts that change from poll to poll; `elapsed` in seconds as of now, `progress` 0–1. */
export type Live = {
  id: string;
  short: string;
  label: string;
  tone: string;
  progress: number | null;
  waiting: string;
  problem: string;
  cancel: string;
  elapsed: number | null;
  ticking: boolean;
  settle: Doubt | null;
};

export type TaskState = { html: string; live: Live };

export type TaskToKernel =
  | { type: "hello" }
  | { type: "copy"; form: string }
  | { type: "input"; name: Role }
  | { type: "cancel" }
  | { type: "settle"; what: "confirm" | "forget" | "again"; token: number; id?: string }
  | PieceAsked;

export type TaskToPage =
  | { type: "note"; text: string; again: boolean }
  | { type: "settled"; text: string }
  | { type: "form"; text: string }
  | { type: "input"; name: Role; url: string; kind: "image" | "video" }
  | Piece;

// --- sweep -------------------------------------------------------------------------------------------

/** Place and name of each cell; `kinds` are words and a colour by the letter of a code. */
export type SweepGrid = {
  name: string;
  sandbox: boolean;
  rows: string;
  columns: string;
  row_labels: string[];
  column_labels: string[];
  bands: { title: string; cells: (number | null)[][] }[];
  labels: string[];
  ratio: string;
  kinds: Record<string, [string, string]>;
};

export type Deed = "pause" | "run" | "retry" | "cancel";

/** `agreed` is what the sweep may cost in all after the click, US dollars. */
export type Offer = { label: string; ask: string; agreed?: number };

/** Totals, and what can be done; `left` in seconds. */
export type SweepHead = {
  state: string;
  tone: string;
  problem: string;
  hint: string;
  counts: Record<string, number>;
  money: string;
  left: number | null;
  ticking: boolean;
  actions: Partial<Record<Deed, Offer>>;
  token: number;
  acting: boolean;
};

/** `cells` are codes, see `readCode` of grid.js. */
export type SweepState = { grid: SweepGrid; cells: string[]; head: SweepHead };

export type SweepToKernel =
  | { type: "hello" }
  | { type: "act"; what: Deed; token: number; agreed: number }
  | { type: "posters"; cells: number[] }
  | { type: "open"; cell: number }
  | { type: "close" }
  | CellToKernel;

/** The questions of a cell's card. */
export type CellToKernel = Exclude<TaskToKernel, { type: "hello" }>;

export type SweepToPage =
  | { type: "heard"; number: number | null }
  | { type: "note"; text: string; view?: undefined }
  | { type: "posters"; view: string; cells: number[] }
  | { type: "card"; view: string; cell: number; html: string; live: Live | null }
  | (TaskToPage & { view: string; cell?: number });

// --- panel -------------------------------------------------------------------------------------------

/** A value that is chosen; null is "not sent". */
export type Choice = string | number | boolean | null;

/** A knob of the table in domain/knobs.py: its values where there are few, else it is typed, perhaps a whole number. */
export type Knob = { name: string; title: string; whole: boolean; options: { value: Choice; text: string }[] };

/** In a sweep, what each field has: text where it is typed, a list where it is chosen. */
export type Axes = Record<string, string | Choice[]>;

/** The form's values, the knobs by their names. A number that cannot be read stays text. */
export type FormValues = { [knob: string]: unknown } & Record<Role, string> & {
    character_type: "" | "image" | "video";
    seed_locked: boolean;
    allow_unlisted: boolean;
    replicates: string | number;
    sweep: boolean;
    axes: Axes;
  };

/** What becomes public where with a submission, to which its user has not agreed yet. */
export type Agreement = { place: string; text: string };
export type Note = { kind: string; text: string };
export type Preview = { address: string; name: string; url: string; kind: string; facts: string };
export type Plan = {
  count: number;
  grid: string;
  axes: [string, number, string][];
  counts: string[];
  buy: number;
  cost: number;
  total: string;
  price: string;
  ask: string;
};

/** The kernel's description of the form; empty at first. */
export type Shown = {
  findings: Record<string, Note[]>;
  valid: boolean;
  previews: Record<Role, Preview[]>;
  unseen: Record<Role, number>;
  inferred: string;
  moot: Record<string, string>;
  consent: string;
  agreement: Agreement | null;
  code: Record<string, string>;
  target: string;
  sandbox: boolean;
  switchable: boolean;
  samples: boolean;
  key: boolean;
  price: string;
  limit: string;
  cost: number;
  sweep: Plan | null;
  offer: { text: string; button: string } | null;
  said: Note & { place: string };
  token: number;
  sending: boolean;
};

/** Where a clip is cut, seconds, and a picture, fractions from its left and top; null: not at all. `turn` is clockwise. */
export type Cut = {
  start_s: number | null;
  end_s: number | null;
  crop: [number, number, number, number] | null;
  turn: 90 | 180 | 270 | null;
};

/**
 * A file of the reader's for an input, and how its preparation stands. `changes` are sentences about what preparing it
 * changes or has changed; `able`: it can be prepared here; `progress` 0–1, `width` and `height` as it is seen, pixels;
 * `cut` is the part that a page has chosen, for one that is loaded later.
 */
export type OwnFile = {
  role: Role;
  address: string;
  kind: "image" | "video";
  width: number | null;
  height: number | null;
  duration_s: number | null;
  stage: "looking" | "new" | "preparing" | "prepared";
  progress: number;
  changes: string[];
  able: boolean;
  cut: Cut | null;
};

export type PanelState = {
  values: FormValues;
  shown: Shown | { findings?: undefined };
  choices: { knobs: Knob[] };
};

export type PanelToKernel =
  | { type: "hello" }
  | { type: "submit"; token: number; target: string; cost: number; values: FormValues; agreed?: boolean; place?: string }
  | { type: "key"; key: string }
  | { type: "sandbox"; on: boolean }
  | { type: "samples" }
  | { type: "decline" }
  | { type: "paste"; text: string; place?: string }
  | { type: "upload"; view: string; role: Role; name: string; size: number; offset: number; recorded: boolean }
  | ({ type: "prepare"; role: Role; address: string } & Cut)
  | ({ type: "choose"; role: Role; address: string } & Cut)
  | { type: "stop"; role: Role }
  | { type: "reopen"; role: Role }
  | { type: "frames"; view: string; role: Role; address: string; count: number };

/**
 * `links` are the whole links behind addresses whose signature the state leaves out; "kept" answers a whole upload with
 * its address in the form, or one that was refused with ""; the frames of a file are JPEGs, `at` their seconds.
 */
export type PanelToPage =
  | { type: "heard"; number: number | null }
  | { type: "not taken" }
  | { type: "kept"; view: string; role: Role; address: string }
  | { type: "own"; files: OwnFile[] }
  | { type: "frames"; view: string; address: string; at: number[] }
  | { type: "links"; links: Record<string, string> };

// --- gallery -----------------------------------------------------------------------------------------

export type Axis = { name: string; label: string; values: string[] };
/** `over` are the cells that had ended without a clip when it began. */
export type Blind = { seed: number; revealed: boolean; over?: number[] };

/** Which axes are laid out, which values are picked of the others, the round of ratings, and how a blind rating stands. */
export type Layout = {
  rows: string;
  columns: string;
  picks: Record<string, number>;
  blind: Blind | null;
  size?: Size;
  round?: Round;
};

/** A round of ratings: its number, from 1, and who rates; "" has no name. */
export type Round = { round: number; rater: string };

/** The size of a gallery's tiles; "fit" shows all of them at once where possible. */
export type Size = "fit" | "small" | "medium" | "large" | "huge";

/** `stars` are the last that were given, `blind` says how; the two kinds stand beside each other. */
export type Rating = {
  stars: number | null;
  favourite: boolean;
  note: string;
  blind: boolean;
  open_stars: number | null;
  blind_stars: number | null;
};

/** What a rater gave in a round; `at` is when it changed last, Unix seconds. */
export type RoundRating = Rating & Round & { at: number | null };

/** `fps` in frames a second, `duration` in seconds; null where the file does not say. */
export type Clip = {
  id: string;
  width: number | null;
  height: number | null;
  fps: number | null;
  duration: number | null;
  bytes: number;
};

/** One cell; `place` is the number of its value on each axis, `progress` 0–1, `over` that it ended without a clip. */
export type GalleryCell = {
  index: number;
  place: number[];
  status: string;
  tone: string;
  text: string;
  over: boolean;
  progress: number | null;
  clip: Clip | null;
  poster: boolean | string;
  ratings: RoundRating[];
};

/** `again` is the beginning of a line of Python that finds the clips again. */
export type Title = { name: string; sandbox: boolean; again: string };

export type GalleryState = { title: Title; axes: Axis[]; choice: Layout };

/** `stars: 0` takes them away. */
export type RatingChange = { stars?: number; favourite?: boolean; note?: string; blind?: boolean };

/** "still there" has no answer: that it can be sent says it. */
export type GalleryToKernel =
  | { type: "hello" }
  | { type: "still there" }
  | { type: "references" }
  | ({ type: "rate"; index: number } & RatingChange & Round)
  | PieceAsked;

/** A performance's address goes as a message, which nothing keeps: it may be a signed link. */
export type ReferenceVideo = { url: string; label: string };

export type GalleryToPage =
  | { type: "cells"; cells: GalleryCell[] }
  | { type: "references"; videos: ReferenceVideo[] }
  | { type: "rated"; number: number; problem: string }
  | Piece;

// --- pairs: which of two clips is better -------------------------------------------------------------

/** A clip of a pair, by the number of its cell; nothing says what it is. */
export type PairClip = { index: number; clip: Clip | null };
export type Answer = "first" | "second" | "equal";

export type PairsState = { title: Title };

/** `answer` and "leave out" name the question that the page shows: one that was answered meanwhile is let be. */
export type PairsToKernel =
  | { type: "hello" }
  | { type: "rater"; rater: string }
  | { type: "answer"; question: string; answer: Answer }
  | { type: "back" }
  | { type: "leave out"; question: string; side: "first" | "second" }
  | PieceAsked;

/** The question that is open, after each message; `back` is how many answers of this view can be taken back. */
export type PairsToPage =
  | {
      type: "question";
      number: number | null;
      problem: string;
      rater: string;
      question: { id: string; first: PairClip; second: PairClip } | null;
      back: number;
      answered: number;
      pairs: number;
      enough: string;
    }
  | Piece;

// --- history -----------------------------------------------------------------------------------------

export type RowDeed = "show" | "load" | "resume" | "cancel";

/** One task, in words. */
export type Row = {
  key: string;
  id: string;
  short: string;
  label: string;
  tone: string;
  when: string;
  marks: string[];
  sweep: string;
  inputs: string[];
  knobs: string;
  told: string;
  path: string;
  source: string;
  poster: boolean;
  can: RowDeed[];
};

export type Filters = { status: string; since: string; text: string };
export type HistoryState = {
  rows: Row[];
  asked: Filters;
  told: { count?: string; money?: string; error?: string; open?: number };
  statuses: string[];
};

export type HistoryToKernel =
  | ({ type: "ask" } & Filters)
  | { type: "refresh" }
  | { type: "close" }
  | { type: "poster"; view: string; key: string }
  | { type: "show"; key: string }
  | { type: "load"; key: string }
  | { type: "resume"; key: string }
  | { type: "cancel"; key: string };

export type HistoryToPage =
  | { type: "heard"; number: number | null }
  | { type: "said"; text: string; opened: boolean }
  | { type: "poster"; view: string; key: string; mime: string };
