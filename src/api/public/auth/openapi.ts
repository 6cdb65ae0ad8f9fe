import type {Schema} from '../openapi/schemas.js';

/** The description of the endpoints that devices ask for their authorization at. */
export const authPaths: Readonly<Record<string, Schema>> = {};

export const authSchemas: Readonly<Record<string, Schema>> = {};
