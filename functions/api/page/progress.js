// How fast a job goes and how long it will take, from what was seen of it.

const WINDOW = 30_000; // milliseconds that count
const ENOUGH = 2_000;

/**
 * Keeps what was seen of a job. `see(ended, now, waits)` adds one look; `rate()` is images a second, or null if unknown.
 * While the job waits for its turn, time does not count.
 */
export class Pace {
  #seen = [];

  see(ended, now, waits = false) {
    const last = this.#seen.at(-1);
    if (waits || (last && ended < last.ended)) this.#seen = []; // a retry began another run
    this.#seen.push({ended, now});
    while (this.#seen.length > 2 && now - this.#seen[1].now > WINDOW) this.#seen.shift();
  }

  rate() {
    const [first, last] = [this.#seen[0], this.#seen.at(-1)];
    if (!first || last.now - first.now < ENOUGH || last.ended === first.ended) return null;
    return (last.ended - first.ended) * 1000 / (last.now - first.now);
  }

  /** Return the seconds that `left` images will take, or null if unknown. */
  remaining(left) {
    const rate = this.rate();
    return rate ? left / rate : null;
  }
}
