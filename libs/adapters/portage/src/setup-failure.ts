/** Why Portage cannot be had here, and what a person can do about it. Becomes an `unavailable` setup. */
export class SetupFailure extends Error {
  constructor(
    reason: string,
    readonly remedy: string,
    options: { readonly cause?: unknown } = {},
  ) {
    super(reason, options);
    this.name = 'SetupFailure';
  }
}
