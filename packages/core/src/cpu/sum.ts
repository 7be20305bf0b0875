/** A compensated sum (Neumaier 1974). */
export class Sum {
  #sum = 0;
  #carry = 0;

  /** Takes in `count` numbers from `first` on. */
  add(values: Float64Array, first: number, count: number): void {
    let sum = this.#sum;
    let carry = this.#carry;
    for (let p = first; p < first + count; p++) {
      const term = values[p] as number;
      const next = sum + term;
      carry += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum;
      sum = next;
    }
    this.#sum = sum;
    this.#carry = carry;
  }

  /** What they add up to. */
  value(): number {
    return Number.isFinite(this.#carry) ? this.#sum + this.#carry : this.#sum;
  }
}
