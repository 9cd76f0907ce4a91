/** One file: its text or picture, and the way to download it. Reads no more of a file than it shows. */
import type { FileStub } from "../../../generated/examples/files/volume.rpc.js";
import type { Entry } from "../../files/volume.js";
import { byId, element } from "./dom.js";
import { formatBytes, formatDate } from "./format.js";
import { download } from "./transfers.js";

const TEXT_BYTES = 128_000;
const PICTURE_BYTES = 16 * 1024 * 1024;
const PICTURE_TYPES: Readonly<Record<string, string>> = {
  avif: "image/avif",
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  svg: "image/svg+xml",
  webp: "image/webp",
};

const section = byId("preview");
let shown: { readonly file: FileStub; picture?: string } | undefined;

/** Takes `file` over: gives it back once another one is shown. */
export async function showFile(file: FileStub, { name, stat }: Entry): Promise<void> {
  closePreview();
  const current: typeof shown = { file };
  shown = current;
  const size = Number(stat.size);
  const about = element("span", { class: "about" }, `${formatBytes(size)}, ${formatDate(stat.modified)}`);
  const save = element("button", { class: "button", click: () => void download(file, name, size) }, "Download");
  const close = element("button", { "class": "close", "aria-label": "Close", "click": closePreview }, "×");
  const body = element("pre", { tabindex: 0 }, "");
  section.replaceChildren(element("div", { class: "bar" }, element("strong", {}, name), about, save, close), body);
  section.hidden = false;
  try {
    const type = PICTURE_TYPES[name.slice(name.lastIndexOf(".") + 1).toLowerCase()];
    const content = type !== undefined && size <= PICTURE_BYTES ? await picture(file, type) : await text(file);
    if (shown !== current) return;
    if (content instanceof HTMLImageElement) current.picture = content.src;
    body.replaceWith(content instanceof HTMLImageElement ? element("figure", {}, content) : content);
  } catch (error) {
    if (shown === current) body.replaceWith(element("p", { class: "empty" }, (error as Error).message));
  }
}

export function closePreview(): void {
  if (shown?.picture !== undefined) URL.revokeObjectURL(shown.picture);
  shown?.file.dispose();
  shown = undefined;
  section.hidden = true;
}

async function text(file: FileStub): Promise<HTMLElement> {
  const { bytes, isWhole } = await readUpTo(file, TEXT_BYTES);
  if (bytes.some((byte) => byte < 8))
    return element("p", { class: "empty" }, "These bytes are no text. Download the file to see it.");
  const shownText = new TextDecoder().decode(bytes);
  return element(
    "pre",
    { tabindex: 0 },
    isWhole ? shownText : `${shownText}\n\n… the first ${formatBytes(TEXT_BYTES)}`,
  );
}

async function picture(file: FileStub, type: string): Promise<HTMLElement> {
  const { bytes } = await readUpTo(file, PICTURE_BYTES);
  return element("img", { src: URL.createObjectURL(new Blob([bytes], { type })), alt: "" });
}

/** Leaving the loop early cancels the stream: the server reads no further. */
async function readUpTo(file: FileStub, most: number): Promise<{ bytes: Uint8Array<ArrayBuffer>; isWhole: boolean }> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let count = 0;
  for await (const chunk of file.read()) {
    chunks.push(chunk as Uint8Array<ArrayBuffer>);
    count += chunk.length;
    if (count > most) break;
  }
  const bytes = new Uint8Array(await new Blob(chunks).arrayBuffer());
  return { bytes: bytes.subarray(0, most), isWhole: count <= most };
}
