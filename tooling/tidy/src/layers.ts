/**
 * Who may import whom, by folder. Tooling.
 *
 *   packages/N-name/   a layer: imports 0-base, faces of lower layers, its own layer's face
 *   apps/              may import every layer and app
 *   packages/testing/  may import all of these
 *   tooling/           may import everything
 *
 * A fixture (turbo tag `fixture`, in packages/testing/) imports no workspace package, so that every package's
 * tests may use it.
 */

/** The packages of each layer that others may import, the layer's own face first; all of layer 0 is face. */
const FACES: Readonly<
  Record<number, { readonly faces: readonly string[] | undefined; readonly tag: string }>
> = {
  0: { faces: undefined, tag: 'base' },
  1: { faces: ['ledger'], tag: 'ledger' },
  2: { faces: ['link'], tag: 'link' },
  3: { faces: ['ilp', 'books', 'routing'], tag: 'ilp' },
  4: { faces: ['stream'], tag: 'transport' },
  5: { faces: ['spsp'], tag: 'application' },
}

/** Where a package stands. */
export interface Room {
  /** Layer 0 to 5; apps, testing and tooling stand above all layers, in this order. */
  readonly rank: number
  /** Whether other layers may import it. */
  readonly isFace: boolean
  /** Tags that turbo.json may give it. */
  readonly tags: readonly string[]
  /** How messages name it: `layer 3 (3-ilp)`. */
  readonly label: string
}

const APP_RANK = 6
const TESTING_RANK = 7
const TOOLING_RANK = 8

/** The room of a package folder, or undefined where no package may stand. */
export function roomOf(directory: string): Room | undefined {
  const [top, layer = '', name] = directory.split('/')
  if (top === 'apps') return { rank: APP_RANK, isFace: false, tags: ['app'], label: 'apps/' }
  if (top === 'tooling') return { rank: TOOLING_RANK, isFace: false, tags: ['tooling'], label: 'tooling/' }
  if (layer === 'testing') {
    return { rank: TESTING_RANK, isFace: false, tags: ['testing', 'fixture'], label: 'packages/testing/' }
  }
  const rank = Number(/^(\d)-/.exec(layer)?.[1])
  const layerFaces = FACES[rank]
  if (layerFaces === undefined) return undefined
  const { faces } = layerFaces
  const isFace = faces === undefined || faces.includes(name ?? '')
  const tag = faces === undefined || !isFace ? layerFaces.tag : `${layerFaces.tag}-face`
  return { rank, isFace, tags: [tag], label: `layer ${rank} (${layer})` }
}

/** Whether protocol code lives in this room: layers 0 to 5. */
export function isLayer(room: Room): boolean {
  return room.rank < APP_RANK
}

export interface Fault {
  readonly rule: 'upward-import' | 'non-face-import' | 'same-layer-import' | 'fixture-import'
  readonly message: string
}

interface End {
  readonly name: string
  readonly room: Room
  readonly isFixture: boolean
}

/** What is wrong with an import of `to` by `from`, if anything. */
export function edgeFault(from: End, to: End): Fault | undefined {
  const what = `${from.name} in ${from.room.label} imports ${to.name} in ${to.room.label}`
  if (from.isFixture)
    return { rule: 'fixture-import', message: `${what}; a fixture imports no workspace package` }
  if (to.isFixture) return undefined
  if (to.room.rank > from.room.rank)
    return { rule: 'upward-import', message: `${what}; imports point down only` }
  if (!isLayer(from.room) || to.room.rank === 0) return undefined
  if (to.room.rank === from.room.rank) {
    if (to.room.isFace) return undefined
    return {
      rule: 'same-layer-import',
      message: `${what}; of its own layer a package imports the face alone, ${faceOf(to.room.rank)}`,
    }
  }
  if (to.room.isFace) return undefined
  return {
    rule: 'non-face-import',
    message: `${what}; of another layer a package imports the face alone, ${faceOf(to.room.rank)}`,
  }
}

function faceOf(rank: number): string {
  return (FACES[rank]?.faces ?? []).map((face) => `@hourglass/${face}`).join(' or ')
}
