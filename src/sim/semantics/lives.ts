/** A stretch of heights in which a tower knew a user. */
export interface Life {
  readonly from: number;
  /** The height at which he was deleted; null while he lives. */
  readonly to: number | null;
  /** Whether it goes on with one that had ended: a reorg has brought him back. */
  readonly restored: boolean;
}

/** When a tower knew whom. */
export class Lives {
  readonly #lives = new Map<string, Life[]>();

  /** Everybody whom it ever knew, in the order of their first life. */
  get users(): string[] {
    return [...this.#lives.keys()];
  }

  of(user: string): readonly Life[] {
    return this.#lives.get(user) ?? [];
  }

  begin(user: string, from: number, restored = false): void {
    const lives = this.#lives.get(user);
    if (!lives) this.#lives.set(user, [{from, to: null, restored}]);
    else if (lives.at(-1)!.to !== null) lives.push({from, to: null, restored});
  }

  end(user: string, to: number): void {
    const lives = this.#lives.get(user);
    const last = lives?.at(-1);
    if (lives && last?.to === null) lives[lives.length - 1] = {...last, to};
  }

  /** Begins and ends lives so that just these users are known at this height. */
  meet(users: ReadonlyMap<string, unknown>, height: number): void {
    for (const user of users.keys()) this.begin(user, height);
    for (const [user, lives] of this.#lives) if (lives.at(-1)!.to === null && !users.has(user)) this.end(user, height);
  }
}
