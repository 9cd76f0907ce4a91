/**
 * Which values are remote: stubs, remote functions and pipelining promises, and the link behind each. What `encode` asks
 * before it shares an object, and what releases a reference whose type does not show that it is one.
 */
import type { CallOptions, RemoteLink } from "./remote-link.js";

/** Where a stub's class says what its link is: a stub needs no entry in the map below, which would double its memory. */
export const LINK: unique symbol = Symbol("link");

const links = new WeakMap<object, RemoteLink>();

/** Remembers how to reach what `value` stands for. @returns the link. */
export function bindLink(value: object, link: RemoteLink): RemoteLink {
  links.set(value, link);
  return link;
}

/** The link of a stub, a remote function or a pipelining promise; undefined for anything else. */
export function linkOf(value: object): RemoteLink | undefined {
  return (value as { readonly [LINK]?: RemoteLink })[LINK] ?? links.get(value);
}

/** Gives a reference back, where its type does not offer `dispose`: a callback, or an object typed as its interface. */
export function release(remote: object): void {
  linkOf(remote)?.release();
}

/**
 * Resolves when the other side has taken most of the one-way calls made on `remote` so far: what a producer of events
 * awaits now and then, so that a consumer that lags slows it down. Past limits.maxUntakenOneWay such calls throw.
 */
export function whenTaken(remote: object): Promise<void> {
  return linkOf(remote)?.whenTaken?.() ?? Promise.resolve();
}

/** Whether `value` stands for an object of a peer. */
export function isRemote(value: unknown): boolean {
  return (typeof value === "object" || typeof value === "function") && value !== null && linkOf(value) !== undefined;
}

/** The same remote function, whose calls have these options: what `$with` is to an object. */
export function withOptions<F extends (...args: never[]) => unknown>(remote: F, options: CallOptions): F {
  const link = linkOf(remote);
  if (link === undefined) throw new TypeError("withOptions takes a function that a peer has sent");
  return link.service.createStub(link.with(options)) as F;
}
