/**
 * A volume: where one is in it, what lies there, and what changes there. Everything that it holds of the server it gives
 * back when it moves on.
 */
import type { FolderStub, VolumeStub, WatchStub } from "../../../generated/examples/files/volume.rpc.js";
import type { Change, Entry, Match } from "../../files/volume.js";
import { showChange, showWatched } from "./changes.js";
import { byId, element } from "./dom.js";
import { formatBytes, formatDate } from "./format.js";
import { closePreview, showFile } from "./preview.js";
import { upload } from "./transfers.js";

const list = byId("list");
const path = byId("path");
/** Changes that come together are shown by one look at the folder. */
const REFRESH_MS = 80;
const MOST_MATCHES = 500;

export class Explorer {
  readonly #volume: VolumeStub;
  readonly #name: string;
  #path = "";
  #folder: FolderStub | undefined;
  #watch: WatchStub | undefined;
  #visit = 0; // counts, so that what arrives late from the last folder is not shown in this one
  #refresh: number | undefined;
  #search: AbortController | undefined;
  readonly #changed = new Set<string>();

  constructor(volume: VolumeStub, name: string) {
    this.#volume = volume;
    this.#name = name;
  }

  get path(): string {
    return this.#path;
  }

  async open(where: string): Promise<void> {
    const visit = ++this.#visit;
    this.#leave();
    this.#path = where;
    this.#showPath();
    showWatched(where);
    try {
      // Nothing is awaited between these: the folder, its watch and its entries are asked for in one round trip.
      const folder = where === "" ? this.#volume.root() : this.#volume.root().folder(where);
      const watch = this.#volume.watch(folder, (change) => this.#onChange(visit, change));
      const entries = readEntries(folder.entries());
      const held = await Promise.all([folder, watch]);
      if (visit !== this.#visit) return held.forEach((stub) => stub.dispose());
      [this.#folder, this.#watch] = held;
      this.#show(await entries);
    } catch (error) {
      if (visit === this.#visit) showNote((error as Error).message);
    }
  }

  upload(files: Iterable<File>): void {
    for (const file of files) if (this.#folder) void upload(this.#folder, file);
  }

  /** Shows matches as they are found. An empty pattern goes back to the folder. */
  async search(pattern: string): Promise<void> {
    this.#search?.abort();
    if (pattern === "") return this.#list();
    const search = new AbortController();
    this.#search = search;
    showNote("Searching");
    try {
      let found = 0;
      for await (const match of this.#volume.search(pattern, undefined, search.signal)) {
        if (found++ === 0) list.replaceChildren();
        list.append(this.#matchRow(match, pattern));
        if (found === MOST_MATCHES) break;
      }
      if (found === 0) showNote(`Nothing contains “${pattern}”`);
    } catch (error) {
      if (!search.signal.aborted) showNote((error as Error).message);
    }
  }

  close(): void {
    this.#visit++;
    this.#leave();
  }

  #leave(): void {
    clearTimeout(this.#refresh);
    this.#search?.abort();
    this.#search = undefined;
    this.#watch?.dispose();
    this.#folder?.dispose();
    this.#watch = this.#folder = undefined;
    closePreview();
  }

  #onChange(visit: number, change: Change): void {
    if (visit !== this.#visit) return;
    showChange(change);
    this.#changed.add(change.path.slice(change.path.lastIndexOf("/") + 1));
    clearTimeout(this.#refresh);
    this.#refresh = setTimeout(() => void this.#list().catch(() => undefined), REFRESH_MS);
  }

  async #list(): Promise<void> {
    const visit = this.#visit;
    if (!this.#folder || this.#search?.signal.aborted === false) return;
    const entries = await readEntries(this.#folder.entries());
    if (visit === this.#visit) this.#show(entries);
  }

  #show(entries: readonly Entry[]): void {
    const selected = list.querySelector("[aria-selected=true]")?.getAttribute("data-name");
    const rows = entries.map((entry) => this.#row(entry));
    list.replaceChildren(...rows);
    if (rows.length === 0) showNote("Nothing is here yet");
    for (const row of rows) if (row.dataset["name"] === selected) row.setAttribute("aria-selected", "true");
    this.#changed.clear();
  }

  #row(entry: Entry): HTMLElement {
    const { name, stat } = entry;
    const kind = stat.kind.type;
    return element(
      "button",
      {
        "class": this.#changed.has(name) ? "entry flash" : "entry",
        "role": "listitem",
        "data-name": name,
        "click": () => void (kind === "folder" ? this.open(join(this.#path, name)) : this.#preview(entry)),
        "keydown": moveFocus,
      },
      element("span", { class: `icon ${kind}` }),
      element("span", { class: "name", title: name }, name),
      element("span", { class: "size" }, kind === "file" ? formatBytes(stat.size) : ""),
      element("span", { class: "when" }, formatDate(stat.modified)),
    );
  }

  async #preview(entry: Entry): Promise<void> {
    for (const row of list.querySelectorAll<HTMLElement>(".entry"))
      row.setAttribute("aria-selected", String(row.dataset["name"] === entry.name));
    if (this.#folder) await this.#showFile(this.#folder.file(entry.name), entry);
  }

  #matchRow({ path: file, line, text }: Match, pattern: string): HTMLElement {
    const at = text.indexOf(pattern);
    const code = element("code", {}, text.slice(0, at), element("mark", {}, pattern), text.slice(at + pattern.length));
    const name = file.slice(file.lastIndexOf("/") + 1);
    const show = async (): Promise<void> => {
      const found = this.#volume.root().file(file);
      await this.#showFile(found, { name, stat: await found.stat() });
    };
    return element(
      "button",
      { class: "match", click: () => void show() },
      element("span", { class: "where" }, `${file}:${line}`),
      code,
    );
  }

  async #showFile(file: ReturnType<FolderStub["file"]>, entry: Entry): Promise<void> {
    try {
      await showFile(await file, entry);
    } catch (error) {
      showNote((error as Error).message);
    }
  }

  #showPath(): void {
    const steps = this.#path === "" ? [] : this.#path.split("/");
    const crumbs = [this.#name, ...steps].map((name, depth) =>
      element(
        "button",
        {
          click: () => void this.open(steps.slice(0, depth).join("/")),
          ...(depth === steps.length && { "aria-current": "page" }),
        },
        name,
      ),
    );
    path.replaceChildren(...crumbs.flatMap((crumb, index) => (index === 0 ? [crumb] : [element("i", {}, "/"), crumb])));
  }
}

/** Folders first, then by name. */
async function readEntries(entries: AsyncIterable<Entry>): Promise<Entry[]> {
  const all: Entry[] = [];
  for await (const entry of entries) all.push(entry);
  const rank = ({ stat }: Entry): number => (stat.kind.type === "folder" ? 0 : 1);
  return all.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name));
}

function moveFocus(event: Event): void {
  const { key, currentTarget } = event as KeyboardEvent;
  const row = currentTarget as HTMLElement;
  const next = key === "ArrowDown" ? row.nextElementSibling : key === "ArrowUp" ? row.previousElementSibling : null;
  if (next === null) return;
  event.preventDefault();
  (next as HTMLElement).focus();
}

function join(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

function showNote(text: string): void {
  list.replaceChildren(element("p", { class: "empty" }, text));
}
