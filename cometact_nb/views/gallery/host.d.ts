import type { Axis, GalleryCell, Layout, Rating, RatingChange, Round } from "../base/wire.d.ts";

/** A cell with its rating in the round that is shown. */
export type RatedCell = GalleryCell & { rating: Rating };

/** The source of a gallery's clips: a kernel (gallery.js), or files beside a page (views/report/report.js). */
export interface Host {
  /** `label` is its name to a screen reader where it shows no sweep. */
  title: { name: string; sandbox: boolean; label?: string };
  axes: Axis[];
  choice: Layout;
  save(choice: Layout): void;
  /** Promises the address of a cell's clip. */
  clip(index: number, urgent: boolean): Promise<string>;
  /** Promises the address of a cell's poster. */
  poster(index: number): Promise<string>;
  /** Lets go of a clip's address. */
  free(index: number, url: Promise<string>): void;
  /** Asks for the reference performances, which come to the view's `references`; missing where there are none to be had. */
  references?(): void;
  /** Is missing where ratings cannot be kept; `before` is what to show again if this one cannot. */
  rate?(index: number, change: RatingChange & Round, before: Rating): void;
}
