using BenchmarkDotNet.Running;
using Mesh.Benchmarks;

return args switch
{
    ["end-to-end", .. var rest] => await EndToEnd.RunAsync(rest),
    _ => RunMicrobenchmarks(args),
};

static int RunMicrobenchmarks(string[] args)
{
    BenchmarkSwitcher.FromAssembly(typeof(EndToEnd).Assembly).Run(args, new BenchmarkConfig());
    return 0;
}
