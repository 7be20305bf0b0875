/** Parameters of one case, by name. */
export type Parameters = Readonly<Record<string, Choice>>;
/** What a parameter may be. */
export type Choice = string | number | boolean;

/** A set of parameters, built by crossing values, without naming a case twice. */
export class Sweep<P extends Parameters> {
  readonly points: readonly P[];

  constructor(points: readonly P[]) {
    this.points = points;
  }

  /** Every point with every value. */
  combine<K extends keyof P>(name: K, values: readonly P[K][]): Sweep<P> {
    return this.expand(name, () => values);
  }

  /** Every point with every value that belongs to it. */
  expand<K extends keyof P>(name: K, values: (point: P) => readonly P[K][]): Sweep<P> {
    return new Sweep(this.points.flatMap((point) => values(point).map((value) => ({ ...point, [name]: value }))));
  }

  /** Every point with several parameters at once. */
  combineEach(settings: readonly Partial<P>[]): Sweep<P> {
    return new Sweep(this.points.flatMap((point) => settings.map((setting) => ({ ...point, ...setting }))));
  }

  /** Without the points that mean nothing. */
  unless(meansNothing: (point: P) => boolean): Sweep<P> {
    return new Sweep(this.points.filter((point) => !meansNothing(point)));
  }

  /** One value per point, in turn: for parameters that need to be varied, but not crossed. */
  rotate<K extends keyof P>(name: K, values: readonly P[K][]): Sweep<P> {
    return new Sweep(this.points.map((point, i) => ({ ...point, [name]: values[i % values.length] })));
  }
}
