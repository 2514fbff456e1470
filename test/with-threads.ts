/** Setup of every test file where COTANGENT_THREADS names a number: programs run on so many threads, and share every step that they can. */
import { configure } from "cotangent";
import { setLeastSharedTime } from "../kernels/prebuilt/shares.ts";
import { setLeastSharedWork } from "../src/machine.ts";

configure({ threads: Number(process.env["COTANGENT_THREADS"]) });
setLeastSharedWork(0);
setLeastSharedTime(0);
