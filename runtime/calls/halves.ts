/**
 * Which calls need not wait for the end of their turn. Many calls that are answered together are made together again:
 * then the two sides take turns, and one sleeps while the other works. Where the peer has nothing of ours to do, half of
 * a turn's calls therefore leave before the others are made; from then on there are two groups under way, one at each side.
 * Pure: what is sent, and when a turn ends, is the caller's to know (references/remote-call.ts).
 */

/** A write costs as much as a dozen calls: fewer than this are not worth one of their own. */
const LEAST = 16;

export class Halves {
  #calls = 0; // since the last write
  #most = 0; // that had no answer at once, since then
  #half = LEAST;

  /**
   * A call was made.
   * @param isFirst  since the last write.
   * @param unanswered  calls that have no answer yet, this one included.
   * @returns whether what waits is to be written now.
   */
  onCall(isFirst: boolean, unanswered: number): boolean {
    if (isFirst) {
      this.#half = Math.max(LEAST, this.#most >>> 1);
      this.#calls = this.#most = 0;
    }
    this.#calls++;
    if (unanswered > this.#most) this.#most = unanswered;
    return this.#calls === unanswered && this.#calls >= this.#half;
  }
}
