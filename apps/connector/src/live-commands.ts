/** `hourglass-connector plan` and `apply`: another config for a node that runs. */
import { dirname, resolve } from 'node:path'
import { adminUrl, ask } from './admin-client.ts'
import { loadConfig, readConfigFile } from './config.ts'
import type { ConfigDocument, Plan } from './live.ts'

/** Has the node that the file names look at it, or take it. @throws StartError | ConfigError */
export async function submitConfig(file: string, command: 'plan' | 'apply'): Promise<Plan> {
  const admin = adminUrl(loadConfig(file), command)
  const document: ConfigDocument = { config: readConfigFile(file), directory: resolve(dirname(file)) }
  return (await ask(`${admin}/${command}`, document)) as Plan
}

/** For people. */
export function describePlan({ changes, problems }: Plan): string {
  if (problems.length > 0) return [...changes, ...problems.map((problem) => `! ${problem}`)].join('\n')
  return changes.length === 0 ? 'the node runs with this config already' : changes.join('\n')
}
