const mebibyte = 1024 * 1024;

/** What a binary package may cost the reader; everything beyond is refused, nothing is guessed. */
export interface BinpkgLimits {
  /** Longest file taken, in bytes. */
  readonly containerBytes: number;
  /** Most members in the outer container (GLEP 78 knows six). */
  readonly containerMembers: number;
  /** Longest `Manifest`, in bytes, its signature included. */
  readonly manifestBytes: number;
  /** Longest metadata archive, in bytes, before and after decompression. */
  readonly metadataBytes: number;
  /** Most metadata keys. */
  readonly metadataMembers: number;
  /** Longest value of one metadata key that may enter the index, in bytes. */
  readonly metadataValueBytes: number;
  /** Longest path inside an archive, in bytes. */
  readonly pathBytes: number;
}

/** Limits that every package of a Gentoo tree fits into. */
export const defaultBinpkgLimits: BinpkgLimits = {
  containerBytes: 8192 * mebibyte,
  containerMembers: 16,
  manifestBytes: mebibyte,
  metadataBytes: 64 * mebibyte,
  metadataMembers: 1024,
  metadataValueBytes: mebibyte,
  pathBytes: 4096,
};
