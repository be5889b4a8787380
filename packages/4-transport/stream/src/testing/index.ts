export { Hops, PLAIN_PATH, type PathOptions, type World } from './hops.ts'
export { seededRng } from './seeded-rng.ts'
