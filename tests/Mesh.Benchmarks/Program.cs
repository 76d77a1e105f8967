using BenchmarkDotNet.Running;
using Mesh.Benchmarks;
using Mesh.Benchmarks.Broker;
using Mesh.Benchmarks.Files;
using Mesh.Benchmarks.Ingest;

return args switch
{
    ["end-to-end", .. var rest] => await EndToEnd.RunAsync(rest),
    ["large-messages", .. var rest] => await LargeMessages.RunAsync(rest),
    ["ingest", .. var rest] => await IngestParts.RunAsync(rest),
    ["ingest-here", var path] => await IngestParts.MeasureAsync(path),
    ["ingest-many-here", var path] => await IngestParts.MeasureManyAsync(path),
    ["fleet", .. var rest] => await FleetRun.RunAsync(rest),
    ["files", .. var rest] => await SampleFiles.WriteAsync(rest),
    ["lake", .. var rest] => await LakeColumns.RunAsync(rest),
    ["formats", .. var rest] => await FormatRuns.RunAsync(rest),
    ["triggers", .. var rest] => await TriggerRuns.RunAsync(rest),
    ["loader", .. var rest] => await LoaderRuns.RunAsync(rest),
    ["quantise", .. var rest] => await QuantiserRuns.RunAsync(rest),
    ["quantise-here", var step, var path] => await QuantiserRuns.MeasureAsync(step, path),
    ["broker", .. var rest] => await BrokerRuns.RunAsync(rest),
    ["broker-host", var kind, var folder, var flush] => await BrokerHost.RunAsync(kind, folder, flush),
    ["ros1-bags", var folder] => await WriteBagsAsync(folder),
    _ => RunMicrobenchmarks(args),
};

static int RunMicrobenchmarks(string[] args)
{
    BenchmarkSwitcher.FromAssembly(typeof(EndToEnd).Assembly).Run(args, new BenchmarkConfig());
    return 0;
}

static async Task<int> WriteBagsAsync(string folder)
{
    await Ros1SampleBag.WriteAllAsync(folder);
    return 0;
}
