export { type Failure, type ScenarioOptions, type ScenarioResult, runScenario } from './scenario.ts'
