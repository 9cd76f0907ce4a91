/** The member with the fewest calls under way; of equals, the one whose turn it is. Pure. */
export class LeastBusy {
  #turn = 0;

  /** @param load  calls under way. @returns undefined where there is nobody. */
  choose<M>(members: readonly M[], load: (member: M) => number): M | undefined {
    const start = this.#turn++ % Math.max(1, members.length);
    let best: M | undefined;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < members.length; i++) {
      const member = members[(start + i) % members.length]!;
      const busy = load(member);
      if (busy < least) [best, least] = [member, busy];
    }
    return best;
  }
}
