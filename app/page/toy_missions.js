/** Small tasks that the toy itself sees done. */
import { same } from "./toy_arithmetic.js";
import { FILTERS, PICTURES } from "./toy_pictures.js";

const named = (list, name) => list.find((one) => one.name === name).grid;

/**
 * @typedef {import("./toy_arithmetic.js").Grid} Grid
 * @typedef {{picture: Grid, filter: Grid, relu: boolean, pushes: number, steps: {stride: number, padding: number}}} Toy
 * @typedef {{sums: Grid, pooled: Grid|null}} Results
 */

/** `learnt` is said once it is done. @type {{task: string, learnt: string, done: (toy: Toy, results: Results) => boolean}[]} */
export const MISSIONS = [
  {
    task: "Let the filter “Upright edge” look at the picture “Edge”. Where is the answer large?",
    learnt: "Where small numbers meet large ones. A filter finds one kind of thing, wherever it is.",
    done: ({ picture, filter }) =>
      same(picture, named(PICTURES, "Edge")) && same(filter, named(FILTERS, "Upright edge")),
  },
  {
    task: "Push the picture one cell to the side, and watch the answer.",
    learnt: "The answer moved along. The same nine weights look everywhere, so a cat may sit anywhere.",
    done: ({ pushes }) => pushes > 0,
  },
  {
    task: "Make the answer as large as the picture.",
    learnt: "Padding puts a ring of zeros around the picture, so that the filter fits at the edges, too.",
    done: ({ picture }, { sums }) => sums.rows === picture.rows,
  },
  {
    task: "Make the answer 2 × 2 without pooling.",
    learnt: "With a stride of 2 the filter jumps over every other place: fewer numbers to carry on with.",
    done: (_, { sums, pooled }) => sums.rows === 2 && pooled === null,
  },
  {
    task: "Get a number below zero, and let ReLU clear it away.",
    learnt: "ReLU keeps “yes, this is here” and drops “no, the opposite of it”.",
    done: ({ relu }, { sums }) => relu && sums.cells.some((value) => value < 0),
  },
  {
    task: "Find a filter that gives the picture back, cell by cell.",
    learnt: "A 1 in the middle and zeros around it: it looks at one cell alone.",
    done: ({ picture }, { sums }) => same(picture, sums) && picture.cells.some((value) => value !== picture.cells[0]),
  },
];
