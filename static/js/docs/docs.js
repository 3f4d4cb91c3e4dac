// The documentation: the reader's key in the samples, their language of samples, copying, and running a request.
import "./copying.js";
import "./key.js";
import "./run.js";
import "./tabs.js";
