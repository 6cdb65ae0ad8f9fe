import {authPaths, authSchemas} from '../auth/openapi.js';
import {paths} from './paths.js';
import {type Schema, schemas} from './schemas.js';

/** The description of the public API. @param version of the package */
export const openApiDocument = (version: string): Schema => ({
  openapi: '3.1.1',
  info: {
    title: 'Bartizan',
    summary: 'The public interface of a Lightning watchtower, as TEOS clients speak it',
    version,
    license: {name: 'MIT', identifier: 'MIT'},
  },
  servers: [{url: 'http://127.0.0.1:9814'}],
  paths: {...paths, ...authPaths},
  components: {schemas: {...schemas, ...authSchemas}},
});
