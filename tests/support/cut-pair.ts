/** Two ends of a pipe that breaks after so many bytes, counted in both directions together. */
import { memoryTransportPair } from "../../runtime/bytes/memory-transport.js";
import type { Transport, TransportReceiver } from "../../runtime/bytes/transport.js";

/** How it breaks: both sides lose it, both sides see its end, or nothing comes any more and nobody says so. */
export type Break = "loss" | "end" | "stall";

export interface CutPair {
  readonly ends: readonly [Transport, Transport];
  /** Bytes delivered so far. */
  readonly delivered: number;
  readonly isBroken: boolean;
}

export function cutPair(afterBytes: number, how: Break): CutPair {
  const pair = memoryTransportPair("cut");
  const state = { delivered: 0, isBroken: false };
  const receivers: TransportReceiver[] = [];
  const breakNow = (): void => {
    state.isBroken = true;
    if (how === "loss") for (const end of pair) end.destroy(new Error("connection reset"));
    if (how === "end") for (const receiver of receivers) receiver.onEnd();
  };
  const guard = (end: Transport): Transport => ({
    description: end.description,
    start: (receiver) => {
      receivers.push(receiver);
      end.start({
        ...bound(receiver),
        onData: (chunk) => {
          if (state.isBroken) return;
          const part = chunk.subarray(0, afterBytes - state.delivered);
          state.delivered += part.length;
          if (part.length > 0) receiver.onData(part);
          if (state.delivered >= afterBytes) breakNow();
        },
        onEnd: () => {
          if (!state.isBroken) receiver.onEnd();
        },
      });
    },
    write: (chunk) => (state.isBroken && how !== "loss") || end.write(chunk),
    end: () => {
      if (state.isBroken) end.destroy();
      else end.end();
    },
    destroy: (error) => end.destroy(error),
  });
  return {
    ends: [guard(pair[0]), guard(pair[1])],
    get delivered() {
      return state.delivered;
    },
    get isBroken() {
      return state.isBroken;
    },
  };
}

function bound(receiver: TransportReceiver): TransportReceiver {
  return {
    onData: (chunk) => receiver.onData(chunk),
    onDrain: () => receiver.onDrain(),
    onEnd: () => receiver.onEnd(),
    onClose: (error) => receiver.onClose(error),
  };
}
