/** The page: one connection, the volumes that the server has, and one of them open. */
import type { Peer } from "peerwire";
import { VolumeService } from "../../../generated/examples/files/volume.rpc.js";
import { keepConnected } from "./connection.js";
import { byId, element } from "./dom.js";
import { Explorer } from "./explorer.js";

/** The volume that takes uploads. */
const DROP_BOX = "drop box";

const volumes = byId("volumes");
const search = byId<HTMLFormElement>("search");
const uploadButton = byId("upload");
const browser = byId("browser");
let explorer: Explorer | undefined;
let current: { readonly volume: string; readonly path: string } | undefined;

async function openVolume(peer: Peer, name: string, path = ""): Promise<void> {
  explorer?.close();
  search.reset();
  for (const button of volumes.querySelectorAll("button"))
    button.setAttribute("aria-current", String(button.textContent === name));
  uploadButton.hidden = name !== DROP_BOX;
  const opened = new Explorer(await peer.root(VolumeService, name), name);
  explorer = opened;
  current = { volume: name, path };
  await opened.open(path);
}

function onPeer(peer: Peer): void {
  const names = peer.info.roots.map(({ name }) => name);
  volumes.replaceChildren(
    ...names.map((name) => element("button", { click: () => void openVolume(peer, name) }, name)),
  );
  // After a reconnect one is where one was.
  void openVolume(peer, current?.volume ?? names[0]!, explorer?.path ?? "");
}

search.addEventListener("input", () => void explorer?.search(new FormData(search).get("pattern") as string));
search.addEventListener("submit", (event) => event.preventDefault());

uploadButton.addEventListener("change", ({ target }) => {
  const input = target as HTMLInputElement;
  explorer?.upload(input.files ?? []);
  input.value = "";
});

const canDrop = (event: DragEvent): boolean =>
  !uploadButton.hidden && event.dataTransfer?.types.includes("Files") === true;
browser.addEventListener("dragover", (event) => {
  if (!canDrop(event)) return;
  event.preventDefault();
  byId("drop-hint").hidden = false;
});
browser.addEventListener("dragleave", (event) => {
  if (!browser.contains(event.relatedTarget as Node | null)) byId("drop-hint").hidden = true;
});
browser.addEventListener("drop", (event) => {
  byId("drop-hint").hidden = true;
  if (!canDrop(event)) return;
  event.preventDefault();
  explorer?.upload(event.dataTransfer?.files ?? []);
});

const connection = byId("connection");
void keepConnected(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/rpc`, {
  onPeer,
  onState: (state, text) => {
    connection.dataset["state"] = state;
    connection.textContent = text;
  },
});
