import { ok, type Result } from '@swarm/kernel';

import { type EapiOption, rulesOf } from './eapi.js';
import { type LanguageError, refuse } from './language-error.js';

/** The slot of a package (PMS 7.2). */
export interface Slot {
  readonly slot: string;
  /** The sub-slot; where none is written it is the slot itself. */
  readonly subslot: string;
}

/** Which slots an atom asks for (PMS 8.2.6.3). */
export type SlotDependency =
  /** `:*`: any slot, and no rebuild when it changes. */
  | { readonly kind: 'any' }
  /** `:=`: any slot, and a rebuild when it changes. */
  | { readonly kind: 'any-rebuild' }
  /** `:2`, `:2/3`, and with a rebuild `:2=`, `:2/3=`. */
  | {
      readonly kind: 'named';
      readonly slot: string;
      readonly subslot: string | undefined;
      readonly rebuild: boolean;
    };

const NAME = /^\w[\w+.-]*$/;

/** `0/70` as `SLOT` says it (PMS 7.2): sub-slots from EAPI 5 on. */
export function parseSlot(text: string, { eapi }: EapiOption = {}): Result<Slot, LanguageError> {
  const slash = rulesOf(eapi).slotOperators ? text.indexOf('/') : -1;
  const slot = slash === -1 ? text : text.slice(0, slash);
  const subslot = slash === -1 ? text : text.slice(slash + 1);
  if (!NAME.test(slot)) return refuse(faultOf(slot), `"${slot}" is no slot`);
  if (!NAME.test(subslot)) return refuse(slash + 1 + faultOf(subslot), `"${subslot}" is no sub-slot`);
  return ok({ slot, subslot });
}

/** The shortest text that means this slot: `0`, or `0/70`. */
export function printSlot({ slot, subslot }: Slot): string {
  return slot === subslot ? slot : `${slot}/${subslot}`;
}

/** What follows the colon of an atom (PMS 8.2.6.3), or where it goes wrong. */
export function parseSlotDependency(
  text: string,
  { eapi }: EapiOption = {},
): Result<SlotDependency, LanguageError> {
  const { slotOperators } = rulesOf(eapi);
  if (slotOperators && text === '*') return ok({ kind: 'any' });
  if (slotOperators && text === '=') return ok({ kind: 'any-rebuild' });
  const rebuild = slotOperators && text.endsWith('=');
  const name = rebuild ? text.slice(0, -1) : text;
  const slash = slotOperators ? name.indexOf('/') : -1;
  const slot = slash === -1 ? name : name.slice(0, slash);
  const subslot = slash === -1 ? undefined : name.slice(slash + 1);
  if (!NAME.test(slot)) return refuse(faultOf(slot), `"${slot}" is no slot`);
  if (subslot !== undefined && !NAME.test(subslot)) {
    return refuse(slash + 1 + faultOf(subslot), `"${subslot}" is no sub-slot`);
  }
  return ok({ kind: 'named', slot, subslot, rebuild });
}

/** What `parseSlotDependency` reads, without the colon. */
export function printSlotDependency(dependency: SlotDependency): string {
  switch (dependency.kind) {
    case 'any':
      return '*';
    case 'any-rebuild':
      return '=';
    case 'named': {
      const { slot, subslot, rebuild } = dependency;
      return `${slot}${subslot === undefined ? '' : `/${subslot}`}${rebuild ? '=' : ''}`;
    }
  }
}

function faultOf(name: string): number {
  return (/^\w[\w+.-]*/.exec(name)?.[0].length ?? 0) + 1;
}
