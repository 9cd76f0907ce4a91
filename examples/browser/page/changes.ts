/** What changed while one looks on, newest first. */
import type { Change } from "../../files/volume.js";
import { byId, element } from "./dom.js";
import { formatAge } from "./format.js";

const KEPT_CHANGES = 100;
const list = byId("changes");

setInterval(() => {
  for (const time of list.querySelectorAll("time")) time.textContent = formatAge(new Date(time.dateTime));
}, 1000);

export function showChange({ path, what }: Change): void {
  const now = new Date();
  const last = list.firstElementChild;
  if (last instanceof HTMLElement && last.dataset["what"] === what && last.title.startsWith(`${path} was`))
    last.remove();
  list.prepend(
    element(
      "li",
      { "class": "flash", "data-what": what, "title": `${path} was ${what}` },
      element("span", { class: "name" }, path),
      element("time", { datetime: now.toISOString() }, formatAge(now)),
    ),
  );
  while (list.childElementCount > KEPT_CHANGES) list.lastElementChild?.remove();
}

/** Which folder they are from. */
export function showWatched(path: string): void {
  byId("watched").textContent = path === "" ? "in the top folder" : `in ${path}`;
}
