// Answers of the Jupyter server's extension, below {base_url}cometact-nb/api/. Made from
// entry/server/answers.py by tests/support/server_types.py. Addresses are relative to that place, times are
// Unix seconds, amounts US dollars.

/** One clip of a task. */
export interface ClipEntry {
  /** its address; null when its file is not there. */
  clip: string | null;
  /** address of its poster; null without one. */
  poster: string | null;
  /** of its file. */
  name: string;
  /** its size. */
  bytes: number;
  /** its hash, hexadecimal. */
  sha256: string;
  /** pixels, or null. */
  width: number | null;
  /** pixels, or null. */
  height: number | null;
  /** frames per second, or null. */
  fps: number | null;
  /** seconds, or null. */
  duration_s: number | null;
  /** why there is no address, or an empty string. */
  problem: string;
}

/** ``GET doctor``: whether the vendor would take a file. */
export interface DoctorAnswer {
  /** as it was asked for. */
  path: string;
  /** false when there is an error. */
  ok: boolean | null;
  /** in a sentence. */
  verdict: string;
  /** everything, as ``act.inspect`` prints it. */
  text: string;
  /** the same as ``act.inspect(…).to_dict()`` has it, without this machine's path. */
  inspection: Record<string, unknown>;
}

/** One history that the server reads. */
export interface HistoryStatus {
  /** its name in rows; ``default`` for the user's own. */
  label: string;
  /** whether the file exists. */
  there: boolean;
  /** the reason why it is not read, or an empty string. */
  problem: string;
  /** the number of its tasks that have not ended, or whose video was not fetched. */
  unfinished: number;
}

/** The present work of the keeper. */
export interface KeeperStatus {
  /** whether it is switched on. */
  on: boolean;
  /** whether this user may switch it. */
  possible: boolean;
  /** in one sentence. */
  state: string;
  /** the number of tasks that it polls or fetches now. */
  watching: number;
  /** the number of unfinished tasks that living kernels watch. */
  kernels: number;
  /** the number of unfinished tasks of other services, which it leaves alone. */
  elsewhere: number;
  /** the number of clips that it has fetched since the server started. */
  fetched: number;
  /** keys of those that it watches, the oldest first, up to 200. */
  tasks: string[];
  /** the reason why it cannot work, or an empty string. */
  problem: string;
}

/** ``GET status``. */
export interface ServerStatus {
  /** of cometact_nb. */
  version: string;
  /** that the server reads. */
  histories: HistoryStatus[];
  /** what it does. */
  keeper: KeeperStatus;
}

/** ``GET sweeps/{key}``. */
export interface SweepDetails {
  /** the row of the list. */
  sweep: SweepEntry;
  /** as the trait of the live view: the place of each cell. */
  grid: Record<string, unknown>;
  /** as the trait of the live view: each cell's state. */
  cells: string[];
  /** as the trait of the live view: totals, and possible actions, which need a kernel. */
  head: Record<string, unknown>;
  /** for each cell the key of its task, or null. */
  tasks: (string | null)[];
  /** for each cell the address of its clip, or null. */
  clips: (string | null)[];
  /** for each cell the address of its poster, or null. */
  posters: (string | null)[];
  /** the line of Python that takes the sweep up in a notebook; it buys nothing. */
  line: string;
}

/** One sweep in a list. */
export interface SweepEntry {
  /** made of its name and its service. */
  key: string;
  /** of the sweep. */
  name: string;
  /** ``running``, ``paused``, ``cancelled`` or ``bought``, as its user left it. */
  state: string;
  /** whether a living kernel sends or polls for it now. */
  in_kernel: boolean;
  /** the number of its cells. */
  cells: number;
  /** its fields with several values, in words. */
  grid: string;
  /** the number of its requests by status. */
  sent: Record<string, number>;
  /** the same in words. */
  outcome: string;
  /** their cost, certain or possible. */
  spent_usd: number;
  /** the same in words; empty in a sandbox. */
  spent: string;
  /** when it was first run. */
  created: number;
  /** when it was last run, paused or cancelled. */
  updated: number;
  /** whether it ran in the sandbox. */
  sandbox: boolean;
  /** label of its history. */
  history: string;
}

/** ``GET galleries/{key}``: the gallery of a sweep. */
export interface SweepGallery {
  /** the row of the list. */
  sweep: SweepEntry;
  /** as the trait of the live gallery. */
  axes: Record<string, unknown>[];
  /** the same: how the axes lie at first, and the round of ratings that is shown. */
  choice: Record<string, unknown>;
  /** as the live gallery gets them, with their ratings; a clip whose file is not there is null. */
  cells: Record<string, unknown>[];
  /** for each cell the address of its clip, or null. */
  clips: (string | null)[];
  /** for each cell the address of its poster, or null. */
  posters: (string | null)[];
  /** the line of Python that shows it live in a notebook; it buys nothing. */
  line: string;
}

/** ``GET sweeps``, the last run first. */
export interface SweepPage {
  /** up to ``limit``. */
  sweeps: SweepEntry[];
}

/** ``GET tasks/{key}``. */
export interface TaskDetails {
  /** the row of the list. */
  task: TaskEntry;
  /** as the trait of the live card: HTML with slots, made of escaped text. */
  html: string;
  /** as the trait of the live card: the content of the slots. */
  live: Record<string, unknown>;
  /** all clips, for the slots ``data-clip`` of ``html``. */
  clips: ClipEntry[];
  /** the line of Python that takes the task up in a notebook. */
  line: string;
}

/** One task in a list. */
export interface TaskEntry {
  /** its local identity, by which every other route finds it. */
  key: string;
  /** the service's id; null before it has one. */
  id: string | null;
  /** the beginning of either, to show. */
  short: string;
  /** a status of ``act.Status``. */
  status: string;
  /** the status in words. */
  label: string;
  /** its colour, CSS. */
  tone: string;
  /** the facts of its clip, or what happened, in a sentence. */
  outcome: string;
  /** 0–1, or null. */
  progress: number | null;
  /** whether nothing more happens by itself. */
  settled: boolean;
  /** when it was begun; null for an unknown time. */
  created: number | null;
  /** the time of the last record; later news are not here. */
  as_of: number;
  /** name of the sweep that it was bought for, or an empty string. */
  sweep: string;
  /** of that sweep, or an empty string. */
  sweep_key: string;
  /** the names of character and reference. */
  inputs: string[];
  /** its settings in words. */
  knobs: string;
  /** of its clip, for people; an empty string before there is one. */
  folder: string;
  /** address of its first clip; null when there is none, or its file is not there. */
  clip: string | null;
  /** address of that clip's poster; null without one. */
  poster: string | null;
  /** the price that it was expected to have; null when that is not known. */
  price_usd: number | null;
  /** its cost in words, as far as anyone here can know. */
  money: string;
  /** whether it ran in the sandbox, where nothing is billed. */
  sandbox: boolean;
  /** label of its history. */
  history: string;
}

/** ``GET tasks``, the newest first. */
export interface TaskPage {
  /** of this page. */
  tasks: TaskEntry[];
  /** for ``before``, to get the next page; null on the last. */
  next: string | null;
}

/** ``GET today``: what the paid tasks of a day cost, by the prices known here. */
export interface Today {
  /** the sum, without requests in doubt. */
  usd: number;
  /** their number. */
  tasks: number;
  /** the number of requests that may have been bought. */
  in_doubt: number;
  /** what these may have cost. */
  in_doubt_usd: number;
  /** the number of tasks whose price is not known. */
  unpriced: number;
  /** the beginning of the day. */
  since: number;
  /** the sum in words. */
  title: string;
  /** of how many requests it is, and what is in doubt, in words. */
  line: string;
  /** where the figure is from, and where it is not from, in a sentence. */
  source: string;
}
