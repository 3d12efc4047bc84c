/** The version of this release of Gantry; all its packages share it. */
export const gantryVersion = '0.1.0';
