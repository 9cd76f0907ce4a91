/** Keeps a peer: connects, says how it goes, and connects again when the connection is lost. */
import type { Peer } from "peerwire";
import { connect } from "peerwire/websocket";

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const PING_MS = 3000;

export interface ConnectionEvents {
  readonly onPeer: (peer: Peer) => void;
  readonly onState: (state: "connecting" | "open" | "lost", text: string) => void;
}

/** Never returns. */
export async function keepConnected(url: string, { onPeer, onState }: ConnectionEvents): Promise<never> {
  for (let failures = 0; ; failures++) {
    try {
      onState("connecting", "connecting");
      const peer = await connect(url, { name: "browser" });
      failures = 0;
      onPeer(peer);
      await watchPeer(peer, onState);
    } catch {
      // The state says it.
    }
    const wait = Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
    onState("lost", "offline, trying again");
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

/** Shows the round trip, until the connection is gone. */
async function watchPeer(peer: Peer, onState: ConnectionEvents["onState"]): Promise<void> {
  const measure = async (): Promise<void> => {
    if (!document.hidden) onState("open", `${(await peer.ping()).toFixed(1)} ms`);
  };
  onState("open", "connected");
  const timer = setInterval(() => void measure().catch(() => undefined), PING_MS);
  void measure().catch(() => undefined);
  await peer.closed;
  clearInterval(timer);
}
