import { err, ok, type Result } from '@swarm/kernel';

/** The EAPIs whose rules are known, oldest first (PMS 2; 9 is read by Portage 3.0.82). */
export const eapis = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'] as const;

export type Eapi = (typeof eapis)[number];

/** Under which rules a text is read. */
export interface EapiOption {
  /**
   * The EAPI of the ebuild that the text is from. Without one every feature of every EAPI is allowed, and
   * `::repository` and build ids as well: the rules for what users write, and for packages that are built.
   */
  readonly eapi?: Eapi | undefined;
}

/** What differs between EAPIs in the language of dependencies (PMS 8, the feature tables). */
export interface EapiRules {
  readonly slotDependencies: boolean;
  /** `:=`, `:*` and sub-slots. */
  readonly slotOperators: boolean;
  readonly useDependencies: boolean;
  /** `[flag(+)]` and `[flag(-)]`. */
  readonly useDependencyDefaults: boolean;
  /** `!!`. */
  readonly strongBlocks: boolean;
  /** `REQUIRED_USE`. */
  readonly requiredUse: boolean;
  /** `??`. */
  readonly atMostOneOf: boolean;
  /** A group whose children all fell away holds, even `||` and `^^`. */
  readonly emptyGroupsHold: boolean;
  /** `->` in `SRC_URI`. */
  readonly sourceArrows: boolean;
  /** `fetch+` and `mirror+` in `SRC_URI`. */
  readonly selectiveRestriction: boolean;
}

/** The EAPI of that name, or why there is none. */
export function parseEapi(text: string): Result<Eapi, string> {
  return isEapi(text) ? ok(text) : err(`"${text}" is no EAPI that is known here`);
}

export function isEapi(text: string): text is Eapi {
  return (eapis as readonly string[]).includes(text);
}

const rules: ReadonlyMap<Eapi | undefined, EapiRules> = new Map<Eapi | undefined, EapiRules>([
  ...eapis.map((eapi) => [eapi, rulesSince(Number(eapi))] as const),
  [undefined, rulesSince(Infinity)],
]);

/** The rules of an EAPI; for none, those that allow most. */
export function rulesOf(eapi: Eapi | undefined): EapiRules {
  return rules.get(eapi) ?? rulesSince(Infinity);
}

function rulesSince(eapi: number): EapiRules {
  return {
    slotDependencies: eapi >= 1,
    slotOperators: eapi >= 5,
    useDependencies: eapi >= 2,
    useDependencyDefaults: eapi >= 4,
    strongBlocks: eapi >= 2,
    requiredUse: eapi >= 4,
    atMostOneOf: eapi >= 5,
    emptyGroupsHold: eapi <= 6,
    sourceArrows: eapi >= 2,
    selectiveRestriction: eapi >= 8,
  };
}
