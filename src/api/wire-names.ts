export {fromWire, toWire} from '../tower/wire-names.js';
