declare const brand: unique symbol;

/** A `T` that only its own parser makes, so that names of different kinds never mix. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
