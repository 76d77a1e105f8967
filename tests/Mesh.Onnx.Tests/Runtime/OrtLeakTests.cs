using System.Globalization;
using Mesh.Model;
using Mesh.Onnx.Runtime;
using Mesh.Testing;
using static Mesh.Onnx.Tests.Runtime.TestModels;

namespace Mesh.Onnx.Tests.Runtime;

/// <summary>Memory of the whole process is measured, so nothing else may run at the time.</summary>
[Collection(nameof(OrtLeakTests))]
[CollectionDefinition(nameof(OrtLeakTests), DisableParallelization = true)]
public class OrtLeakTests
{
    [Fact]
    public void Ten_thousand_runs_leave_nothing_behind()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux: /proc/self/status says how much memory is in use");
        using var session = new OrtRuntime(OnnxRuntimeLibrary.File).Open(AddOne());
        float[] row = new float[16_384];
        void Run(int count)
        {
            for (int round = 0; round < count; round++)
            {
                session.Run(new Dictionary<string, OnnxTensor> { ["x"] = OnnxTensor.Of<float>(row, 1, 16_384) }, ["y"])[0].As<float>()[16_383].ShouldBe(1);
                Should.Throw<MeshException>(() => session.Run(new Dictionary<string, OnnxTensor>(), ["y"]));
            }
        }

        Run(500);
        long before = ResidentBytes();
        Run(10_000);

        // One value that is not released keeps 64 KiB: 625 MiB over all runs.
        long grown = ResidentBytes() - before;
        TestContext.Current.TestOutputHelper?.WriteLine($"{grown >> 10} KiB more");
        grown.ShouldBeLessThan(64L << 20);
    }

    [Fact]
    public void Opening_and_closing_leaves_nothing_behind()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs Linux: /proc/self/status says how much memory is in use");
        void Cycle(int count)
        {
            for (int round = 0; round < count; round++)
            {
                using var session = new OrtRuntime(OnnxRuntimeLibrary.File).Open(Classifier());
                session.Run(new Dictionary<string, OnnxTensor> { ["image"] = OnnxTensor.Of<float>(new float[64], 1, 1, 8, 8) }, ["label"]);
            }
        }

        Cycle(20);
        (long bytes, int threads) = (ResidentBytes(), Threads());
        Cycle(300);

        // A session that is not released keeps its memory arena (over 1 MiB) and a thread for each further core.
        long grown = ResidentBytes() - bytes;
        TestContext.Current.TestOutputHelper?.WriteLine($"{grown >> 10} KiB more");
        grown.ShouldBeLessThan(96L << 20);
        (Threads() - threads).ShouldBeLessThan(50);
    }

    private static long ResidentBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        return ReadStatus("VmRSS:") * 1024;
    }

    private static int Threads() => (int)ReadStatus("Threads:");

    private static long ReadStatus(string field) =>
        long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith(field, StringComparison.Ordinal))[field.Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
}
