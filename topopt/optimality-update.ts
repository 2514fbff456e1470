/**
 * The optimality criteria update of plain fields, as minimizeCompliance and optimalityCriteria take it from the optimizers.
 */
export { updateDesign } from "../library/optim/constrained-optimality-update.ts";
