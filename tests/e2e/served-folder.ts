/** A folder full of things, served and explored in one process, over a transport of choice. */
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Peer, type PeerOptions, type Server, connect, listen, serve } from "peerwire/node";
import { DiskVolume, openVolume } from "../../examples/files/disk-volume.js";
import type { Change, Folder, Match, Watch } from "../../examples/files/volume.js";
import { VolumeService, type VolumeStub } from "../../generated/examples/files/volume.rpc.js";

export type Carrier = "tcp" | "unix" | "inproc";
export const CARRIERS: readonly Carrier[] = ["tcp", "unix", "inproc"];

/** The volume of the example, the watches that it has handed out, and the searches that have let go of their files. */
class RememberingVolume extends DiskVolume {
  readonly watches: Watch[] = [];
  searchesEnded = 0;
  override async *search(...search: Parameters<DiskVolume["search"]>): AsyncGenerator<Match> {
    try {
      yield* super.search(...search);
    } finally {
      this.searchesEnded++;
    }
  }
  override async watch(folder: Folder, onChange: (change: Change) => void): Promise<Watch> {
    const watch = await super.watch(folder, onChange);
    this.watches.push(watch);
    return watch;
  }
}

export interface ServedFolder {
  /** On this machine. Beside it lies `secret.txt`, which is not served. */
  readonly folder: string;
  /** What is served, and its stub at the client. */
  readonly impl: RememberingVolume;
  readonly volume: VolumeStub;
  readonly client: Peer;
  /** The client, as the server sees it. */
  readonly server: Peer;
  readonly listener: Server;
  close(): Promise<void>;
}

let served = 0;

/** @param clientOptions  for the client's peer. */
export async function serveFolder(carrier: Carrier, clientOptions: PeerOptions = {}): Promise<ServedFolder> {
  const outside = await mkdtemp(join(tmpdir(), "peerwire-e2e-"));
  const folder = join(outside, "served");
  await fill(outside, folder);
  const { top } = await openVolume(folder);
  const impl = new RememberingVolume(top);
  let arrived!: (peer: Peer) => void;
  const arrival = new Promise<Peer>((resolve) => (arrived = resolve));
  const addresses = {
    tcp: "tcp://127.0.0.1:0",
    unix: `unix:${join(outside, "s")}`,
    inproc: `inproc:files-${++served}`,
  };
  const listener = await listen(addresses[carrier], { roots: [serve(VolumeService, impl)], onPeer: arrived });
  const client = await connect(listener.address, clientOptions);
  return {
    folder,
    impl,
    client,
    listener,
    server: await arrival,
    volume: await client.root(VolumeService),
    close: async () => {
      await client.close();
      await listener.close();
      await rm(outside, { recursive: true, force: true });
    },
  };
}

async function fill(outside: string, folder: string): Promise<void> {
  await mkdir(join(folder, "docs", "deep"), { recursive: true });
  await mkdir(join(folder, "node_modules"));
  await mkdir(`${folder}-not`);
  await writeFile(join(outside, "secret.txt"), "needle outside");
  await writeFile(join(`${folder}-not`, "secret.txt"), "needle outside");
  await writeFile(join(folder, "a.txt"), "one\nneedle two\r\nthree needle\n");
  await writeFile(join(folder, "run.sh"), "#!/bin/sh\n");
  await chmod(join(folder, "run.sh"), 0o755);
  await writeFile(join(folder, "docs", "b.md"), "needle in docs\n");
  await writeFile(join(folder, "docs", "deep", "c.txt"), "needle deep\n");
  await writeFile(join(folder, "node_modules", "skipped.txt"), "needle\n");
  await writeFile(join(folder, "picture.txt"), Buffer.from("needle\0binary"));
  await symlink("docs/b.md", join(folder, "inside-link"));
  await symlink("../secret.txt", join(folder, "outside-link"));
  await symlink("..", join(folder, "up"));
}
