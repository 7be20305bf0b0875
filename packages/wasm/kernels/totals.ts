import { Partial } from "./records";

// What a chunk adds up, compensated (Neumaier 1974).

let total: f64 = 0;
let carry: f64 = 0;
/** The totals of hot and of spread mass, which PyTorch divides one by one. */
let hotTotal: f64 = 0;
let spreadTotal: f64 = 0;

/** A new chunk. */
export function beginTotals(): void {
  total = carry = hotTotal = spreadTotal = 0;
}

/** Takes in a number. */
export function addToTotal(term: f64): void {
  const next = total + term;
  carry += abs(total) >= abs(term) ? total - next + term : term - next + total;
  total = next;
}

/** Takes in the parts of a row's loss. */
export function addParts(hot: f64, spread: f64): void {
  hotTotal += hot;
  spreadTotal += spread;
}

/** Leaves the totals for the merge. */
export function storeTotals(to: Partial): void {
  to.total = total;
  to.carry = carry;
  to.hot = hotTotal;
  to.spread = spreadTotal;
}

/** Takes in what another chunk has left. */
export function mergeTotals(from: Partial): void {
  addToTotal(from.total);
  carry += from.carry;
  hotTotal += from.hot;
  spreadTotal += from.spread;
}

/** Everything that was taken in. */
export function grandTotal(): f64 {
  return carry - carry == 0 ? total + carry : total;
}

/** See `addParts`. */
export function dividedParts(divisor: f64): f64 {
  return hotTotal / divisor + spreadTotal / divisor;
}
