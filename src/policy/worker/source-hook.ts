import * as module from 'node:module';

type Loaded = {format: string; source: string; shortCircuit: boolean};
type Load<Result> = (url: string, context: object, next: (url: string, context: object) => Result) => Result;
/** Of Node.js since 22.15; what it replaces is gone from newer ones in time. */
type RegisterHooks = (hooks: {load: Load<Loaded>}) => void;

/** The same for Node.js without `registerHooks`, whose hooks run on a thread of their own. */
const hookModule = `
let module;
export const initialize = (given) => { module = given; };
export const load = async (url, context, next) =>
  url === module.url ? {format: 'module', source: module.source, shortCircuit: true} : next(url, context);
`;

/**
 * Has an import of `url` give this source, whatever the file holds by then: a policy that is started anew is the one
 * that was loaded, also while its file is being changed.
 */
export function useSource(url: string, source: string): void {
  const {registerHooks} = module as {registerHooks?: RegisterHooks};
  if (registerHooks === undefined) {
    module.register(`data:text/javascript,${encodeURIComponent(hookModule)}`, {data: {url, source}});
    return;
  }
  registerHooks({
    load: (asked, context, next) =>
      asked === url ? {format: 'module', source, shortCircuit: true} : next(asked, context),
  });
}
