export {printable} from '../errors/printable.js';
