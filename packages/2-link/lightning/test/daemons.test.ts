/** Nodes that are run by daemons, over stand-ins for them: what all nodes must do, and what goes wrong between. */
import { openDaemon, restart } from './daemons/rig.ts'
import { nodeSuite } from './node-suite.ts'

nodeSuite('a node run by LND', async (rig) => {
  const parties = { alice: await openDaemon(rig, 'alice', 'LND'), bob: await openDaemon(rig, 'bob', 'LND') }
  return {
    ...parties,
    restart: (peer) => restart(rig, peer === parties.alice ? parties.alice : parties.bob),
    ...{ canHold: true, showsOctets: true },
  }
})

nodeSuite('a node run by Core Lightning', async (rig) => {
  const parties = {
    alice: await openDaemon(rig, 'alice', 'Core Lightning'),
    bob: await openDaemon(rig, 'bob', 'Core Lightning'),
  }
  return {
    ...parties,
    restart: (peer) => restart(rig, peer === parties.alice ? parties.alice : parties.bob),
    ...{ canHold: false, showsOctets: false },
  }
})
