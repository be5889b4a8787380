export { reasonOf } from './reason-of.ts'
export { type CaptureFile, openCapture, readCapture } from './capture-file.ts'
