import { step } from './run.js';
step();
