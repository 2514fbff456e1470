/** The optimization that both sides run, and what either reports of an iteration. */
export interface Setting {
  readonly nelx: number;
  readonly nely: number;
  readonly volumeFraction: number;
  readonly filterRadius: number;
  readonly penal: number;
}

export const setting: Setting = { nelx: 96, nely: 64, volumeFraction: 0.4, filterRadius: 2, penal: 3 };

export interface Step {
  readonly objective: number;
  readonly milliseconds: number;
}
