/** Time as a dependency: wall clock in ms since 1970, UTC. The engine never reads it elsewhere (I24). */
export interface Clock {
  now(): number;
}
