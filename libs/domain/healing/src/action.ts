/**
 * What the healer does, and the rung of the ladder (DESIGN 7) that it belongs to. `probe` looks and changes nothing;
 * `recovered` does nothing: it ends an episode, and the ladder begins at its foot again.
 */
export const actionKinds = {
  probe: { rung: 2, isAct: false },
  restart: { rung: 2, isAct: true },
  reboot: { rung: 3, isAct: true },
  page: { rung: 4, isAct: true },
  recovered: { rung: 0, isAct: false },
} as const satisfies Readonly<Record<string, { rung: number; isAct: boolean }>>;

export type ActionKind = keyof typeof actionKinds;

/**
 * State → event → the next state. An act is begun before it is done, so that whoever comes after a crash finds it. It
 * ends once. `refused`: the host was not who it should be, and nothing was executed there.
 */
export const actionLifecycle = {
  begun: { succeeded: 'done', failed: 'failed', refused: 'refused' },
  done: {},
  failed: {},
  refused: {},
} as const satisfies Readonly<
  Record<string, Readonly<Partial<Record<'succeeded' | 'failed' | 'refused', string>>>>
>;

export type ActionState = keyof typeof actionLifecycle;
export type EndState = Exclude<ActionState, 'begun'>;

/** What a look at a host showed. */
export const findings = {
  'agent-up': { answers: true, isIdentityWrong: false },
  'agent-down': { answers: true, isIdentityWrong: false },
  unreachable: { answers: false, isIdentityWrong: false },
  /** The host answers, and does not let us in. */
  'no-access': { answers: false, isIdentityWrong: false },
  'wrong-key': { answers: false, isIdentityWrong: true },
  'wrong-machine': { answers: false, isIdentityWrong: true },
} as const satisfies Readonly<Record<string, { answers: boolean; isIdentityWrong: boolean }>>;

export type Found = keyof typeof findings;

/** Why a drone is treated. */
export type Fault = 'agent-down' | 'grounded';

/** Why a person is called, and the page of docs/operations that says what to do. */
export const pageCauses = {
  'no-host': 'page-no-host',
  unreachable: 'page-unreachable',
  'no-access': 'page-no-access',
  identity: 'page-identity',
  protected: 'page-not-rebooted',
  'cannot-reboot': 'page-not-rebooted',
  unconfirmed: 'page-not-rebooted',
  'reboot-failed': 'page-reboot-failed',
  'still-sick': 'page-reboot-failed',
} as const satisfies Readonly<Record<string, string>>;

export type PageCause = keyof typeof pageCauses;

/** One row of what the healer did. */
export interface HealingAction {
  readonly id: string;
  readonly drone: string;
  readonly kind: ActionKind;
  readonly begunAt: Date;
  /** Why, in words for people. */
  readonly reason: string;
  /** What was wrong with the drone; null for `recovered`. */
  readonly fault: Fault | null;
  /** How many groundings in a row the drone had then: tells one grounding from the next. */
  readonly groundings: number;
  /** Of a page. */
  readonly cause: PageCause | null;
  /**
   * Of a reboot: what the host said of its boot before. Null until the reboot is about to be executed: a row without
   * it was never carried out.
   */
  readonly bootBefore: string | null;
  readonly end: ActionEnd | null;
}

/** How an action ended. */
export interface ActionEnd {
  readonly state: EndState;
  readonly at: Date;
  /** What was seen of the host last; null where nobody looked. */
  readonly found: Found | null;
  /** One line. */
  readonly detail: string;
  /** What the host's programs said; bounded by who writes it. */
  readonly output: string;
}

export function rungOf({ kind }: Pick<HealingAction, 'kind'>): number {
  return actionKinds[kind].rung;
}

export function stateOf({ end }: Pick<HealingAction, 'end'>): ActionState {
  return end?.state ?? 'begun';
}
