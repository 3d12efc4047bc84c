import { createContext } from 'react';
import { TileMotion } from './motion.ts';

/** The page's one {@link TileMotion}, shared by all tiles so that a tile can fly from the tray to a node. */
export const MotionContext = createContext(new TileMotion());
