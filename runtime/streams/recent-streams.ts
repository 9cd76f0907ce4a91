/**
 * Streams that we have reset, and what their peers may still be sending without knowing it: our RST and their DATA
 * crossed. Bounded; the oldest are forgotten first. Pure.
 */
const REMEMBERED = 1024;

export class RecentStreams {
  readonly #creditById = new Map<number, number>();

  /** @param credit  bytes that the peer was granted and has not sent. */
  remember(id: number, credit: number): void {
    this.#creditById.delete(id); // so that it becomes the youngest
    this.#creditById.set(id, credit);
    if (this.#creditById.size <= REMEMBERED) return;
    for (const oldest of this.#creditById.keys()) {
      this.#creditById.delete(oldest);
      return;
    }
  }

  forget(id: number): void {
    this.#creditById.delete(id);
  }

  /** Whether `bytes` for stream `id` may have been sent before the peer knew; if so they are spent. */
  forgives(id: number, bytes: number): boolean {
    const credit = this.#creditById.get(id);
    if (credit === undefined || bytes > credit) return false;
    this.#creditById.set(id, credit - bytes);
    return true;
  }
}
