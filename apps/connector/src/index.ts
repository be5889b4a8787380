export { type Config, ConfigError, type ConfigInput, checkConfig, loadConfig } from './config.ts'
export { StartError } from './start-error.ts'
export { type RunningConnector, type StartOptions, startConnector } from './start.ts'
