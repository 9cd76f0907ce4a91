/**
 * Two ends of a pipe in one process. Behaves as a socket does: delivery is never from inside `write`, order is kept,
 * an end that falls behind makes the other wait, and `destroy` loses what is under way. Source: transport.ts.
 */
import type { Transport, TransportReceiver } from "./transport.js";
import { afterThisTurn } from "./turn.js";

/** Bytes under way past which `write` returns false. */
const HIGH_WATER_BYTES = 64 * 1024;
/** Chunks delivered in one turn, so that neither end keeps the event loop to itself. */
const CHUNKS_PER_TURN = 64;

/** @param name  both ends are described as `memory:<name>`. */
export function memoryTransportPair(name = "pair"): [Transport, Transport] {
  const left = new MemoryTransport(`memory:${name}`);
  const right = new MemoryTransport(`memory:${name}`);
  left.join(right);
  right.join(left);
  return [left, right];
}

class MemoryTransport implements Transport {
  readonly description: string;
  #peer!: MemoryTransport;
  #receiver: TransportReceiver | undefined;
  #inbox: Uint8Array[] = []; // written by the peer, not yet delivered here
  #inboxBytes = 0;
  #peerWaits = false; // its write returned false
  #peerEnded = false;
  #endDelivered = false;
  #ended = false;
  #destroyed = false;
  #closeError: Error | undefined;
  #closeDelivered = false;
  #scheduled = false;

  constructor(description: string) {
    this.description = description;
  }

  join(peer: MemoryTransport): void {
    this.#peer = peer;
  }

  start(receiver: TransportReceiver): void {
    if (this.#receiver) throw new Error(`${this.description} was started already`);
    this.#receiver = receiver;
    this.#schedule();
  }

  write(chunk: Uint8Array): boolean {
    if (this.#ended || this.#destroyed) return false;
    return this.#peer.#accept(chunk);
  }

  end(): void {
    if (this.#ended || this.#destroyed) return;
    this.#ended = true;
    this.#peer.#peerEnded = true;
    this.#peer.#schedule();
  }

  destroy(error?: Error): void {
    if (this.#destroyed) return;
    this.#peer.#drop(new Error(`${this.description}: the other end dropped the connection`));
    this.#drop(error);
  }

  #drop(error: Error | undefined): void {
    if (this.#destroyed) return;
    this.#destroyed = true;
    this.#closeError = error;
    this.#inbox = [];
    this.#inboxBytes = 0;
    this.#schedule();
  }

  #accept(chunk: Uint8Array): boolean {
    this.#inbox.push(chunk);
    this.#inboxBytes += chunk.length;
    this.#schedule();
    if (this.#inboxBytes < HIGH_WATER_BYTES) return true;
    this.#peerWaits = true;
    return false;
  }

  #schedule(): void {
    if (this.#scheduled || this.#receiver === undefined || this.#closeDelivered) return;
    this.#scheduled = true;
    afterThisTurn(() => {
      this.#scheduled = false;
      this.#deliver(this.#receiver!);
    });
  }

  #deliver(receiver: TransportReceiver): void {
    const batch = this.#inbox.splice(0, CHUNKS_PER_TURN);
    for (const chunk of batch) {
      if (this.#destroyed) break; // by the receiver, while it read
      this.#inboxBytes -= chunk.length;
      receiver.onData(chunk);
    }
    if (this.#destroyed) return this.#deliverClose(receiver);
    this.#letPeerContinue();
    if (this.#inbox.length > 0) return this.#schedule();
    if (!this.#peerEnded || this.#endDelivered) return;
    this.#endDelivered = true;
    receiver.onEnd();
    this.#closeWhenBothEnded();
  }

  #letPeerContinue(): void {
    if (!this.#peerWaits || this.#inboxBytes >= HIGH_WATER_BYTES) return;
    this.#peerWaits = false;
    const peer = this.#peer;
    afterThisTurn(() => {
      if (!peer.#destroyed && !peer.#ended) peer.#receiver?.onDrain();
    });
  }

  #closeWhenBothEnded(): void {
    const peer = this.#peer;
    if (!this.#endDelivered || !peer.#endDelivered) return;
    for (const end of [this, peer]) {
      end.#destroyed = true;
      end.#schedule();
    }
  }

  #deliverClose(receiver: TransportReceiver): void {
    if (this.#closeDelivered) return;
    this.#closeDelivered = true;
    receiver.onClose(this.#closeError);
  }
}
