/** A callback: the peer calls the client. */

/** @remote */
export interface Alarm {
  set(at: number, ring: (message: string) => void): Promise<void>;
}
