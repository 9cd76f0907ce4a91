/**
 * "After this turn": runs a task once the current turn of the event loop, with all its promises, is over. What is
 * written together in one turn is thereby sent together. Runs in Node and in browsers: no `node:` import.
 */

interface Port {
  onmessage: ((event: unknown) => void) | null;
  postMessage(message: unknown): void;
}
interface Turns {
  setImmediate?: (task: () => void) => unknown;
  MessageChannel?: new () => { readonly port1: Port; readonly port2: Port };
}

/** Runs `task` after this turn: setImmediate in Node, a MessageChannel in browsers (setTimeout waits 4 ms there). */
export const afterThisTurn: (task: () => void) => void = chooseScheduler(globalThis as unknown as Turns);

export function chooseScheduler(turns: Turns): (task: () => void) => void {
  const { setImmediate, MessageChannel } = turns;
  if (setImmediate) {
    return (task) => {
      setImmediate(task);
    };
  }
  if (MessageChannel) return messageChannelScheduler(new MessageChannel());
  return queueMicrotask;
}

function messageChannelScheduler(channel: { readonly port1: Port; readonly port2: Port }): (task: () => void) => void {
  const tasks: (() => void)[] = [];
  const runNext = (): void => tasks.shift()?.();
  channel.port1.onmessage = runNext;
  return (task) => {
    tasks.push(task);
    channel.port2.postMessage(0);
  };
}
