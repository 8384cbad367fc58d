import { type Finding, failure, ok, warning } from '../finding.ts';

/** First version that runs TypeScript without a flag. */
const LEAST = { major: 22, minor: 18 };

/** Whether this version of Node, such as `24.21.0`, runs the server. */
export function checkNode(version: string): Finding[] {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < LEAST.major || (major === LEAST.major && minor < LEAST.minor)) {
    return [failure(`Node ${version} is too old`, 'Start with npx undertone or npm start: they bring their own Node.')];
  }
  if (major % 2 === 1) {
    return [warning(`Node ${version} has no long-term support`, 'Use an even version such as 24, or npx undertone.')];
  }
  return [ok(`Node ${version}`)];
}
