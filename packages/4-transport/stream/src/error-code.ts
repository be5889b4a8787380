/** Why a stream or connection is closed. Layer 4. Spec: IL-RFC 29 §5.4. */
export const StreamErrorCode = {
  NoError: 1,
  InternalError: 2,
  EndpointBusy: 3,
  FlowControlError: 4,
  StreamIdError: 5,
  StreamStateError: 6,
  FrameFormatError: 7,
  ProtocolViolation: 8,
  ApplicationError: 9,
} as const
