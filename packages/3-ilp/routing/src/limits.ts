/** How much of a peer's talk of routes is taken, and how often this node talks. Layer 3. */

/** CCP-60, SEC-13: routes of one peer. What exceeds it is not kept. */
export const ROUTES_MAX = 100_000
/** Nodes on the way of a route that is used. Longer ones are not worth their fees. */
export const HOPS_MAX = 32
/** Segments of a prefix that is taken from a peer. */
export const SEGMENTS_MAX = 32
/** Messages that one peer may send in a second, and at once after a silence. What exceeds it is refused. */
export const MESSAGES_PER_SECOND = 20
export const MESSAGES_AT_ONCE = 40

/** CCP-35: updates to one peer are at least so far apart. */
export const UPDATE_INTERVAL_MS = 150
/** Who has had news for more updates in a row may be in step with who answers them by news of its own. */
export const UPDATES_IN_STEP = 10
/**
 * Prefixes that have changed, and as many that others cover, which are looked at anew in an update's interval: twenty
 * times what an update holds, in some milliseconds of processor time. The others wait for the next interval.
 */
export const LOOKS_PER_INTERVAL = 1000
/** Routes of a silent or absent peer that are dropped in one go: some milliseconds' work. */
export const DROPS_AT_ONCE = 2000
/** CCP-36 */
export const CHANGES_PER_UPDATE = 50
/** CCP-34: an update goes out at least so often, empty where nothing has changed. */
export const BROADCAST_INTERVAL_MS = 30_000
/** CCP-34: how long peers keep our routes when they hear nothing. */
export const HOLD_DOWN_MS = 45_000
/** A question that was not accepted is asked again after so long, then after twice as long, up to CCP-20's 30 s. */
export const CONTROL_RETRY_MS = 1000
export const CONTROL_RETRY_MS_MAX = 30_000
/** An update that failed is sent again after so long, then after twice as long, up to the broadcast interval. */
export const UPDATE_RETRY_MS = 1000
/** Withdrawals that are remembered for peers that have not heard of them; who missed one begins anew. */
export const WITHDRAWALS_MAX = 10_000
