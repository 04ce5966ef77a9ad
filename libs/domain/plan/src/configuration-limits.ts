/** Most files of one configuration. A large /etc/portage has a few hundred. */
export const MAX_CONFIGURATION_FILES = 2_000;
/** Longest file, in characters (UTF-16 units). */
export const MAX_FILE_CHARACTERS = 1_000_000;
/** All files together, in characters: it crosses the wire once for each drone. */
export const MAX_FILES_CHARACTERS = 4_000_000;
/** Longest path below etc/portage, in characters. */
export const MAX_PATH_CHARACTERS = 500;
/** Most lines of the world file. */
export const MAX_WORLD_LINES = 20_000;
/** Longest atom, set name, URL or directory, in characters. */
export const MAX_WORD_CHARACTERS = 1_000;
/** Most repositories of one configuration. */
export const MAX_REPOSITORIES = 100;
