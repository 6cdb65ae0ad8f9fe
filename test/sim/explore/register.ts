import {register} from 'node:module';

register('./load-hook.js', import.meta.url);
