// Logs and reads runs with the npm package mlflow, a client of MLflow's REST interface, which knows nothing of Mesh.
// Arguments: the server's address, and a token or nothing.
// Prints what it was answered.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const print = console.log;
console.log = () => {}; // The client prints every request.
const module = require('mlflow');
const MLflow = module.default ?? module;
const [endpoint, token] = process.argv.slice(2);
const { Experiments, Runs, Metrics, Artifacts } = new MLflow({ endpoint, headers: token ? { Authorization: `Bearer ${token}` } : {} });

const refused = async (call) => {
  try {
    await call;
    return 'taken';
  } catch (error) {
    const text = String(error.message);
    const { status, data } = JSON.parse(text.slice(text.indexOf('{')));
    return { status, ...data };
  }
};

const { experiment_id } = await Experiments.create({ name: 'from-node' });
await Experiments.update({ experiment_id, new_name: 'from node' });
const experiment = (await Experiments.get({ experiment_id })).experiment;
const run_ids = [];
for (const lr of ['0.1', '0.01']) {
  const { run } = await Runs.create({ experiment_id, user_id: 'ada', start_time: 1700000000000 + run_ids.length, tags: [{ key: 'mlflow.runName', value: `lr ${lr}` }] });
  const run_id = run.info.run_id;
  run_ids.push(run_id);
  await Runs.logParameter({ run_id, key: 'lr', value: lr });
  await Runs.logParameter({ run_id, key: 'lr', value: lr });
  for (let step = 0; step < 5; step++) await Runs.logMetric({ run_id, key: 'loss', value: 1 / (step + 1) + Number(lr), timestamp: 1700000001000 + step, step });
  await Runs.logBatch({
    run_id,
    metrics: Array.from({ length: 998 }, (_, i) => ({ key: 'batch', value: i, timestamp: 1700000002000 + i, step: i })),
    params: [{ key: 'layers', value: '3' }],
    tags: [{ key: 'team', value: 'perception' }],
  });
  await Runs.setTag({ run_id, key: 'passing', value: 'x' });
  await Runs.deleteTag({ run_id, key: 'passing' });
  await Runs.update({ run_id, status: 'FINISHED', end_time: 1700000009000 });
}

const run = (await Runs.get({ run_id: run_ids[0] })).run;
const history = (await Metrics.getHistory({ run_id: run_ids[0], metric_key: 'loss' })).metrics;
const batch = (await Metrics.getHistory({ run_id: run_ids[0], metric_key: 'batch' })).metrics;
const search = async (filter, order_by) => (await Runs.search({ experiment_ids: [experiment_id], filter, order_by })).runs.map((found) => found.info.run_name);
const first = await Runs.search({ experiment_ids: [experiment_id], max_results: 1 });
const second = await Runs.search({ experiment_ids: [experiment_id], max_results: 1, page_token: first.next_page_token });
await Runs.delete({ run_id: run_ids[1] });
const afterDelete = await search();
const deletedOnly = (await Runs.search({ experiment_ids: [experiment_id], run_view_type: 'DELETED_ONLY' })).runs.length;
const logToDeleted = await refused(Runs.logMetric({ run_id: run_ids[1], key: 'loss', value: 1, timestamp: 1, step: 1 }));
await Runs.restore({ run_id: run_ids[1] });
const artifacts = await Artifacts.list({ run_id: run_ids[0] });
await Experiments.delete({ experiment_id });
const afterExperimentDelete = (await Experiments.list()).experiments.map((each) => each.name);
const allExperiments = (await Experiments.list({ view_type: 'ALL' })).experiments.map((each) => `${each.name} ${each.lifecycle_stage}`);
await Experiments.restore({ experiment_id });

print(JSON.stringify({
  experiment, run, history, batch: batch.length, artifacts, afterDelete, deletedOnly, logToDeleted, afterExperimentDelete, allExperiments,
  pages: [first, second].map((page) => page.runs[0].info.run_name),
  lastPage: second.next_page_token === undefined,
  found: await search("metrics.loss < 0.25 AND params.lr = '0.01' AND tags.team LIKE 'percep%' AND attributes.status = 'FINISHED'"),
  sorted: await search('', ['metrics.loss ASC']),
  overwrite: await refused(Runs.logParameter({ run_id: run_ids[0], key: 'lr', value: '0.5' })),
  missing: await refused(Runs.get({ run_id: '0'.repeat(32) })),
  badFilter: await refused(Runs.search({ experiment_ids: [experiment_id], filter: 'metrics.loss >' })),
  sameName: await refused(Experiments.create({ name: 'from node' })),
}));
