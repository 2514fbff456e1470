/** The optimization that both sides run, and what either reports of an iteration. */
export interface Setting {
  readonly nelx: number;
  readonly nely: number;
  readonly volumeFraction: number;
  readonly filterRadius: number;
  readonly penal: number;
}

/** The same number of elements is reached by the filter at every size, as in the program with which it is compared. */
export const settingOf = (nelx: number, nely: number): Setting => ({
  nelx,
  nely,
  volumeFraction: 0.4,
  filterRadius: 3.84,
  penal: 3,
});

export interface Step {
  readonly objective: number;
  readonly milliseconds: number;
}
