using BenchmarkDotNet.Running;
using Mesh.Benchmarks;
using Mesh.Benchmarks.Broker;
using Mesh.Benchmarks.Files;

return args switch
{
    ["end-to-end", .. var rest] => await EndToEnd.RunAsync(rest),
    ["files", .. var rest] => await SampleFiles.WriteAsync(rest),
    ["lake", .. var rest] => await LakeColumns.RunAsync(rest),
    ["formats", .. var rest] => await FormatRuns.RunAsync(rest),
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
