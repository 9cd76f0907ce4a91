/** Uploads and downloads under way, and what became of them. Bytes are counted where they really are: see each method. */
import type { FileStub, FolderStub } from "../../../generated/examples/files/volume.rpc.js";
import { byId, element } from "./dom.js";
import { formatBytes } from "./format.js";

const list = byId("transfers");
/** Rows that stay when they are done. */
const KEPT_ROWS = 6;

/** Reads `file` to its end, and saves it. Counts what has arrived: the server sends no faster than we take it. */
export async function download(file: FileStub, name: string, bytes: number): Promise<void> {
  const row = new TransferRow(name, bytes);
  try {
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    let received = 0;
    for await (const chunk of file.read()) {
      chunks.push(chunk as Uint8Array<ArrayBuffer>);
      received += chunk.length;
      row.progress(received);
    }
    save(new Blob(chunks), name);
    row.done("saved");
  } catch (error) {
    row.fail(error as Error);
  }
}

/** Streams `file` into `folder`. Counts what the server has written, which it tells through the function it is given. */
export async function upload(folder: FolderStub, file: File): Promise<void> {
  const row = new TransferRow(file.name, file.size);
  const abort = new AbortController();
  row.onCancel(() => abort.abort());
  try {
    const onProgress = (written: number): void => row.progress(written);
    const stored = await folder.upload(file.name, file.stream(), onProgress, abort.signal);
    stored.dispose();
    row.done("uploaded");
  } catch (error) {
    row.fail(abort.signal.aborted ? new Error("cancelled") : (error as Error));
  }
}

class TransferRow {
  readonly #bytes: number;
  readonly #started = performance.now();
  readonly #row: HTMLLIElement;
  readonly #state = element("span", {}, "0 %");
  readonly #bar: HTMLProgressElement;
  readonly #note = element("div", { class: "note" });

  constructor(name: string, bytes: number) {
    this.#bytes = bytes;
    this.#bar = element("progress", { "max": Math.max(1, bytes), "value": 0, "aria-label": name });
    const title = element("div", { class: "row" }, element("span", { title: name }, name), this.#state);
    this.#row = element("li", {}, title, this.#bar, this.#note);
    list.prepend(this.#row);
    while (list.childElementCount > KEPT_ROWS) list.lastElementChild?.remove();
  }

  onCancel(cancel: () => void): void {
    this.#state.before(element("button", { "click": cancel, "title": "Cancel", "aria-label": "Cancel" }, "×"));
  }

  progress(bytes: number): void {
    this.#bar.value = bytes;
    this.#state.textContent = `${Math.floor((bytes / Math.max(1, this.#bytes)) * 100)} %`;
    this.#note.textContent = `${formatBytes(bytes)} of ${formatBytes(this.#bytes)}, ${this.#rate(bytes)}`;
  }

  done(what: string): void {
    this.#bar.value = this.#bar.max;
    this.#end(what);
    this.#note.textContent = `${formatBytes(this.#bytes)} at ${this.#rate(this.#bytes)}`;
  }

  fail(error: Error): void {
    this.#row.classList.add("failed");
    this.#end("failed");
    this.#note.textContent = error.message;
  }

  #end(what: string): void {
    this.#row.querySelector("button")?.remove();
    this.#state.textContent = what;
  }

  #rate(bytes: number): string {
    return `${formatBytes(bytes / Math.max(0.001, (performance.now() - this.#started) / 1000))}/s`;
  }
}

function save(blob: Blob, name: string): void {
  const href = URL.createObjectURL(blob);
  element("a", { href, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(href), 10_000);
}
