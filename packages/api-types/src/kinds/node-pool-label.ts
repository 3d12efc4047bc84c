/** The label of a pool's Nodes, with the pool's name. */
export const nodePoolLabel = 'gantry.io/node-pool';
