/** Any course of events on a pair of links, and what must be true of it. Layer 2, testing. */
import fc from 'fast-check'
import type { LinkFailure } from '../index.ts'
import { type LinkPair, PairDriver, type Side, other } from './pair-driver.ts'

export interface Step {
  readonly act: 'request' | 'reply' | 'refuse' | 'deliver' | 'wait' | 'open' | 'close'
  readonly side: Side
  /** Which of the peer's requests to answer, or how many steps of time to wait. */
  readonly pick: number
}

export const stepArbitrary: fc.Arbitrary<Step> = fc.record({
  // Weighed so that most requests get somewhere before the way closes.
  act: fc.oneof(
    { weight: 6, arbitrary: fc.constant('request' as const) },
    { weight: 6, arbitrary: fc.constant('reply' as const) },
    { weight: 1, arbitrary: fc.constant('refuse' as const) },
    { weight: 12, arbitrary: fc.constant('deliver' as const) },
    { weight: 2, arbitrary: fc.constant('wait' as const) },
    { weight: 2, arbitrary: fc.constant('open' as const) },
    { weight: 1, arbitrary: fc.constant('close' as const) },
  ),
  side: fc.constantFrom('a' as const, 'b' as const),
  pick: fc.nat({ max: 9 }),
})

/** What became of one request. */
interface Course {
  /** The peer got it. */
  arrived: boolean
  /** How the peer answered first. */
  answered: 'reply' | 'refuse' | undefined
  /** What who asked was told, in order. */
  readonly told: ('reply' | LinkFailure)[]
}

/** Plays the steps, then closes the way; throws where a request got no answer, two, or an untrue one. */
export function playSteps<WireIn, WireOut>(pair: LinkPair<WireIn, WireOut>, steps: readonly Step[]): void {
  const driver = new PairDriver(pair)
  const courses = new Map<string, Course>()
  /** Requests that came out at each side: its id there, and whose it is. */
  const asked: Record<Side, { id: number; name: string }[]> = { a: [], b: [] }
  const collect = (): void => {
    for (const side of ['a', 'b'] as const) collectSide(driver, side, courses, asked[side])
  }
  for (const [number, step] of steps.entries()) {
    const { act, side, pick } = step
    switch (act) {
      case 'request':
        courses.set(nameOf(side, number), { arrived: false, answered: undefined, told: [] })
        driver.request(side, number, encodeName(side, number))
        break
      case 'reply':
      case 'refuse': {
        const request = asked[side][pick % Math.max(asked[side].length, 1)]
        if (request === undefined) break
        const course = courses.get(request.name)
        if (course !== undefined) course.answered ??= act
        const body = Uint8Array.from(request.name, (character) => character.charCodeAt(0))
        if (act === 'reply') driver.handle(side, { kind: 'reply', id: request.id, body })
        else driver.handle(side, { kind: 'refuse', id: request.id, message: 'no' })
        break
      }
      case 'deliver':
        driver.deliverOne(side)
        break
      case 'wait':
        driver.reach(driver.now + pick * 2500)
        break
      case 'open':
        driver.open()
        break
      case 'close':
        driver.close()
        break
    }
    collect()
  }
  driver.close()
  collect()
  for (const [name, course] of courses) checkCourse(name, course)
}

function collectSide<WireIn, WireOut>(
  driver: PairDriver<WireIn, WireOut>,
  side: Side,
  courses: Map<string, Course>,
  asked: { id: number; name: string }[],
): void {
  for (const output of driver.take(side)) {
    if (output.kind === 'request') {
      const name = String.fromCharCode(...output.body)
      const course = courses.get(name)
      if (!name.startsWith(other(side)) || course === undefined || course.arrived) {
        throw new Error(`${side} was asked ${name}, which nobody asked, or not twice`)
      }
      course.arrived = true
      asked.push({ id: output.id, name })
    } else if (output.kind === 'reply') {
      const name = nameOf(side, output.id)
      if (name !== String.fromCharCode(...output.body)) throw new Error(`${name} got the answer of another`)
      courses.get(name)?.told.push('reply')
    } else if (output.kind === 'failed') {
      courses.get(nameOf(side, output.id))?.told.push(output.failure)
    }
  }
}

function checkCourse(name: string, { arrived, answered, told }: Course): void {
  const [answer] = told
  const isTrue =
    answer === 'lost' ||
    (answer === 'reply' && answered === 'reply') ||
    (answer === 'refused' && answered === 'refuse') ||
    ((answer === 'down' || answer === 'full') && !arrived)
  if (told.length !== 1 || !isTrue) {
    const fate = `arrived: ${arrived}, answered: ${answered ?? 'never'}`
    throw new Error(`request ${name} was told [${told.join(', ')}]; ${fate}`)
  }
}

function nameOf(side: Side, id: number): string {
  return `${side}${id}`
}

function encodeName(side: Side, id: number): Uint8Array {
  return Uint8Array.from(nameOf(side, id), (character) => character.charCodeAt(0))
}
