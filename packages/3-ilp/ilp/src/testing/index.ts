export {
  anyAddress,
  anyFulfill,
  anyMutatedPacket,
  anyOctets,
  anyPacket,
  anyPrepare,
  anyReject,
} from './arbitraries.ts'
