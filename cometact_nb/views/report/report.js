// The gallery in an exported report: clips are files beside the page, ratings are as they were.

import { GalleryView } from "../gallery/view.js";

class Files {
  constructor(data) {
    this.title = data.title;
    this.axes = data.axes;
    this.choice = data.choice;
    this.cells = new Map(data.cells.map((cell) => [cell.index, cell]));
  }

  save(choice) {
    this.choice = choice;
  }

  async clip(index) {
    return this.cells.get(index).src;
  }

  async poster(index) {
    return this.cells.get(index).poster;
  }

  free() {}
}

const data = JSON.parse(document.getElementById("data").textContent);
const place = document.getElementById("gallery");
place.replaceChildren();
new GalleryView(place, new Files(data)).setCells(data.cells);
